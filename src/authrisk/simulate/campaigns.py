"""Attacks that add logins: bursts over many accounts (T0) and patient campaigns (T6)."""

from __future__ import annotations

import numpy as np
import polars as pl

from authrisk.simulate.disguise import (
    CLIENT_FIELDS,
    LABELS,
    NETWORK_FIELDS,
    TICKET_FIELDS,
    Fakes,
    disguise,
)
from authrisk.simulate.donors import DonorBook
from authrisk.simulate.draws import Ints, below, choose, exponential, normal, uniform
from authrisk.simulate.timeline import resolution_ns

_DAY_NS = 86_400_000_000_000
_ACCOUNT_FIELDS = ("user_id", "user_name", "user_domain", "account_kind", "tenant")
_BURST_MEAN = 200.0


def insert_bursts(events: pl.DataFrame, book: DonorBook, number: int, seed: int) -> Fakes:
    """`number` attempts in bursts from a few borrowed addresses over random accounts (T0).

    0.1-2 % of a burst succeed. Accounts are drawn evenly from those that ever appear.
    """
    if not len(book.candidates) or not number:
        return Fakes(events.clear(), pl.DataFrame(schema=LABELS))
    wave = np.arange(number, dtype=np.int64)
    bursts = max(1, round(number / _BURST_MEAN))
    burst = choose(0.05 + exponential(seed, np.arange(bursts), 801), seed, wave, 802)
    machines = 1 + (8.0 * exponential(seed, burst, 803)).astype(np.int64)
    machine = burst * 4096 + below(machines, seed, wave, 804)
    donors = book.candidates[below(len(book.candidates), seed, machine, 805)]
    clients = book.candidates[below(len(book.candidates), seed, burst, machine % 3, 806)]
    _, first = np.unique(book.user, return_index=True)
    accounts = first[book.user[first] != 0]
    victims = accounts[below(len(accounts), seed, wave, 807)]
    time_ns = events["timestamp"].dt.timestamp("ns").to_numpy()
    begin = time_ns[below(events.height, seed, burst, 808)]
    span_s = 600.0 * np.exp(1.6 * normal(seed, burst, 809))
    at = begin + (span_s * uniform(seed, wave, 810) * 1e9).astype(np.int64)
    success = uniform(seed, wave, 811) < 0.001 * 20.0 ** uniform(seed, burst, 812)
    reason = "bad_credentials" if events["failure_reason"].null_count() < events.height else None
    fakes = events[donors].with_columns(
        *(events[name][victims].alias(name) for name in _ACCOUNT_FIELDS),
        *(events[name][clients].alias(name) for name in CLIENT_FIELDS),
        *(pl.lit(None, events.schema[name]).alias(name) for name in TICKET_FIELDS),
        event_id=events["event_id"][victims] + "#T0." + pl.Series(wave).cast(pl.String),
        timestamp=_in_unit(at, resolution_ns(time_ns), events),
        outcome=pl.Series(["failure", "success"]).gather(success.astype(np.int64)),
        failure_reason=pl.Series([reason, None], dtype=pl.String)
        .gather(success.astype(np.int64)),
        count=pl.lit(1, pl.Int64),
    )  # fmt: skip
    return Fakes(fakes.select(events.columns), _labels("T0", burst))


def insert_campaigns(
    events: pl.DataFrame, victims: Ints, donors: Ints, seed: int
) -> Fakes:  # fmt: skip
    """1-5 logins over 1-14 days from one attacker per victim, after the victim's login (T6).

    A third strikes accounts that sleep: it starts 30-90 days later. Half bring the victim's own
    client. Logins after the last event of the log are left out.
    """
    number = 1 + below(5, seed, victims, 820)
    which = np.repeat(np.arange(len(victims)), number)
    turn = np.arange(len(which), dtype=np.int64)
    days = 1.0 + 13.0 * uniform(seed, victims, 821)
    wait = np.where(
        uniform(seed, victims, 822) < 0.33, 30.0 + 60.0 * uniform(seed, victims, 823), 0
    )
    after = (wait[which] + days[which] * uniform(seed, turn, 824)) * _DAY_NS
    # Whole days later at about the victim's hour: a patient attacker knows when it is quiet.
    after = np.floor(after / _DAY_NS) * _DAY_NS + 3.6e12 * (0.1 + 3.0 * uniform(seed, turn, 825))
    time_ns = events["timestamp"].dt.timestamp("ns").to_numpy()
    at = time_ns[victims][which] + after.astype(np.int64)
    keep = np.flatnonzero(at <= time_ns[-1])
    which, at = which[keep], at[keep]
    own = uniform(seed, victims, 826)[which] < 0.5
    rows = victims[which]
    fakes = disguise(events, rows, donors[which], np.where(own, rows, donors[which])).with_columns(
        *(pl.lit(None, events.schema[name]).alias(name) for name in TICKET_FIELDS),
        event_id=pl.col("event_id") + "#T6." + pl.Series(turn[keep]).cast(pl.String),
        timestamp=_in_unit(at, resolution_ns(time_ns), events),
    )
    return Fakes(fakes.select(events.columns), _labels("T6", which))


def _in_unit(at_ns: Ints, unit: int, events: pl.DataFrame) -> pl.Series:
    return pl.Series(at_ns // unit * unit).cast(events.schema["timestamp"])


def _labels(tier: str, campaign: Ints) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "replaces": None,
            "tier": [tier] * len(campaign),
            "campaign": pl.Series(campaign).cast(pl.String),
        },
        schema=LABELS,
    ).with_columns(campaign=f"{tier}-" + pl.col("campaign"))


__all__ = ["NETWORK_FIELDS", "insert_bursts", "insert_campaigns"]
