"""A file in the format of the RBA data set, as long as that one, in the order of time.

Simulated consumers stand in for the real ones, a shard of them at a time; their logins lie on disk
by month until all shards are there. Alike are the columns, their order and their texts; the share
of failed logins to the two pseudo-users; user agents that few people share; one takeover in some
hundred thousand logins. Figures of detection on it mean nothing.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl

from authrisk.evaluation.dataset.rba import PSEUDO_USERS
from authrisk.simulate.log_rba import rba_lines
from authrisk.simulate.profile import CONSUMER
from authrisk.simulate.world import simulate

START = dt.datetime(2020, 2, 3, tzinfo=dt.UTC)
DAYS, MONTH_DAYS = 390, 30
USERS = 100_000
"""Of a shard; some 5.6 rows a user."""
ROWS_PER_WRITE = 250_000
KEPT_TAKEOVERS = 1 / 110
"""The simulator has more of them than the data set."""
_LABELS = ("is_attack_ip", "is_account_takeover")


def write_rba_file(path: Path, rows: int, say: Callable[[str], None]) -> int:
    """Write at least `rows` rows; answers how many."""
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        folder = Path(name)
        made = shard = 0
        while made < rows:
            made += _write_shard(folder, shard)
            shard += 1
            say(f"{made:,} rows simulated")
        return _merge(folder, path, say)


def _write_shard(folder: Path, shard: int) -> int:
    world = simulate(CONSUMER, USERS, seed=shard + 1, days=DAYS, start=START)
    own = pl.col("user_id").hash(seed=1) % 1_000
    of_login = pl.col("event_id").hash(seed=shard) % 1_000_000
    unknown = pl.col("is_attack_ip") & (pl.col("outcome") == "failure") & (of_login % 3 > 0)
    pseudo = pl.when(of_login % 7 > 0).then(pl.lit(PSEUDO_USERS[0])).otherwise(
        pl.lit(PSEUDO_USERS[1])
    )  # fmt: skip
    variation = pl.lit(" variation/") + (pl.col("user_id").hash(seed=2) % 500_000).cast(pl.String)
    events = (
        world.events.with_columns(world.labels.select(pl.col(_LABELS).fill_null(value=False)))
        .filter(~pl.col("is_account_takeover") | (of_login < int(KEPT_TAKEOVERS * 1_000_000)))
        .with_columns(
            user_agent=pl.when(own < 300)
            .then(pl.col("user_agent") + variation)
            .otherwise("user_agent"),
            user_id=pl.when(unknown).then(pseudo).otherwise("user_id"),
            month=(pl.col("timestamp") - START).dt.total_days() // MONTH_DAYS,
        )
    )
    for (month,), part in events.partition_by("month", as_dict=True).items():
        part.drop("month").write_parquet(folder / f"{month:03d}-{shard:03d}.parquet")
    return events.height


def _merge(folder: Path, path: Path, say: Callable[[str], None]) -> int:
    row = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for month in sorted({part.name[:3] for part in folder.iterdir()}):
            parts = sorted(folder.glob(f"{month}-*.parquet"))
            logins = pl.concat([pl.read_parquet(part) for part in parts]).sort("timestamp")
            for part in parts:
                part.unlink()
            for some in logins.iter_slices(ROWS_PER_WRITE):
                index = pl.int_range(row, row + some.height, eager=True).cast(pl.String)
                events = some.drop(_LABELS).with_columns(event_id=index)
                lines = rba_lines(events, some.select(_LABELS))
                file.write("\n".join(lines[row > 0 :]) + "\n")
                row += some.height
            say(f"{row:,} rows written")
    return row
