"""Attackers for anybody's events: fake logins of tiers T0-T6 that stand in for real ones.

A fake keeps what belongs to the account (who, when, which service, how) and takes what belongs to
the attacker (network, place, round-trip time, client) from a donor: a later login of another
user, on an address that was new to the donor and is unknown to the victim. After Freeman et al.
(NDSS 2016) and Wiefling et al. (ACM TOPS 2022); artefacts that give fakes away are listed in
`docs/simulator.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from authrisk.errors import InputError
from authrisk.eventlog import LABEL_SCHEMA
from authrisk.simulate.campaigns import insert_bursts, insert_campaigns
from authrisk.simulate.disguise import LABELS, Cast, Fakes, copy_logins
from authrisk.simulate.donors import DonorBook, donor_book, groups_of
from authrisk.simulate.draws import Ints, mix
from authrisk.simulate.timeline import timeline_of

TIERS = ("T0", "T1", "T2", "T3", "T4", "T5", "T6")
INSERTED = ("T0", "T6")
"""Tiers that add logins; the others replace them."""
_LATE_NS = 14 * 86_400_000_000_000  # a client from further ahead would be from the future


@dataclass(frozen=True, eq=False)
class Injection:
    """Fake logins and what they stand in for; all parts have the same rows, sorted by time."""

    fakes: pl.DataFrame
    """The columns of the events."""
    replaces: pl.Series
    """`event_id` of the real event that the fake stands in for; null where it is inserted."""
    tier: pl.Series
    campaign: pl.Series
    """Attempts of one attacker; null for single logins."""
    fallbacks: dict[str, int]
    """How often which tier had to do with less: `T4:no later donor in the AS`, `T4:dropped`."""

    def apply(self, events: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The events with the fakes in place, sorted by time, and the labels of all of them."""
        gone = self.replaces.drop_nulls().implode()
        kept = events.filter(~pl.col("event_id").is_in(gone))
        real = kept.select("event_id", is_attack=pl.lit(value=False))
        fake = self.fakes.select(
            "event_id",
            is_account_takeover=pl.col("outcome") == "success",
            is_attack=pl.lit(value=True),
            tier=self.tier,
            campaign=self.campaign,
        )
        labels = pl.concat([pl.DataFrame(schema=LABEL_SCHEMA), real, fake], how="diagonal")
        both = pl.concat([kept, self.fakes])
        order = both["timestamp"].arg_sort()
        return both[order], labels[order]


def inject(events: pl.DataFrame, tiers: Sequence[str], seed: int, share: float) -> Injection:
    """Make fakes for `share` of the successful logins, in equal parts per tier.

    T0 is bursts over many accounts (0.1-2 % succeed), T6 campaigns of 1-5 logins over 1-14 days;
    both are inserted. T1-T5 replace a login together with the failed attempts right before it
    from the same address, so `fakes` holds some failures too. `events` needs the event columns,
    any of them null. Raises InputError for an unknown tier or a share outside 0..1.
    """
    unknown = sorted(set(tiers) - set(TIERS))
    if unknown or not tiers:
        raise InputError(f"unknown tiers {unknown}", remedy=f"choose from {', '.join(TIERS)}")
    if not 0.0 <= share <= 1.0:
        raise InputError(f"a share of {share} is not within 0..1")
    events = events.sort("timestamp", maintain_order=True)
    book = donor_book(events)
    fallbacks: dict[str, int] = {}
    parts: list[Fakes] = []
    if not events.height:
        return _collect(events, parts, fallbacks)
    timeline = timeline_of(events, book)
    for tier, victims in _victims(events, book, tiers, seed, share):
        if tier == "T0":
            parts.append(insert_bursts(events, book, len(victims), seed))
        elif tier == "T6":
            donors, _ = _donors(
                events, book, "T6", victims, ladder="T2", seed=seed, fallbacks=fallbacks
            )
            parts.append(insert_campaigns(events, victims[donors >= 0], donors[donors >= 0], seed))
        else:
            donors, clients = _donors(events, book, tier, victims, seed=seed, fallbacks=fallbacks)
            found = donors >= 0
            cast = Cast(victims[found], donors[found], clients[found])
            parts.append(copy_logins(events, timeline, tier, cast, seed))
    return _collect(events, parts, fallbacks)


