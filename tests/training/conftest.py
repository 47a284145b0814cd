"""A small simulated population with injected attacks, and a network of each kind trained on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.two_crowds import two_crowds

from authrisk.evaluation.cases import Cases, injected_cases
from authrisk.training.fit import FitSettings, Fitted, Network, fit
from authrisk.training.pack import TrainSettings
from authrisk.training.prepare import Kind, Prepared, prepare
from authrisk.training.train import Trained, new_network, train

ONE_EPOCH = FitSettings(seed=3, epochs=1)


@pytest.fixture(scope="session")
def cases() -> Cases:
    events = two_crowds(consumers=700, employees=8, days=(250, 40), seed=25)
    return injected_cases(events, 1, 0.3)


@pytest.fixture(scope="session", params=["supervised", "autoencoder"])
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture(scope="session")
def prepared(cases: Cases, kind: Kind) -> Prepared:
    return prepare(cases, kind, seed=1)


@pytest.fixture(scope="session")
def fitted(
    kind: Kind, prepared: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Network, Fitted]:
    """A network after one epoch."""
    network = new_network(kind, prepared)
    workdir = tmp_path_factory.mktemp("fit")
    return network, fit(
        network, prepared.train, prepared.validation, ONE_EPOCH, workdir, lambda _: None
    )


@pytest.fixture(scope="session")
def trained(
    cases: Cases, kind: Kind, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Trained, Path]:
    """A bundle after two epochs, and where it lies."""
    path = tmp_path_factory.mktemp("bundles") / kind
    settings = TrainSettings(name=f"small-{kind}", fit=FitSettings(seed=3, epochs=2))
    return train(cases, kind, path, settings), path
