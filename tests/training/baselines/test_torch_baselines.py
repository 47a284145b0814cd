"""The baselines that need torch: the contract, better than chance, no leak."""

from __future__ import annotations

import pytest
import torch
from tests.evaluation.baselines.conftest import area

from authrisk.evaluation.metrics import auc
from authrisk.evaluation.problem import Contender, Problem, Scores
from authrisk.testing.contender import check_contender, with_shuffled_labels
from authrisk.training.baselines import TORCH_BASELINES
from authrisk.training.baselines.last_login import LastLogin
from authrisk.training.baselines.minibatch import seeded


@pytest.fixture(scope="session", params=TORCH_BASELINES, ids=lambda contender: contender.name)
def scores(request: pytest.FixtureRequest, problem: Problem) -> Scores:
    contender: Contender = request.param
    return check_contender(contender, problem)


def test_every_baseline_beats_chance(scores: Scores, problem: Problem) -> None:
    """Another user's login is told from one's own; the contract holds."""
    assert area(problem, scores, "T1") > 0.65


def test_no_baseline_tells_a_copy(scores: Scores, problem: Problem) -> None:
    """T5 is a copy of its victim's login: who tells it has found a leak."""
    assert area(problem, scores, "T5") == pytest.approx(0.5, abs=0.07)


def test_shuffled_labels_teach_nothing(problem: Problem) -> None:
    """With labels dealt at random, attacks and legitimate logins score alike."""
    shuffled = with_shuffled_labels(problem, seed=2)
    found = LastLogin().scores(shuffled, 1)
    asked = shuffled.asked
    assert auc(found[asked & shuffled.legitimate], found[asked & shuffled.attack]) == pytest.approx(
        0.5, abs=0.04
    )


def test_seeded_draws_leave_torch_as_it_was() -> None:
    """A baseline changes neither the threads nor the draws of what runs after it."""
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    with seeded(1):
        first = torch.rand(3)
    with seeded(1):
        assert torch.equal(torch.rand(3), first)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.rand(3), expected)
