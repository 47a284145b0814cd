"""How one row becomes another's: which fields belong to whom, and when a fake happens."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from authrisk.simulate.draws import Ints
from authrisk.simulate.timeline import Timeline, resolution_ns

NETWORK_FIELDS = (
    "src_ip", "src_port", "src_host", "src_country", "src_region", "src_city", "src_latitude",
    "src_longitude", "src_asn", "src_as_name", "src_network", "rtt_ms",
)  # fmt: skip
CLIENT_FIELDS = (
    "user_agent", "browser", "browser_version", "os", "os_version", "device_type", "device_id",
)  # fmt: skip
TICKET_FIELDS = ("session_id", "correlation_id", "raw_event_id")
LABELS = {
    "replaces": pl.String(), "tier": pl.String(), "campaign": pl.String(), "donor": pl.String(),
}  # fmt: skip


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


def copy_logins(
    events: pl.DataFrame, timeline: Timeline, tier: str, cast: Cast, seed: int
) -> Fakes:
    """Fakes of the victims' logins and of the failed attempts that belong to them.

    Every login moves by the same few seconds as its failed attempts, never past a neighbour and
    in whole units of the log's own resolution, so that time tells nothing.
    """
    victims, donors, clients = cast
    owner = timeline.owner
    place = np.full(events.height, -1, np.int64)
    place[victims] = np.arange(len(victims))
    rows = np.flatnonzero((owner >= 0) & (place[np.maximum(owner, 0)] >= 0))
    which = place[owner[rows]]
    moved = timeline.time_ns[rows] + timeline.jitter_ns(victims, seed)[which]
    own_client = clients[which] == victims[which]
    client_rows = np.where(own_client, rows, clients[which])
    donor_rows = np.where(donors[which] == victims[which], rows, donors[which])
    fakes = disguise(events, rows, donor_rows, client_rows)
    retries = pl.Series(rows != victims[which])
    rtt_ms = pl.when(retries & events["rtt_ms"][rows].is_null()).then(None).otherwise("rtt_ms")
    fakes = fakes.with_columns(
        event_id=pl.col("event_id") + f"#{tier}",
        timestamp=pl.Series(moved).cast(events.schema["timestamp"]),
        rtt_ms=rtt_ms,
    )
    if tier != "T5":
        fakes = fakes.with_columns(pl.col(name) + f"#{tier}" for name in TICKET_FIELDS)
    labels = pl.DataFrame(
        {
            "replaces": events["event_id"][rows],
            "tier": [tier] * len(rows),
            "campaign": None,
            "donor": events["user_id"][donors[which]],
        },
        schema=LABELS,
    )
    return Fakes(fakes.select(events.columns), labels)


def disguise(events: pl.DataFrame, rows: Ints, donors: Ints, clients: Ints) -> pl.DataFrame:
    """The given rows with network fields of the donor rows and client fields of the clients."""
    return events[rows].with_columns(
        *(events[name][donors].alias(name) for name in NETWORK_FIELDS),
        *(events[name][clients].alias(name) for name in CLIENT_FIELDS),
    )


def at_times(events: pl.DataFrame, time_ns: Ints, at_ns: Ints) -> pl.Series:
    """Times for new events, in whole units of the log's own resolution."""
    unit = resolution_ns(time_ns)
    return pl.Series(at_ns // unit * unit).cast(events.schema["timestamp"])


def inserted(
    fakes: pl.DataFrame, tier: str, campaign: Ints, donor: pl.Series | None = None
) -> Fakes:
    """Fakes that replace nothing; equal numbers are one attacker. donor: who lends the network."""
    labels = pl.DataFrame(
        {
            "replaces": None,
            "tier": [tier] * len(campaign),
            "campaign": pl.Series(campaign).cast(pl.String),
            "donor": donor,
        },
        schema=LABELS,
    ).with_columns(campaign=f"{tier}-" + pl.col("campaign"))
    return Fakes(fakes, labels)


def nothing(events: pl.DataFrame) -> Fakes:
    """No fakes at all, with the columns of the events."""
    return Fakes(events.clear(), pl.DataFrame(schema=LABELS))
