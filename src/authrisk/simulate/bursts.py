"""Stuffing and spraying in anybody's log: bursts of attempts over many accounts (T0)."""

from __future__ import annotations

import numpy as np
import polars as pl

from authrisk.simulate.disguise import (
    CLIENT_FIELDS,
    TICKET_FIELDS,
    Fakes,
    at_times,
    inserted,
    nothing,
)
from authrisk.simulate.donors import DonorBook
from authrisk.simulate.draws import Ints, below, choose, exponential, normal, uniform

_ACCOUNT_FIELDS = ("user_id", "user_name", "user_domain", "account_kind", "tenant")
_BURST_MEAN = 200.0
_NEAR = 2_000  # machines and clients are borrowed from that many next candidates


def insert_bursts(events: pl.DataFrame, book: DonorBook, number: int, seed: int) -> Fakes:
    """`number` attempts in bursts from a few borrowed addresses over random accounts.

    0.1-2 % of a burst succeed. Accounts are drawn evenly from those that ever appear; addresses
    and clients from logins that follow the burst, so that no browser is from the future.
    """
    if not len(book.candidates) or not number:
        return nothing(events)
    wave = np.arange(number, dtype=np.int64)
    bursts = max(1, round(number / _BURST_MEAN))
    burst = choose(0.05 + exponential(seed, np.arange(bursts), 801), seed, wave, 802)
    begins = below(events.height, seed, burst, 808)
    machines = 1 + (8.0 * exponential(seed, burst, 803)).astype(np.int64)
    machine = burst * 4096 + below(machines, seed, wave, 804)
    donors = _near(book, begins, below(_NEAR, seed, machine, 805))
    clients = _near(book, begins, below(_NEAR, seed, burst, machine % 3, 806))
    _, first = np.unique(book.user, return_index=True)
    accounts = first[book.user[first] != 0]
    victims = accounts[below(len(accounts), seed, wave, 807)]
    time_ns = events["timestamp"].dt.timestamp("ns").to_numpy()
    span_s = 600.0 * np.exp(1.6 * normal(seed, burst, 809))
    at = time_ns[begins] + (span_s * uniform(seed, wave, 810) * 1e9).astype(np.int64)
    success = uniform(seed, wave, 811) < 0.001 * 20.0 ** uniform(seed, burst, 812)
    reason = "bad_credentials" if events["failure_reason"].null_count() < events.height else None
    fakes = events[donors].with_columns(
        *(events[name][victims].alias(name) for name in _ACCOUNT_FIELDS),
        *(events[name][clients].alias(name) for name in CLIENT_FIELDS),
        *(pl.lit(None, events.schema[name]).alias(name) for name in TICKET_FIELDS),
        event_id=events["event_id"][victims] + "#T0." + pl.Series(wave).cast(pl.String),
        timestamp=at_times(events, time_ns, at),
        outcome=pl.Series(["failure", "success"]).gather(success.astype(np.int64)),
        failure_reason=pl.Series([reason, None], dtype=pl.String)
        .gather(success.astype(np.int64)),
        count=pl.lit(1, pl.Int64),
    )  # fmt: skip
    return inserted(fakes.select(events.columns), "T0", burst)


def _near(book: DonorBook, rows: Ints, steps: Ints) -> Ints:
    """The candidate that many steps after each row; from the end of the log, counted back."""
    last = len(book.candidates) - 1
    place = np.searchsorted(book.candidates, rows) + steps
    return book.candidates[np.where(place > last, np.maximum(last - steps, 0), place)]
