"""Simulated logins with injected attacks, both pretrained bundles, and logins drawn by lot."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from authrisk.evaluation.asked import Asked
from authrisk.models.bundle import PRETRAINED, Bundle, load_bundle, pretrained_path
from authrisk.simulate.profile import CONSUMER
from authrisk.simulate.world import simulate


@pytest.fixture(scope="session", params=PRETRAINED)
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return load_bundle(pretrained_path(request.param))


@pytest.fixture(scope="session")
def events() -> pl.DataFrame:
    return simulate(CONSUMER, users=1_500, seed=35, days=250).events


@pytest.fixture(scope="session")
def asked() -> Asked:
    """4,000 logins of 300 users, two tiers, a campaign per victim; nothing is simulated."""
    rng = np.random.default_rng(7)
    n = 4_000
    tier = rng.choice(["", "T1", "T6"], n, p=[0.8, 0.1, 0.1])
    owner = rng.integers(0, 300, n)
    return Asked(
        legitimate=tier == "",
        tier=tier,
        owner=owner,
        time_ns=np.sort(rng.integers(0, 10**17, n)),
        late=np.arange(n) >= n // 2,
        unseen=owner % 5 == 0,
        depth=rng.integers(0, 30, n),
        gap_s=np.where(rng.random(n) < 0.1, np.nan, rng.exponential(1e6, n)),
        novelty=rng.integers(0, 9, n),
        campaign=np.where(tier == "T6", owner, -1),
        turn=np.arange(n),
    )


@pytest.fixture(scope="session")
def scores(asked: Asked) -> np.ndarray:
    """(3, n) scores of three trainings, with ties; attacks lie higher."""
    rng = np.random.default_rng(8)
    lift = np.where(asked.legitimate, 0.0, 2.0)
    return np.round(rng.normal(lift, 1.0, (3, asked.tier.size)), 1)
