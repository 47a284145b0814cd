"""Both pretrained bundles, and small simulated histories."""

from __future__ import annotations

import polars as pl
import pytest

from authrisk.models.bundle import PRETRAINED, Bundle, load_bundle, pretrained_path
from authrisk.simulate.profile import CONSUMER, ENTERPRISE
from authrisk.simulate.world import simulate


@pytest.fixture(scope="session", params=PRETRAINED)
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return load_bundle(pretrained_path(request.param))


@pytest.fixture(scope="session")
def events() -> pl.DataFrame:
    """Some hundred logins of consumers and of employees, failures among them."""
    consumers = simulate(CONSUMER, users=60, seed=5, days=60).events
    employees = simulate(ENTERPRISE, users=4, seed=6, days=40).events.with_columns(
        event_id=pl.lit("e") + pl.col("event_id")
    )
    return pl.concat([consumers, employees]).sort("timestamp", maintain_order=True)
