"""Simulated logins, coded and arranged as training and replay see them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.two_crowds import two_crowds

from authrisk.features.coded import code_frame
from authrisk.features.timeline import EVIDENCE, FAMILIAR, Timeline, arrange


@pytest.fixture(scope="session")
def events() -> pl.DataFrame:
    """Logins of consumers and of a few busy employees, in order of time."""
    return two_crowds(consumers=80, employees=4, days=(200, 60), seed=15)


@pytest.fixture(scope="session")
def standing(events: pl.DataFrame) -> np.ndarray:
    """Successes are familiar, failures evidence."""
    success = (events["outcome"] == "success").to_numpy()
    return np.where(success, FAMILIAR, EVIDENCE).astype(np.int8)


@pytest.fixture(scope="session")
def timeline(events: pl.DataFrame, standing: np.ndarray) -> Timeline:
    return arrange(code_frame(events), standing)
