"""The two networks: same answers in torch and ONNX, and a past that matters."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from authrisk.errors import BundleError
from authrisk.features.catalogue import (
    F_LOGIN,
    F_MOMENT,
    F_RELATION,
    FEATURES,
    GROUPS,
    STEPS,
    F,
)
from authrisk.features.timeline import previous_failure, previous_familiar, windows
from authrisk.models.onnx_model import OnnxModel
from authrisk.testing.model import check_model, random_windows
from authrisk.training.bench import REASONERS
from authrisk.training.export import PARITY, check_parity, to_onnx
from authrisk.training.fit import Fitted, Network
from authrisk.training.prepare import Kind, Prepared
from authrisk.training.supervised import FLOOD, SupervisedLstm

Fit = tuple[Network, Fitted]


@pytest.fixture(scope="module")
def exported(fitted: Fit) -> bytes:
    return to_onnx(fitted[0])


@pytest.fixture(scope="module")
def real_windows(prepared: Prepared) -> np.ndarray:
    """Windows of judged logins with a past of several logins."""
    timeline = prepared.timeline
    links = previous_familiar(timeline), previous_failure(timeline)
    depth = prepared.train.depth
    positions = prepared.train.event[depth >= 4][:300]
    return windows(
        timeline, positions, prepared.moments[positions], links,
        prepared.encoders, prepared.scalers,
    )  # fmt: skip


def score(network: Network, found: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return network(torch.from_numpy(found))[0].numpy()


def test_parity(fitted: Fit, exported: bytes, real_windows: np.ndarray) -> None:
    """torch and ONNX Runtime differ by at most 1e-4, on real windows and on random ones."""
    assert PARITY == 1e-4
    assert check_parity(fitted[0], exported, real_windows) <= 1e-4
    assert check_parity(fitted[0], exported, random_windows(64, seed=9)) <= 1e-3


def test_parity_is_checked(fitted: Fit, exported: bytes, kind: Kind, prepared: Prepared) -> None:
    """Other weights than the exported ones are noticed."""
    from authrisk.training.train import new_network

    torch.manual_seed(99)
    with pytest.raises(BundleError, match="differ"):
        check_parity(new_network(kind, prepared), exported, random_windows(64, seed=9))


def test_exported_models_keep_the_contract(exported: bytes) -> None:
    """A freshly trained model is a sequence model like the shipped ones."""
    check_model(OnnxModel(exported))


def test_the_past_matters(fitted: Fit, real_windows: np.ndarray) -> None:
    """The sequence is longer than one login in earnest: other logins before, or the same ones in
    another order, change the scores."""
    network, _ = fitted
    plain = score(network, real_windows)
    rng = np.random.default_rng(1)
    shuffled = real_windows.copy()
    for window in shuffled:
        filled = np.flatnonzero(window[:-1, 0])
        window[filled] = window[rng.permutation(filled)]
    moved = np.abs(score(network, shuffled) - plain)
    assert (moved > 1e-5).mean() > 0.5
    none = real_windows.copy()
    none[:, :-1] = 0.0
    assert (np.abs(score(network, none) - plain) > 1e-4).mean() > 0.9


def test_no_past_is_no_past_however_long(fitted: Fit) -> None:
    """Padding leaves the state at zero: a window without past scores as the login alone."""
    network, _ = fitted
    found = random_windows(20, seed=4)
    found[:, :-1] = 0.0
    with torch.no_grad():
        assert not any(s.any() for s in states_of(network, torch.from_numpy(found[:, :-1])))


def test_padding_in_front_changes_nothing(fitted: Fit) -> None:
    """A past of three logins gives the same state in a window of 4 and in one of 16."""
    network, _ = fitted
    found = torch.from_numpy(random_windows(20, seed=5))
    found[:, : STEPS - 4] = 0.0
    with torch.no_grad():
        long = states_of(network, found[:, :-1])
        short = states_of(network, found[:, STEPS - 4 : -1])
    for one, other in zip(long, short, strict=True):
        assert one[:, -1].numpy() == pytest.approx(other[:, -1].numpy(), abs=1e-6)


def states_of(network: Network, past: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """What the network keeps of a past, after each of its logins."""
    found = network.states(past)
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("kind", ["autoencoder"], indirect=True)
def test_the_autoencoder_does_not_see_what_it_predicts(fitted: Fit, kind: Kind) -> None:
    """The belief about a login is the same whatever the login is: only the past makes it."""
    network, _ = fitted
    found = torch.from_numpy(random_windows(20, seed=6))
    others = found.clone()
    others[:, -1] = torch.flip(found[:, -1], dims=(0,))
    with torch.no_grad():
        one = network.states(found[:, :-1])[:, -1]
        other = network.states(others[:, :-1])[:, -1]
        first = network.log_likelihoods(one, found[:, -1])[:, 0]
        second = network.log_likelihoods(other, others[:, -1])[:, 0]
    assert torch.equal(one, other)
    assert torch.equal(first, second)


@pytest.mark.parametrize("kind", ["autoencoder"], indirect=True)
def test_likelihoods_are_probabilities(fitted: Fit, kind: Kind) -> None:
    """Each field's classes share out a probability of one."""
    network, _ = fitted
    found = torch.from_numpy(random_windows(20, seed=7))
    with torch.no_grad():
        context = network.states(found[:, :-1])[:, -1]
        chances = network.log_likelihoods(context, found[:, -1]).exp().sum(-1)
    assert chances.numpy() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("kind", ["autoencoder"], indirect=True)
