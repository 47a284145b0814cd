"""Simulated consumers and a few busy employees in one log."""

from __future__ import annotations

import polars as pl

from authrisk.simulate.profile import CONSUMER, ENTERPRISE
from authrisk.simulate.world import simulate


def two_crowds(*, consumers: int, employees: int, days: tuple[int, int], seed: int) -> pl.DataFrame:
    """The events of both in order of time; `days` are those of consumers and of employees."""
    many = simulate(CONSUMER, users=consumers, seed=seed, days=days[0]).events
    busy = simulate(ENTERPRISE, users=employees, seed=seed + 1, days=days[1]).events
    busy = busy.with_columns(event_id=pl.lit("e") + pl.col("event_id"))
    return pl.concat([many, busy]).sort("timestamp", maintain_order=True)
