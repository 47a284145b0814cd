"""Training that goes on from a bundle."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from authrisk.errors import BundleError, InputError
from authrisk.evaluation.cases import Cases
from authrisk.evaluation.fused import Together
from authrisk.models.bundle import (
    FILES,
    PRETRAINED,
    WEIGHTS,
    load_bundle,
    pretrained_path,
    read_weights,
    write_bundle,
)
from authrisk.testing.model import random_windows
from authrisk.training.autoencoder import LstmAutoencoder
from authrisk.training.ensemble import Ensemble, Fused, fit_model
from authrisk.training.fit import FitSettings, Fitted, Network
from authrisk.training.pack import TrainSettings
from authrisk.training.prepare import Kind, prepare
from authrisk.training.start import read_start, take_over, weights_of
from authrisk.training.supervised import SupervisedLstm
from authrisk.training.train import Trained, new_network, train

STILL = FitSettings(seed=7, epochs=1, learning_rate=1e-12, weight_decay=0.0)
"""A training that moves no weight by anything to speak of."""


def test_what_was_learned_is_where_training_goes_on(
    trained: tuple[Trained, Path], cases: Cases, kind: Kind, tmp_path: Path
) -> None:
    """A training that hardly moves the weights answers as the bundle that it began with, with its
    encoders and scalers; one from nothing does not."""
    before, path = trained
    start = read_start(path, kind)
    settings = TrainSettings(name="more", fit=STILL)
    after = train(cases, kind, tmp_path / "more", settings, start=start).bundle
    assert after.encoders == before.bundle.encoders
    assert after.scalers == before.bundle.scalers
    assert after.metrics["continued_from"] == before.bundle.version
    windows = random_windows(64, seed=2)
    earlier, later = (b.model.score(windows)[0] for b in (before.bundle, after))
    # Usual values and marginals are taken anew: parts change by them, and the hours' bits.
    assert np.allclose(earlier, later, atol=1e-3 if kind == "supervised" else 0.5)
    anew = train(cases, kind, tmp_path / "anew", settings).bundle
    assert not np.allclose(earlier, anew.model.score(windows)[0], atol=0.5)


def test_weights_come_back_as_they_were(
    trained: tuple[Trained, Path], cases: Cases, kind: Kind, tmp_path: Path
) -> None:
    """Networks that take over the weights of a bundle give those weights, bit for bit."""
    _, path = trained
    start = read_start(path, kind)
    network = new_network(kind, prepare(cases, kind, 1, start))
    take_over(network, start.of(start.part(kind), 0))
    assert load(weights_of(network)).keys() == start.of("", 0).keys()
    for name, value in load(weights_of(network)).items():
        assert np.array_equal(value, start.of("", 0)[name]), name


@pytest.mark.parametrize("name", PRETRAINED)
def test_the_shipped_bundles_can_be_gone_on_from(name: Kind) -> None:
    """Both carry the weights that their model.onnx was made of: the same scores."""
    start = read_start(pretrained_path(name), name)
    windows = random_windows(32, seed=4)

    def network(kind: Kind) -> Ensemble:
        state = start.of(start.part(kind), 0)
        if kind == "autoencoder":
            made = LstmAutoencoder()
        else:
            made = SupervisedLstm(
                torch.ones(state["known"].shape), torch.zeros(state["edges"].shape[0], 11)
            )
        take_over(made, state)
        return Ensemble([made])

    whole = network(name)
    if name == "supervised":
        map_ = Together(*(start.weights[n].item() for n in ("scale", "shift")))
        whole = Fused(whole, network("autoencoder"), map_)
    with torch.no_grad():
        raw, _ = whole.eval()(torch.from_numpy(windows))
    bundle = load_bundle(pretrained_path(name))
    assert np.allclose(raw, bundle.model.score(windows)[0], atol=1e-3)


@pytest.mark.parametrize("kind", ["supervised"], indirect=True)
def test_both_networks_of_a_bundle_go_on(
    trained: tuple[Trained, Path], cases: Cases, kind: Kind, tmp_path: Path
) -> None:
    """Of a bundle whose autoencoder judges with the supervised network, both are gone on from."""
    start = read_start(pretrained_path("supervised"), kind)
    settings = dataclasses.replace(STILL, with_autoencoder=True)
    model, _ = fit_model(
        kind, prepare(cases, kind, 1, start), settings, tmp_path, lambda _: None, start
    )
    found = dict(model.state_dict())
    for part in ("supervised.members.0.embed.weight", "autoencoder.members.0.embed.weight"):
        now, then = np.asarray(found[part]).ravel(), np.asarray(start.weights[part]).ravel()
        assert np.corrcoef(now, then)[0, 1] > 0.9


def test_refusals(
    trained: tuple[Trained, Path], fitted: tuple[Network, Fitted], kind: Kind, tmp_path: Path
) -> None:
    """Another kind, a bundle without weights and one with other shapes are refused by name."""
    _, path = trained
    other = "autoencoder" if kind == "supervised" else "supervised"
    with pytest.raises(InputError, match=f"is no {other} bundle"):
        read_start(path, other)
    bare = tmp_path / "bare"
    shutil.copytree(path, bare)
    manifest = load_bundle(path).manifest
    known = ("kind", "name", "created", "authrisk_version", "resolvers", "data", "split", "seed")
    fields = {key: getattr(manifest, key) for key in known}
    files = {name: (path / name).read_bytes() for name in FILES}
    write_bundle(bare, manifest=fields, files=files, replace=True)
    assert read_weights(bare) is None
    with pytest.raises(InputError, match=f"has no {WEIGHTS}"):
        read_start(bare, kind)
    start = read_start(path, kind)
    half = {name: value[:1] for name, value in start.of("", 0).items()}
    with pytest.raises(BundleError, match="another shape"):
        take_over(fitted[0], half)
    write_bundle(bare, manifest=fields, files={**files, WEIGHTS: b"no tensors"}, replace=True)
    with pytest.raises(BundleError, match="cannot be read"):
        read_start(bare, kind)
