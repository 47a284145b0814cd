"""The contract of contenders catches who looks at what it may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from authrisk.evaluation.problem import Problem, Scores
from authrisk.features.coded import USER
from authrisk.testing.contender import check_contender


@dataclass(frozen=True)
class Faulty:
    """A contender of one function."""

    score: Callable[[Problem, int], Scores]
    supervised: bool = True
    name: str = "faulty"

    def scores(self, problem: Problem, seed: int) -> Scores:
        return self.score(problem, seed).astype(np.float64)


def _gappy(problem: Problem, seed: int) -> Scores:
    return np.where(problem.asked, 1.0, np.nan)


def _moody(problem: Problem, seed: int) -> Scores:
    return np.random.default_rng().random(len(problem.timeline))


def _cheating(problem: Problem, seed: int) -> Scores:
    return problem.attack


def _prophetic(problem: Problem, seed: int) -> Scores:
    return np.full(len(problem.timeline), problem.features[problem.periods.late, :50][:9].sum())


def _personal(problem: Problem, seed: int) -> Scores:
    return problem.timeline.ints[:, USER]


def _taught(problem: Problem, seed: int) -> Scores:
    return np.full(len(problem.timeline), problem.attack[problem.fit].sum())


@pytest.mark.parametrize(
    ("contender", "promise"),
    [
        (Faulty(_gappy), "not finite"),
        (Faulty(_moody), "the same seed scores otherwise"),
        (Faulty(_cheating), "labels outside training and validation"),
        (Faulty(_prophetic), "features of the future"),
        (Faulty(_personal), "the names of users"),
        (Faulty(_taught, supervised=False), "attacks, unsupervised"),
    ],
    ids=["gappy", "moody", "cheating", "prophetic", "personal", "taught"],
)
def test_a_faulty_contender_is_told_what_it_did(
    contender: Faulty, promise: str, problem: Problem
) -> None:
    """Each broken promise is named."""
    with pytest.raises(AssertionError, match=promise):
        check_contender(contender, problem)


def test_a_supervised_contender_may_learn_from_attacks(problem: Problem) -> None:
    """What training and validation say is for the supervised to use."""
    check_contender(Faulty(_taught), problem)