def test_autoencoder_parts_add_up(fitted: Fit, kind: Kind, real_windows: np.ndarray) -> None:
    """The raw score is the sum of its parts, none of them below 0."""
    with torch.no_grad():
        raw, parts = (t.numpy() for t in fitted[0](torch.from_numpy(real_windows)))
    assert parts.sum(axis=1) == pytest.approx(raw, rel=1e-5, abs=1e-5)
    assert (parts >= -1e-5).all()


@pytest.mark.parametrize("kind", ["supervised"], indirect=True)
def test_supervised_parts_are_what_groups_add(
    fitted: Fit, kind: Kind, real_windows: np.ndarray
) -> None:
    """A part is what the log-odds lose, in bits, when the group's columns are set to usual and the
    past says what it said; by the judges who are asked for reasons. The score is of all of them."""
    network, _ = fitted
    usual = torch.linspace(-1, 1, F)
    before, network.usual = network.usual, usual
    try:
        found = torch.from_numpy(real_windows)
        raw, parts = (t.detach().numpy() for t in network(found))
        past = found[:, :-1]
        states, given = network.states(past)
        context = network.context(
            states[:, -1], given[:, 1:], past[..., F - F_RELATION :], past[..., :1], found[:, -1]
        )
        each = said_by(network, context, real_windows[:, -1])
        told = each[:, :REASONERS].mean(axis=1)
        assert raw == pytest.approx(each.mean(axis=1), abs=1e-4)
        for g, group in enumerate(GROUPS):
            changed = real_windows.copy()
            columns = [f for f, feature in enumerate(FEATURES) if feature.group == group]
            changed[:, -1, columns] = usual[columns].numpy()
            again = said_by(network, context, changed[:, -1])[:, :REASONERS].mean(axis=1)
            expected = (told - again) / np.log(2)
            assert parts[:, g] == pytest.approx(expected, abs=1e-4), group
    finally:
        network.usual = before


def said_by(network: SupervisedLstm, context: torch.Tensor, login: np.ndarray) -> np.ndarray:
    """(M, J): the log-odds of each judge."""
    return network.judge(context, torch.from_numpy(login)).detach().numpy()


def test_columns_of_the_moment_are_read_for_the_login_only(fitted: Fit) -> None:
    """What stands in the moment's columns of past rows changes nothing."""
    found = random_windows(20, seed=8)
    others = found.copy()
    others[:, :-1, F_LOGIN : F_LOGIN + F_MOMENT] = 7.0
    assert np.array_equal(score(fitted[0], found), score(fitted[0], others))


@pytest.mark.parametrize("kind", ["supervised"], indirect=True)
def test_a_flood_of_failures_moves_the_logit_little(
    fitted: Fit, kind: Kind, real_windows: np.ndarray
) -> None:
    """Whatever stands in the columns of failed attempts, the log-odds move by 2 FLOOD at most."""
    columns = [f for f, feature in enumerate(FEATURES) if feature.group == "failures"]
    flooded = real_windows.copy()
    flooded[:, -1, columns] = 50.0
    moved = np.abs(score(fitted[0], flooded) - score(fitted[0], real_windows))
    assert moved.max() <= 2 * FLOOD + 1e-5
