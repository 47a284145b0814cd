"""A history of many users, as `authrisk serve` finds it on its disk."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from authrisk.enrich.enricher import Enricher
from authrisk.enrich.geo import AddressTables
from authrisk.enrich.user_agent import default_parser
from authrisk.event import LoginEvent
from authrisk.eventlog import to_events
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing
from authrisk.simulate.profile import CONSUMER
from authrisk.simulate.world import simulate

EACH = 20
PATTERNS = 2_000
"""Simulated users whose logins the others repeat under their own names."""


def write_history(path: Path, users: int) -> list[list[LoginEvent]]:
    """A history of `users`, EACH logins of each, the last of them an hour old at the most. Answers
    the logins of the PATTERNS whom user k follows by k % PATTERNS."""
    patterns = _patterns()
    store = SqliteStore(path)
    store.append(patterns[0][0], Standing.FAMILIAR)  # the writer makes the tables
    store.close()
    from authrisk.history.sqlite import _INSERT, _new_row

    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM logins")
        for k in range(users):
            rows = (_renamed(event, k, n) for n, event in enumerate(patterns[k % len(patterns)]))
            db.executemany(_INSERT, (_new_row(row, Standing.FAMILIAR, None) for row in rows))
    db.close()
    return patterns


def bodies(patterns: list[list[LoginEvent]], users: int, seed: int) -> Iterator[bytes]:
    """Logins of users drawn evenly, now, each as one of the user's last ones was."""
    draw = random.Random(seed)
    for n in itertools.count():
        user = draw.randrange(users)
        event = patterns[user % len(patterns)][-1 - draw.randrange(3)]
        yield json.dumps(
            {
                "eventID": f"live-{seed}-{n}",
                "userID": f"user-{user}",
                "timestamp": dt.datetime.now(dt.UTC).timestamp(),
                "location": event.src_ip,
                "userAgent": event.user_agent,
            }
        ).encode()


def _patterns() -> list[list[LoginEvent]]:
    world = simulate(CONSUMER, PATTERNS * 3, 7, 1_200, attacks=False)
    good = world.events.filter(pl.col("outcome") == "success")
    many = good.filter(pl.len().over("user_id") >= EACH)
    shift = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1) - many["timestamp"].max()
    many = many.with_columns((pl.col("timestamp") + shift).cast(good.schema["timestamp"]))
    enricher = Enricher(AddressTables.load(), default_parser())
    found: dict[str, list[LoginEvent]] = {}
    for event in to_events(many.sort("timestamp")):
        if event.user_id is not None:
            found.setdefault(event.user_id, []).append(event)
    chosen = list(found.values())[:PATTERNS]
    return [[enricher.enrich(event) for event in mine[-EACH:]] for mine in chosen]


def _renamed(event: LoginEvent, user: int, n: int) -> LoginEvent:
    import msgspec

    return msgspec.structs.replace(event, event_id=f"past-{user}-{n}", user_id=f"user-{user}")
