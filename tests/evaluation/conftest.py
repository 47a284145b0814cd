"""Simulated logins with injected attacks, and both pretrained bundles."""

from __future__ import annotations

import polars as pl
import pytest

from authrisk.models.bundle import PRETRAINED, Bundle, load_bundle, pretrained_path
from authrisk.simulate.profile import CONSUMER
from authrisk.simulate.world import simulate


@pytest.fixture(scope="session", params=PRETRAINED)
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return load_bundle(pretrained_path(request.param))


@pytest.fixture(scope="session")
def events() -> pl.DataFrame:
    return simulate(CONSUMER, users=1_500, seed=35, days=250).events
