"""What logs of another kind show of the same logins: a shell server's log, a domain's log of hosts.

A web log tells agent, address and place. A shell server tells no agent. A domain controller tells
source and destination host in place of them all, and several logons where a person did one thing.
A model that is to read such logs must have met them.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from authrisk.features.coded import user_codes
from authrisk.simulate.draws import Bools, Floats, Ints, below, choose, exponential, mix, uniform

_AGENT = ("user_agent", "browser", "browser_version", "os", "os_version", "device_type")
_PLACE = (
    "src_ip", "src_country", "src_region", "src_city", "src_latitude", "src_longitude", "src_asn",
    "src_as_name", "src_network",
)  # fmt: skip
_SHELL_METHODS = ("publickey", "password", "keyboard-interactive")
_HOST_METHODS = np.array([0.7, 0.25, 0.05])
_HOST_METHOD_NAMES = ("kerberos", "ntlm", "negotiate")
_SERVERS = 400
_OWN_SERVERS = 12
"""Servers that a person goes to now and again, the first most."""
_STRAY = 0.02
"""Share of logons to any server of the company."""
_SHARED_SOURCE = 0.06
"""Share of logons that come from a server (jump host, terminal server) of the user's own few."""
_FURTHER = 2.0
"""Scale of how many logons follow one (shares, printers, mail): 1.5 in the mean, rounded down."""
_PAUSE_NS = 40e9
"""Mean pause between them."""


def shell_log(events: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The events as a shell server logs them: no agent, no round-trip time, keys and passwords."""
    keys = mix(seed, 7101, user_codes(events["user_id"])).view(np.int64)
    method = choose(np.array([0.6, 0.3, 0.1]), 7102, keys)
    host = below(6, 7103, keys)
    return _without(events, (*_AGENT, "rtt_ms", "app")).with_columns(
        auth_method=pl.Series([_SHELL_METHODS[m] for m in method]),
        dst_host=pl.Series([f"shell{h}" for h in host]),
    )


def further_logons(events: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The events, each success followed by further logons of its user within minutes, as a domain
    controller sees them; in time order."""
    row = np.arange(events.height)
    success = (events["outcome"] == "success").to_numpy()
    count = np.where(success, exponential(seed, 7201, row) * _FURTHER, 0).astype(np.int64)
    source = np.repeat(row, count)
    turn = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    pause = np.cumsum(exponential(seed, 7202, source, turn) * _PAUSE_NS)
    before = np.concatenate([[0.0], pause])[np.cumsum(count) - count]  # of the logins before
    lag = (pause - np.repeat(before, count)).astype(np.int64)
    more = events[source].with_columns(
        event_id=pl.col("event_id") + "+" + pl.Series(turn).cast(pl.String),
        timestamp=pl.col("timestamp") + pl.Series(lag).cast(pl.Duration("ns")),
    )
    return pl.concat([events, more]).sort("timestamp", maintain_order=True)


def host_log(
    events: pl.DataFrame, owner: Ints, lender: Ints, attack: Bools, seed: int
) -> pl.DataFrame:
    """The events as a domain controller logs them: source and destination hosts, nothing else.

    owner, lender: (N,) user codes; who borrows somebody's network (`lender` not 0) sits at that
    user's computer and goes where that user goes. attack: (N,) an attacker who borrows nobody's
    sits at a computer of their own, one for each address.
    """
    who = np.where(lender != 0, lender, owner)
    time = events["timestamp"].cast(pl.Int64).to_numpy()
    # Not by row: the copies of a login, on the shadows of its user, look like it.
    row = mix(seed, 7301, owner, lender, time).view(np.int64)
    computer = mix(seed, 7302, who).view(np.int64) % 100_000
    kind = events["os"].fill_null("?") + events["device_type"].fill_null("?")
    shared = uniform(7303, row) < _SHARED_SOURCE
    jump = below(_SERVERS, 7304, who, below(2, 7305, row))
    # A person's own servers, rank k in proportion to 1 / (k + 1).
    shares: Floats = 1.0 / (1.0 + np.arange(_OWN_SERVERS, dtype=np.float64))
    rank = choose(shares, 7306, row)
    stray = uniform(7307, row) < _STRAY
    server = np.where(stray, below(_SERVERS, 7308, row), below(_SERVERS, seed, 7309, who, rank))
    frame = pl.DataFrame(
        {
            "computer": computer, "kind": kind, "shared": shared, "jump": jump, "server": server,
            "stranger": attack & (lender == 0), "address": events["src_ip"].fill_null("?"),
        }
    )  # fmt: skip
    source = frame.select(
        pl.when("stranger")
        .then(pl.format("x{}", pl.col("address").rank("dense")))
        .when("shared")
        .then(pl.format("srv{}", "jump"))
        .otherwise(pl.format("pc{}-{}", "computer", pl.col("kind").rank("dense")))
    ).to_series()
    method = choose(_HOST_METHODS, 7310, row)
    return _without(events, (*_AGENT, *_PLACE, "rtt_ms", "app")).with_columns(
        src_host=source,
        dst_host=frame.select(pl.format("srv{}", "server")).to_series(),
        auth_method=pl.Series([_HOST_METHOD_NAMES[m] for m in method]),
    )


def _without(events: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    return events.with_columns(pl.lit(None, events.schema[c]).alias(c) for c in columns)
