"""One small simulation of each profile, shared by the tests of this room."""

import pytest

from authrisk.simulate.profile import CONSUMER, ENTERPRISE
from authrisk.simulate.world import Simulation, simulate


@pytest.fixture(scope="session")
def consumer() -> Simulation:
    return simulate(CONSUMER, users=60_000, seed=11)


@pytest.fixture(scope="session")
def company() -> Simulation:
    return simulate(ENTERPRISE, users=180, seed=5, days=120)
