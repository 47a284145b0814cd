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

import numpy as np
import polars as pl

from authrisk.errors import InputError
from authrisk.eventlog import LABEL_SCHEMA
from authrisk.simulate.bursts import insert_bursts
from authrisk.simulate.campaigns import insert_campaigns
from authrisk.simulate.disguise import LABELS, Cast, Fakes, copy_logins
from authrisk.simulate.donors import DonorBook, donor_book
from authrisk.simulate.draws import Ints, mix
from authrisk.simulate.ladders import Ladders
from authrisk.simulate.timeline import timeline_of

TIERS = ("T0", "T1", "T2", "T3", "T4", "T5", "T6")
INSERTED = ("T0", "T6")
"""Tiers that add logins; the others replace them."""


@dataclass(frozen=True, eq=False)
class Injection:
    """Fake logins and what they stand in for; all parts have the same rows, sorted by time."""

    fakes: pl.DataFrame
    """The columns of the events; `user_id` is the victim."""
    replaces: pl.Series
    """`event_id` of the real event that the fake stands in for; null where it is inserted."""
    tier: pl.Series
    campaign: pl.Series
    """Attempts of one attacker; null for single logins."""
    donor: pl.Series
    """User whose network is borrowed; null for bursts."""
    fallbacks: dict[str, int]
    """How often which tier had to do with less: `T4:no later donor in the AS`, `T4:dropped`."""

    def apply(
        self, events: pl.DataFrame, known: pl.DataFrame | None = None
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The events with the fakes in place, sorted by time, and the labels of all of them.

        known: labels that events have already; the others are no attacks. Campaigns of one victim
        all strike the same account here.
        """
        gone = self.replaces.drop_nulls().implode()
        kept = events.filter(~pl.col("event_id").is_in(gone))
        labels = pl.DataFrame(schema=LABEL_SCHEMA) if known is None else known
        real = (
            kept.select("event_id")
            .join(
                labels.unique("event_id", keep="last"),
                on="event_id", how="left", maintain_order="left",
            )
            .with_columns(pl.col("is_attack").fill_null(value=False))
        )  # fmt: skip
        fake = self.fakes.select(
            "event_id",
            is_account_takeover=pl.col("outcome") == "success",
            is_attack=pl.lit(value=True),
            tier=self.tier,
            campaign=self.campaign,
            victim=pl.col("user_id"),
        )
        labels = pl.concat([pl.DataFrame(schema=LABEL_SCHEMA), real, fake], how="diagonal")
        both = pl.concat([kept, self.fakes])
        order = both["timestamp"].arg_sort()
        return both[order], labels[order]


def inject(events: pl.DataFrame, tiers: Sequence[str], seed: int, share: float) -> Injection:
    """Make fakes for `share` of the successful logins, in equal parts per tier.

    T0 is bursts over many accounts (0.1-2 % succeed), T6 campaigns of 1-5 logins over 1-14 days;
    both are inserted, about as many logins as any other tier has.
    T1-T5 replace a login together with the failed attempts right before it
    from the same address, so `fakes` holds some failures too. `events` needs the event columns,
    any of them null. Raises InputError for an unknown tier or a share outside 0..1.
    """
    unknown = sorted(set(tiers) - set(TIERS))
    if unknown or not tiers:
        raise InputError(f"unknown tiers {unknown}", remedy=f"choose from {', '.join(TIERS)}")
    if not 0.0 <= share <= 1.0:
        raise InputError(f"a share of {share} is not within 0..1")
    events = events.sort("timestamp", maintain_order=True)
    parts: list[Fakes] = []
    if not events.height:
        return _collect(events, parts, {})
    book = donor_book(events)
    timeline = timeline_of(events, book)
    ladders = Ladders(events, book)
    for tier, victims in _victims(book, tiers, seed, share):
        if tier == "T0":
            parts.append(insert_bursts(events, book, len(victims), seed))
        elif tier == "T6":
            parts.append(insert_campaigns(events, book, ladders, victims, seed))
        else:
            cast = _cast(ladders, tier, victims, seed)
            parts.append(copy_logins(events, timeline, tier, cast, seed))
    return _collect(events, parts, ladders.fallbacks)


def _cast(ladders: Ladders, tier: str, victims: Ints, seed: int) -> Cast:
    """The victims for whom somebody lends a network, and who lends the client."""
    if tier == "T5":
        return Cast(victims, victims, victims)
    donors = ladders.donors(tier, victims, victims, seed)
    ladders.count(f"{tier}:dropped", int((donors < 0).sum()))
    victims, donors = victims[donors >= 0], donors[donors >= 0]
    if tier in {"T3", "T4"}:
        return Cast(victims, donors, victims)
    return Cast(victims, donors, ladders.timely(victims, donors, victims, seed))


def _victims(
    book: DonorBook, tiers: Sequence[str], seed: int, share: float
) -> list[tuple[str, Ints]]:
    """Rows of successful logins for each tier, no row twice."""
    rows = book.successes
    rows = rows[np.argsort(mix(seed, rows, 702), kind="stable")][: round(share * len(rows))]
    each = len(rows) // len(tiers)
    return [(tier, np.sort(rows[k * each : (k + 1) * each])) for k, tier in enumerate(tiers)]


def _collect(events: pl.DataFrame, parts: list[Fakes], fallbacks: dict[str, int]) -> Injection:
    if parts:
        fakes = pl.concat([part.events for part in parts])
        labels = pl.concat([part.labels for part in parts])
    else:
        fakes, labels = events.clear(), pl.DataFrame(schema=LABELS)
    order = fakes["timestamp"].arg_sort()
    labels = labels[order]
    return Injection(
        fakes[order], labels["replaces"], labels["tier"], labels["campaign"], labels["donor"],
        fallbacks,
    )  # fmt: skip
