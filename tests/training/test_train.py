"""Training: the same by seed, resumable, honest about too little, and free of leaks."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from authrisk.errors import InputError
from authrisk.evaluation.cases import Cases, injected_cases, legitimate_cases
from authrisk.features.coded import TIME, USER
from authrisk.models.bundle import FILES, load_bundle, write_bundle
from authrisk.training.fit import CHECKPOINT, FitSettings, Network, fit
from authrisk.training.pack import TrainSettings
from authrisk.training.prepare import Kind, Prepared, prepare
from authrisk.training.train import Trained, new_network, train


def weights(network: Network) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in network.state_dict().items()}


def fresh(kind: Kind, prepared: Prepared) -> Network:
    torch.manual_seed(3)
    return new_network(kind, prepared)


def quiet(_: object) -> None:
    return None


def test_weights_follow_from_the_seed(kind: Kind, prepared: Prepared, tmp_path: Path) -> None:
    """One epoch twice gives the same weights, bit for bit; another seed gives others."""
    found = []
    for n, seed in enumerate((3, 3, 4)):
        network = fresh(kind, prepared)
        settings = FitSettings(seed=seed, epochs=1)
        fit(network, prepared.train, prepared.validation, settings, tmp_path / f"{n}", quiet)
        found.append(weights(network))
    assert found[0] == found[1]
    assert found[0] != found[2]


class StopError(Exception):
    """Somebody pressed a key."""


def test_an_interrupted_run_goes_on(kind: Kind, prepared: Prepared, tmp_path: Path) -> None:
    """A run that is stopped in its second epoch and started again ends with the weights and the
    losses of one that was not."""
    settings = FitSettings(seed=5, epochs=2)

    def stop(progress) -> None:
        if progress.epoch == 2:
            raise StopError

    whole = fresh(kind, prepared)
    expected = fit(whole, prepared.train, prepared.validation, settings, tmp_path / "a", quiet)
    with pytest.raises(StopError):
        fit(fresh(kind, prepared), prepared.train, prepared.validation, settings,
            tmp_path / "b", stop)  # fmt: skip
    again = fresh(kind, prepared)
    epochs: set[int] = set()
    found = fit(again, prepared.train, prepared.validation, settings, tmp_path / "b",
                lambda progress: epochs.add(progress.epoch))  # fmt: skip
    assert epochs == {2}
    assert found == expected
    assert weights(again) == weights(whole)


@pytest.mark.parametrize("damage", ["truncated", "empty", "noise"])
def test_a_damaged_checkpoint(kind: Kind, prepared: Prepared, tmp_path: Path, damage: str) -> None:
    """A checkpoint that cannot be read is passed over: the run begins anew."""
    settings = FitSettings(seed=3, epochs=1)
    expected = fit(
        fresh(kind, prepared), prepared.train, prepared.validation, settings, tmp_path, quiet
    )
    data = (tmp_path / CHECKPOINT).read_bytes()
    broken = {"truncated": data[: len(data) // 2], "empty": b"", "noise": b"\x00" * 99}[damage]
    (tmp_path / CHECKPOINT).write_bytes(broken)
    found = fit(
        fresh(kind, prepared), prepared.train, prepared.validation, settings, tmp_path, quiet
    )
    assert found == expected


def test_split(prepared: Prepared) -> None:
    """Train comes before validation before calibration; a fifth of the users is held out of
    both of the first."""
    split, timeline = prepared.periods, prepared.timeline
    times, users = timeline.ints[:, TIME], timeline.ints[:, USER]
    assert times[split.train].max() < times[split.validation].min()
    assert times[split.validation].max() < times[split.calibration].min()
    held_out = set(users[split.unseen])
    assert not held_out & set(users[split.train | split.validation])
    assert 0.1 < len(held_out) / np.unique(users).size < 0.3


def test_labels_change_no_input(cases: Cases) -> None:
    """Labels that are dealt out anew change no row, no window's past and no moment. (Only what was
    injected, and so has a tier, is made to hide now and then.)"""
    unnamed = pl.Series("tier", [None], pl.String).new_from_index(0, cases.tier.len())
    real = dataclasses.replace(cases, tier=unnamed)
    before = prepare(real, "supervised", 1)
    attack = np.random.default_rng(1).permutation(cases.attack)
    after = prepare(dataclasses.replace(real, attack=attack), "supervised", 1)
    assert not np.array_equal(before.train.label, after.train.label)
    assert np.array_equal(before.moments, after.moments)
    assert np.array_equal(before.timeline.ints, after.timeline.ints)
    assert np.array_equal(before.timeline.floats, after.timeline.floats, equal_nan=True)


def test_a_trained_bundle_is_whole(trained: tuple[Trained, Path], kind: Kind) -> None:
    """What training wrote loads, names no user, and leaves nothing beside it."""
    made, path = trained
    bundle = load_bundle(path)
    assert bundle.version == made.bundle.version
    assert bundle.manifest.kind == kind
    assert bundle.manifest.data["simulated"] is False
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert all(case.login.user_id.startswith("user-") for case in bundle.golden)
    assert made.metrics["parity_torch_onnx"] <= 1e-4
    assert (bundle.calibrator.probability(0.0) is None) == (kind == "autoencoder")


def test_sequences_of_a_bundle(trained: tuple[Trained, Path], kind: Kind) -> None:
    """The sampled windows are there, with their labels, and score like logins."""
    made, path = trained
    frame = pl.read_parquet(path / "sequences.parquet")
    assert frame.columns == ["label", "window"]
    from authrisk.features.catalogue import STEPS, F

    found = np.array(frame["window"].to_list(), np.float32).reshape(-1, STEPS, F)
    assert (found[:, -1, 0] == 1.0).all()
    assert np.isfinite(made.bundle.model.score(found)[0]).all()
    assert set(frame["label"]) <= ({0, 1} if kind == "supervised" else {0})


def test_too_little(cases: Cases, tmp_path: Path) -> None:
    """Too few logins, or no attacks for the supervised model, are refused before any work."""
    settings = TrainSettings(name="x")
    few = injected_cases(
        cases.events.filter(pl.col("event_id").str.starts_with("e")).head(50), 1, 0.3
    )
    with pytest.raises(InputError, match="too few"):
        train(few, "autoencoder", tmp_path / "few", settings)
    none = legitimate_cases(cases.events.head(4000))
    with pytest.raises(InputError, match="attacks"):
        train(none, "supervised", tmp_path / "none", settings)
    assert not list(tmp_path.iterdir())


def test_replacing_deletes_nothing_but_a_bundle(tmp_path: Path) -> None:
    """`replace` refuses a directory that holds anything else, and leaves it as it is."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("hi")
    files = dict.fromkeys(FILES, b"")
    with pytest.raises(InputError, match="is no bundle"):
        write_bundle(precious, manifest={}, files=files, replace=True)
    assert (precious / "thesis.txt").read_text() == "hi"


def test_golden_cases_name_nobody(trained: tuple[Trained, Path]) -> None:
    """No address, agent, place or time of the training data is in a golden case."""
    _, path = trained
    text = (path / "golden.json").read_text()
    bundle = load_bundle(path)
    for case in bundle.golden:
        for event in (*case.past, case.login):
            assert event.src_ip is None or event.src_ip.startswith(("10.", "no address"))
            assert event.user_agent is None or event.user_agent.startswith("user_agent-")
            assert event.timestamp.year in range(1999, 2003)
    assert "Mozilla" not in text
