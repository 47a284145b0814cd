"""Simulated logins, coded and arranged as training and replay see them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from authrisk.features.coded import code_frame
from authrisk.features.timeline import EVIDENCE, FAMILIAR, Timeline, arrange
from authrisk.simulate.profile import CONSUMER, ENTERPRISE
from authrisk.simulate.world import simulate


@pytest.fixture(scope="session")
def events() -> pl.DataFrame:
    """Logins of consumers and of a few busy employees, in order of time."""
    consumers = simulate(CONSUMER, users=80, seed=15, days=200).events
    employees = simulate(ENTERPRISE, users=4, seed=16, days=60).events.with_columns(
        event_id=pl.lit("e") + pl.col("event_id")
    )
    return pl.concat([consumers, employees]).sort("timestamp", maintain_order=True)


@pytest.fixture(scope="session")
def standing(events: pl.DataFrame) -> np.ndarray:
    """Successes are familiar, failures evidence."""
    success = (events["outcome"] == "success").to_numpy()
    return np.where(success, FAMILIAR, EVIDENCE).astype(np.int8)


@pytest.fixture(scope="session")
def timeline(events: pl.DataFrame, standing: np.ndarray) -> Timeline:
    return arrange(code_frame(events), standing)
