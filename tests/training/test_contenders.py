"""Our networks as contenders, and what the whole model is made of."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from authrisk.evaluation.cases import Cases
from authrisk.evaluation.fused import SMOOTH, WEIGHT, Together
from authrisk.evaluation.problem import Problem, pose
from authrisk.features.catalogue import FEATURES, F
from authrisk.testing.contender import check_contender
from authrisk.testing.model import random_windows
from authrisk.training.contenders import LstmContender
from authrisk.training.ensemble import Fused, fit_model, new_network
from authrisk.training.fit import FitSettings, Fitted, Network, fit
from authrisk.training.prepare import Kind, Prepared, prepare_problem
from authrisk.training.supervised import SupervisedLstm


@pytest.fixture(scope="module")
def problem(cases: Cases) -> Problem:
    return pose(cases, 1)


def test_a_network_keeps_the_contract_of_contenders(problem: Problem, kind: Kind) -> None:
    """It looks at no label to come, no later login and no name, and a seed fixes it."""
    check_contender(LstmContender("one", kind, FitSettings(epochs=1)), problem)


def test_tiers_weigh_what_is_said(problem: Problem) -> None:
    """All attacks of a tier together weigh as is said, however many they are."""
    said = {"T1": 1.5, "T3": 0.5}
    prepared = prepare_problem(problem, "supervised", tier_weights=said)
    judged, tier = prepared.train, prepared.problem.tier
    sums = {name: judged.weight[tier[judged.event] == name].sum() for name in ("T1", "T3", "T6")}
    assert sums["T3"] / sums["T1"] == pytest.approx(0.5 / 1.5, 1e-4)
    assert sums["T6"] / sums["T1"] == pytest.approx(1.0 / 1.5, 1e-4)


@pytest.mark.parametrize("kind", ["supervised"], indirect=True)
def test_untrained_columns_have_no_say(fitted: tuple[Network, Fitted]) -> None:
    """Columns that never varied in training change no score, whatever comes in them."""
    trained, _ = fitted
    torch.manual_seed(4)
    known = torch.ones(F)
    blind = [i for i, f in enumerate(FEATURES) if f.group == "rtt" and f.scope != "relation"]
    known[blind] = 0.0
    knots = torch.linspace(-1, 1, 11).expand(trained.edges.shape[0], 11)
    network = SupervisedLstm(known, knots).eval()
    found = torch.from_numpy(random_windows(50, seed=3))
    others = found.clone()
    others[..., blind] = 3.0
    others[:, :-1, [i for i, f in enumerate(FEATURES) if f.name.startswith("rtt_")
                    and f.scope == "relation"]] = 1.0  # fmt: skip
    with torch.no_grad():
        assert torch.equal(network(found)[0], network(others)[0])
        plain = SupervisedLstm(torch.ones(F), knots).eval()
        assert not torch.equal(plain(found)[0], plain(others)[0])


@pytest.mark.parametrize("kind", ["supervised"], indirect=True)
def test_an_autoencoder_judges_with_the_network(prepared: Prepared, tmp_path: Path) -> None:
    """The model's log-odds are as the comparison puts them together; a part is
    that of the sum or of the autoencoder, whichever decides."""
    settings = FitSettings(seed=3, epochs=1, with_autoencoder=True, net_margin=0.0)
    fitted, _ = fit_model("supervised", prepared, settings, tmp_path, lambda _: None)
    assert isinstance(fitted, Fused)
    own = fitted.supervised(torch.from_numpy(random_windows(50, seed=3)))[0].detach().numpy()
    bits = fitted.autoencoder(torch.from_numpy(random_windows(50, seed=3)))[0].detach().numpy()
    # In the middle of these logins, so that either decides some.
    shift = float(np.median(own + (WEIGHT - 1.0) * bits))
    together = Together(1.0, shift)
    model = Fused(fitted.supervised, fitted.autoencoder, together).eval()
    found = torch.from_numpy(random_windows(50, seed=3))
    with torch.no_grad():
        raw, parts = model(found)
        own, own_parts = model.supervised(found)
        bits, bit_parts = model.autoencoder(found)
    assert np.allclose(raw, together.of(own.numpy(), bits.numpy()), atol=1e-4)
    gap = own + WEIGHT * bits - (model.scale * bits + model.shift)
    mine, theirs = gap > SMOOTH, gap < -SMOOTH
    assert mine.any()
    summed = own_parts + WEIGHT / math.log(2) * bit_parts
    assert np.allclose(parts[mine], summed[mine], atol=1e-4)
    assert theirs.any()
    assert np.allclose(parts[theirs], model.scale / math.log(2) * bit_parts[theirs], atol=1e-4)


def test_few_logins_get_more_passes(prepared: Prepared, kind: Kind, tmp_path: Path) -> None:
    """Where an epoch has few batches there are as many epochs as give the least number."""
    network = new_network(kind, prepared)
    once = FitSettings(seed=3, epochs=1)
    said: list[int] = []
    fit(
        network,
        prepared.train,
        prepared.validation,
        once,
        tmp_path / "a",
        lambda p: said.append(p.epochs),
    )
    more = replace(once, least_steps=len(said) + 1)
    epochs: set[int] = set()
    network = new_network(kind, prepared)
    fit(
        network,
        prepared.train,
        prepared.validation,
        more,
        tmp_path / "b",
        lambda p: epochs.add(p.epochs),
    )
    assert set(said) == {1}
    assert epochs == {2}
