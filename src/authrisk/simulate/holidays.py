"""Days on which hardly anybody works: public holidays by country, and the company's own.

Fixed days, Easter and the Mondays and Thursdays of the Americas are the real ones for the
countries that profiles name. Moving feasts of other calendars are left out; every other country
has New Year, the first of May and six days drawn once.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from authrisk.simulate.draws import Bools, below
from authrisk.simulate.universe import Universe

_FIXED = {
    "DE": "01-01 05-01 10-03 12-25 12-26",
    "PL": "01-01 01-06 05-01 05-03 08-15 11-01 11-11 12-25 12-26",
    "US": "01-01 06-19 07-04 11-11 12-25",
    "IN": "01-26 08-15 10-02 12-25",
    "BR": "01-01 04-21 05-01 09-07 10-12 11-02 11-15 11-20 12-25",
    "NO": "01-01 05-01 05-17 12-25 12-26",
    "NL": "01-01 04-27 12-25 12-26",
    "BE": "01-01 05-01 07-21 08-15 11-01 11-11 12-25",
    "IT": "01-01 01-06 04-25 05-01 06-02 08-15 11-01 12-08 12-25 12-26",
    "TR": "01-01 04-23 05-01 05-19 07-15 08-30 10-29",
    "CN": "01-01 05-01 05-02 05-03 10-01 10-02 10-03 10-04",
    "MX": "01-01 05-01 09-16 11-02 12-12 12-25",
    "ES": "01-01 01-06 05-01 08-15 10-12 11-01 12-06 12-08 12-25",
    "CO": "01-01 05-01 07-20 08-07 12-08 12-25",
    "AR": "01-01 03-24 04-02 05-01 05-25 06-20 07-09 12-08 12-25",
    "PT": "01-01 04-25 05-01 06-10 08-15 10-05 11-01 12-01 12-08 12-25",
    "FR": "01-01 05-01 05-08 07-14 08-15 11-01 11-11 12-25",
    "GB": "01-01 12-25 12-26",
}
_EASTER = {
    "DE": (-2, 1, 39, 50), "PL": (1, 60), "BR": (-48, -47, -2, 60), "NO": (-3, -2, 1, 39, 50),
    "NL": (1, 39, 50), "BE": (1, 39, 50), "IT": (1,), "MX": (-3, -2), "ES": (-3, -2),
    "CO": (-3, -2), "AR": (-48, -47, -2), "PT": (-2, 60), "FR": (1, 39, 50), "GB": (-2, 1),
}  # fmt: skip
"""Days after Easter Sunday."""
_NTH = {
    "US": ((1, 0, 3), (2, 0, 3), (5, 0, 5), (9, 0, 1), (11, 3, 4)),
    "MX": ((2, 0, 1), (3, 0, 3), (11, 0, 3)),
    "GB": ((5, 0, 1), (5, 0, 5), (8, 0, 5)),
}
"""(month, weekday, which one of the month; 5 is the last)."""
_DRAWN = 6


def closed_days(universe: Universe, first: dt.date, days: int, *, shutdown: bool) -> Bools:
    """Whether each country rests on each day, (C, days); with `shutdown` all do in Christmas week.

    >>> from authrisk.simulate.universe import network_universe
    >>> world = network_universe()
    >>> closed = closed_days(world, dt.date(2025, 10, 3), 2, shutdown=False)
    >>> closed[world.country("DE")].tolist(), closed[world.country("PL")].tolist()
    ([True, False], [False, False])
    """
    closed = np.zeros((len(universe.countries), days), bool)
    years = range(first.year, (first + dt.timedelta(days=days)).year + 1)
    for at, country in enumerate(universe.countries):
        for year in years:
            for date in _holidays(country, at, year):
                if 0 <= (date - first).days < days:
                    closed[at, (date - first).days] = True
    if shutdown:
        for year in years:
            for day in range(24, 32):
                if 0 <= (dt.date(year, 12, day) - first).days < days:
                    closed[:, (dt.date(year, 12, day) - first).days] = True
    return closed


def easter(year: int) -> dt.date:
    """Easter Sunday (the anonymous Gregorian rule of Meeus, Jones and Butcher).

    >>> easter(2025)
    datetime.date(2025, 4, 20)
    """
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    rest = (32 + 2 * e + 2 * (c // 4) - h - c % 4) % 7
    month, day = divmod(h + rest - 7 * ((a + 11 * h + 22 * rest) // 451) + 114, 31)
    return dt.date(year, month, day + 1)


def _holidays(country: str, at: int, year: int) -> list[dt.date]:
    if country not in _FIXED:
        drawn = below(364, 17, at, np.arange(_DRAWN)).tolist()
        own = [dt.date(year, 1, 1) + dt.timedelta(days=day) for day in drawn]
        return [dt.date(year, 1, 1), dt.date(year, 5, 1), *own]
    dates = [dt.date.fromisoformat(f"{year}-{day}") for day in _FIXED[country].split()]
    dates += [easter(year) + dt.timedelta(days=after) for after in _EASTER.get(country, ())]
    return dates + [_nth(year, *rule) for rule in _NTH.get(country, ())]


def _nth(year: int, month: int, weekday: int, which: int) -> dt.date:
    first = dt.date(year, month, 1)
    day = first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))
    return day if day.month == month else day - dt.timedelta(days=7)
