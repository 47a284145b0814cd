"""How one row becomes another's: which fields belong to whom, and when a fake happens."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from authrisk.simulate.donors import DonorBook
from authrisk.simulate.draws import Bools, Ints, uniform

NETWORK_FIELDS = (
    "src_ip", "src_port", "src_host", "src_country", "src_region", "src_city", "src_latitude",
    "src_longitude", "src_asn", "src_as_name", "src_network", "rtt_ms",
)  # fmt: skip
CLIENT_FIELDS = (
    "user_agent", "browser", "browser_version", "os", "os_version", "device_type", "device_id",
)  # fmt: skip
TICKET_FIELDS = ("session_id", "correlation_id", "raw_event_id")
LABELS = {"replaces": pl.String(), "tier": pl.String(), "campaign": pl.String()}
_BELONGS_NS = 30 * 60 * 1_000_000_000
_JITTER_NS = 120 * 1_000_000_000


class Fakes(NamedTuple):
    """Fake events and, row by row, what they replace, their tier and campaign."""

    events: pl.DataFrame
    labels: pl.DataFrame
    """Columns of `LABELS`."""


class Cast(NamedTuple):
    """Rows of K victims' logins, of those that lend the network, and that lend the client."""

    victims: Ints
    donors: Ints
    clients: Ints


def copy_logins(events: pl.DataFrame, book: DonorBook, tier: str, cast: Cast, seed: int) -> Fakes:
    """Fakes of the victims' logins and of the failed attempts that belong to them.

    Every login moves by the same few seconds as its failed attempts, never past a neighbour and
    in whole units of the log's own resolution, so that time tells nothing.
    """
    victims, donors, clients = cast
    time_ns = events["timestamp"].dt.timestamp("ns").to_numpy()
    owner = _owners(book, events, time_ns)
    place = np.full(events.height, -1, np.int64)
    place[victims] = np.arange(len(victims))
    rows = np.flatnonzero((owner >= 0) & (place[np.maximum(owner, 0)] >= 0))
    which = place[owner[rows]]
    shift = _jitter(book, time_ns, victims, owner, seed)
    own_client = clients[which] == victims[which]
    client_rows = np.where(own_client, rows, clients[which])
    donor_rows = np.where(donors[which] == victims[which], rows, donors[which])
    fakes = disguise(events, rows, donor_rows, client_rows)
    retries = pl.Series(rows != victims[which])
    rtt_ms = pl.when(retries & events["rtt_ms"][rows].is_null()).then(None).otherwise("rtt_ms")
    fakes = fakes.with_columns(
        event_id=pl.col("event_id") + f"#{tier}",
        timestamp=pl.Series(time_ns[rows] + shift[which]).cast(events.schema["timestamp"]),
        rtt_ms=rtt_ms,
    )
    if tier != "T5":
        fakes = fakes.with_columns(pl.col(name) + f"#{tier}" for name in TICKET_FIELDS)
    labels = pl.DataFrame(
        {"replaces": events["event_id"][rows], "tier": [tier] * len(rows), "campaign": None},
        schema=LABELS,
    )
    return Fakes(fakes.select(events.columns), labels)


def disguise(events: pl.DataFrame, rows: Ints, donors: Ints, clients: Ints) -> pl.DataFrame:
    """The given rows with network fields of the donor rows and client fields of the clients."""
    return events[rows].with_columns(
        *(events[name][donors].alias(name) for name in NETWORK_FIELDS),
        *(events[name][clients].alias(name) for name in CLIENT_FIELDS),
    )


def resolution_ns(time_ns: Ints) -> int:
    """The coarsest of s, ms, us, ns that every time is a multiple of."""
    for unit in (1_000_000_000, 1_000_000, 1_000):
        if not (time_ns % unit).any():
            return unit
    return 1


def _owners(book: DonorBook, events: pl.DataFrame, time_ns: Ints) -> Ints:
    """Row of the success that each attempt belongs to; itself for a success, -1 for none.

    A failure belongs to the user's next success when that follows within 30 minutes from the
    same address.
    """
    rows = len(time_ns)
    order = np.lexsort((np.arange(rows), book.user))
    success: Bools = (events["outcome"] == "success").fill_null(value=False).to_numpy()[order]
    places = np.where(success, np.arange(rows), rows)
    following = np.minimum.accumulate(places[::-1])[::-1]
    inside = following < rows
    target = order[np.minimum(following, rows - 1)]
    fits = inside & (book.user[target] == book.user[order]) & (book.user[order] != 0)
    fits &= (book.address[target] == book.address[order]) | success
    fits &= time_ns[target] - time_ns[order] <= _BELONGS_NS
    owner = np.full(rows, -1, np.int64)
    owner[order] = np.where(fits, target, -1)
    return owner


def _jitter(book: DonorBook, time_ns: Ints, victims: Ints, owner: Ints, seed: int) -> Ints:
    """Nanoseconds that each victim's login moves by, either way."""
    rows = len(time_ns)
    order = np.lexsort((np.arange(rows), book.user))
    times, users, owners = time_ns[order], book.user[order], owner[order]
    apart = (users[1:] != users[:-1]) | (owners[1:] != owners[:-1])
    same = users[1:] == users[:-1]
    gap = np.where(same, np.where(apart, times[1:] - times[:-1], 2**62), 2**62)
    room = np.minimum(np.append(gap, 2**62), np.append(2**62, gap))
    by_row = np.empty(rows, np.int64)
    by_row[order] = room
    least = np.full(rows, 2**62)
    mine = owner >= 0
    np.minimum.at(least, owner[mine], by_row[mine])
    limit = np.minimum(least[victims] // 4, _JITTER_NS)
    unit = resolution_ns(time_ns)
    draw = 2.0 * uniform(seed, victims, 703) - 1.0
    steps: Ints = np.trunc(draw * (limit / unit)).astype(np.int64)
    return steps * unit