def _victims(
    events: pl.DataFrame, book: DonorBook, tiers: Sequence[str], seed: int, share: float
) -> list[tuple[str, Ints]]:
    """Rows of successful logins for each tier, no row twice."""
    success = (events["outcome"] == "success").fill_null(value=False).to_numpy()
    rows = np.flatnonzero(success & (book.user != 0))
    rows = rows[np.argsort(mix(seed, rows, 702), kind="stable")][: round(share * len(rows))]
    each = len(rows) // len(tiers)
    return [(tier, np.sort(rows[k * each : (k + 1) * each])) for k, tier in enumerate(tiers)]


def _donors(
    events: pl.DataFrame,
    book: DonorBook,
    tier: str,
    victims: Ints,
    *,
    ladder: str | None = None,
    seed: int,
    fallbacks: dict[str, int],
) -> tuple[Ints, Ints]:
    """Rows that lend the network and rows that lend the client; -1 where nobody can."""
    if tier == "T5":
        return victims, victims
    donors = np.full(len(victims), -1, np.int64)
    for step, rung in enumerate(_rungs(events, ladder or tier)):
        open_ = np.flatnonzero(donors < 0)
        if not len(open_):
            break
        if any(events[name].null_count() == events.height for name in rung.columns):
            _count(fallbacks, f"{tier}:{rung.lack}", len(open_))
            continue
        group = groups_of(events, rung.columns)
        donors[open_] = book.find(
            victims[open_], group, seed + step, new_system=rung.new_system, later=rung.later
        )
        _count(fallbacks, f"{tier}:{rung.lack}", int((donors < 0).sum()))
    _count(fallbacks, f"{tier}:dropped", int((donors < 0).sum()))
    if tier in {"T3", "T4"}:
        return donors, victims
    return donors, _timely_clients(events, book, victims, donors, seed)


def _timely_clients(
    events: pl.DataFrame, book: DonorBook, victims: Ints, donors: Ints, seed: int
) -> Ints:
    """The donor's client, or that of somebody nearer in time when the donor is weeks ahead."""
    time_ns = events["timestamp"].dt.timestamp("ns").to_numpy()
    late = np.flatnonzero((donors >= 0) & (time_ns[donors] - time_ns[victims] > _LATE_NS))
    clients = donors.copy()
    nearer = book.find(victims[late], groups_of(events, ()), seed + 99)
    clients[late] = np.where(nearer >= 0, nearer, donors[late])
    return clients


def _collect(events: pl.DataFrame, parts: list[Fakes], fallbacks: dict[str, int]) -> Injection:
    if parts:
        fakes = pl.concat([part.events for part in parts])
        labels = pl.concat([part.labels for part in parts])
    else:
        fakes, labels = events.clear(), pl.DataFrame(schema=LABELS)
    order = fakes["timestamp"].arg_sort()
    labels = labels[order]
    return Injection(
        fakes[order], labels["replaces"], labels["tier"], labels["campaign"],
        {name: count for name, count in fallbacks.items() if count},
    )  # fmt: skip


def _rungs(events: pl.DataFrame, tier: str) -> Sequence[_Rung]:
    """The tier's ladder; where the log says nothing of places, anybody at all will do."""
    rungs = _LADDERS[tier]
    if events["src_country"].null_count() == events.height:
        return (*rungs, _ANYONE, _ANYONE_EVER)
    return rungs


def _count(fallbacks: dict[str, int], name: str, number: int) -> None:
    if number:
        fallbacks[name] = fallbacks.get(name, 0) + number


class _Rung(NamedTuple):
    """One way to find a donor: what must be equal, and what is noted when nobody is found."""

    lack: str
    columns: tuple[str, ...]
    new_system: bool = False
    later: bool = True


_COUNTRY = ("src_country",)
_SYSTEM = ("src_country", "src_asn")
_ANYONE = _Rung("no donor later in time", ())
_ANYONE_EVER = _Rung("no donor at all", (), later=False)
_LADDERS: dict[str, tuple[_Rung, ...]] = {
    "T1": (_ANYONE, _ANYONE_EVER),
    "T2": (
        _Rung("no later donor in the country", _COUNTRY),
        _Rung("no donor in the country", _COUNTRY, later=False),
    ),
    "T3": (
        _Rung("no later donor in another AS of the country", _COUNTRY, new_system=True),
        _Rung("no other AS in the country", _COUNTRY, new_system=True, later=False),
        _Rung("no donor in the country", _COUNTRY, later=False),
    ),
    "T4": (
        _Rung("no later donor in AS and city", (*_SYSTEM, "src_city")),
        _Rung("no later donor in the AS", _SYSTEM),
        _Rung("no donor in the AS", _SYSTEM, later=False),
    ),
}
"""Per tier: what is tried in turn. A fake that would be of another tier is dropped instead."""
