"""Local clocks: time zones, and the real days on which countries change to summer time.

Rules are those of 2007 and later: the European Union's directive 2000/84, the Energy Policy Act
of the United States, and those of Australia, New Zealand and Chile. Israel, Egypt, Lebanon and
others with rules of their own keep standard time here.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import NamedTuple

import numpy as np

from authrisk.simulate.draws import Bools, Floats, Ints
from authrisk.simulate.universe import Universe

_YEARS = range(2000, 2051)
_SUNDAY = 6


class Clocks(NamedTuple):
    """The clocks of N people or places."""

    standard_h: Floats
    """Hours ahead of UTC without summer time, (N,)."""
    rule: Ints
    """Which rule of summer time holds, an index into `RULES`, (N,)."""

    def take(self, rows: Ints) -> Clocks:
        """Those of some."""
        return Clocks(self.standard_h[rows], self.rule[rows])


RULES = ("none", "europe", "america", "australia", "new_zealand", "chile")
_EUROPE = (
    "AD AL AT BA BE BG CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IT JE LI LT LU LV MC "
    "MD ME MK MT NL NO PL PT RO RS SE SI SK SM UA VA XK"
)
_AMERICA = "US CA BM BS GL PM TC"
_STANDARD_H = {
    0: "GB IE PT IS GG IM JE FO MA GH SN CI",
    1: "AD AL AT BA BE CH CZ DE DK ES FR GI HR HU IT LI LU MC ME MK MT NL NO PL RS SE SI SK SM VA "
    "XK NG DZ TN AO CM",
    2: "BG CY EE FI GR LT LV MD RO UA EG IL LB ZA ZW MZ ZM LY",
    3: "TR SA IQ KW QA BY KE ET TZ UG",
    3.5: "IR", 4: "AE OM GE AM AZ MU", 4.5: "AF", 5: "PK UZ KZ MV", 5.5: "IN LK", 5.75: "NP",
    6: "BD", 6.5: "MM", 7: "TH VN KH LA", 8: "CN HK MO TW SG MY PH", 9: "JP KR", 12: "NZ FJ",
    -3: "AR UY", -4: "CL BO VE DO PR PY", -5: "CO PE EC PA JM CU", -6: "CR GT SV HN NI",
}  # fmt: skip
_WIDE = {"US": (-8, -5), "CA": (-8, -4), "BR": (-4, -3), "AU": (8, 10), "RU": (3, 11),
         "MX": (-7, -6), "ID": (7, 9)}  # fmt: skip
"""Countries of several zones: the westernmost and easternmost that people live in."""


def clocks_of(universe: Universe, country: Ints, network: Ints) -> Clocks:
    """The clocks where people live: of the country, in wide ones of the network's longitude."""
    standard = _standard(universe)[country]
    longitude = np.nan_to_num(universe.places["src_longitude"].to_numpy())[network]
    for name, (west, east) in _WIDE.items():
        if name in universe.countries:
            here = country == universe.country(name)
            standard[here] = np.clip(np.round(longitude[here] / 15.0), west, east)
    return Clocks(standard, _rules(universe)[country])


def country_clocks(universe: Universe) -> Clocks:
    """One clock per country, (C,): of its middle where it has several."""
    standard = _standard(universe)
    for name, (west, east) in _WIDE.items():
        if name in universe.countries:
            at = universe.country(name)
            standard[at] = np.clip(standard[at], west, east)
    return Clocks(standard, _rules(universe))


def utc_s(clocks: Clocks, local_s: Floats) -> Floats:
    """Seconds since 1970 UTC at which these clocks show `local_s` (their seconds since 1970).

    The hour that is missing in spring reads as the one after it; of the doubled hour in autumn
    the first is meant.
    """
    as_standard = local_s - clocks.standard_h * 3600.0
    return as_standard - 3600.0 * is_summer(clocks, as_standard - 3600.0)


def local_s(clocks: Clocks, at_s: Floats) -> Floats:
    """What these clocks show at UTC seconds since 1970."""
    return at_s + clocks.standard_h * 3600.0 + 3600.0 * is_summer(clocks, at_s)


def is_summer(clocks: Clocks, at_s: Floats) -> Bools:
    """Whether summer time holds at UTC seconds since 1970."""
    summer = np.zeros(len(at_s), bool)
    for at, name in enumerate(RULES):
        changes = _changes(name)
        here = np.flatnonzero(clocks.rule == at)
        if len(changes) and len(here):
            # Europe changes at one moment everywhere; the others at an hour of their own clock.
            own = 0.0 if name == "europe" else 3600.0 * clocks.standard_h[here]
            summer[here] = np.searchsorted(changes, at_s[here] + own, side="right") % 2 == 1
    return summer


@cache
def _changes(rule: str) -> Floats:
    """Begins and ends of summer time in turn, seconds of standard time (of UTC for Europe)."""
    moments: list[float] = []
    for year in _YEARS:
        if rule == "europe":
            moments += [_last_sunday(year, 3) + 3600, _last_sunday(year, 10) + 3600]
        elif rule == "america":
            moments += [_sunday(year, 3, 8) + 7200, _sunday(year, 11, 1) + 3600]
        elif rule == "australia":
            moments += [_sunday(year, 4, 1) + 7200, _sunday(year, 10, 1) + 7200]
        elif rule == "new_zealand":
            moments += [_sunday(year, 4, 1) + 7200, _last_sunday(year, 9) + 7200]
        elif rule == "chile":
            moments += [_sunday(year, 4, 2) - 3600, _sunday(year, 9, 2)]
    if rule in {"australia", "new_zealand", "chile"}:
        moments = [-1e15, *moments]  # the south is in summer when the year begins
    return np.array(moments)


def _sunday(year: int, month: int, day: int) -> float:
    """Midnight of the first Sunday on or after that day, seconds since 1970."""
    date = dt.date(year, month, day)
    date += dt.timedelta(days=(_SUNDAY - date.weekday()) % 7)
    return (date - dt.date(1970, 1, 1)).days * 86_400.0


def _last_sunday(year: int, month: int) -> float:
    last = dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=7)
    return _sunday(last.year, last.month, last.day)


def _standard(universe: Universe) -> Floats:
    standard = universe.zone_h.copy()
    for hours, names in _STANDARD_H.items():
        for name in names.split():
            if name in universe.countries:
                standard[universe.country(name)] = hours
    return standard


def _rules(universe: Universe) -> Ints:
    rule = dict.fromkeys(_EUROPE.split(), 1) | dict.fromkeys(_AMERICA.split(), 2)
    rule |= {"AU": 3, "NZ": 4, "CL": 5}
    return np.array([rule.get(name, 0) for name in universe.countries], np.int64)
