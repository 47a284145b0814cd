"""A small problem: consumers with injected attacks, among them copies that nobody can tell."""

from __future__ import annotations

import pytest

from authrisk.evaluation.cases import injected_cases
from authrisk.evaluation.metrics import auc
from authrisk.evaluation.problem import Problem, Scores, pose
from authrisk.simulate.profile import CONSUMER
from authrisk.simulate.world import simulate


@pytest.fixture(scope="session")
def problem() -> Problem:
    events = simulate(CONSUMER, users=2_500, seed=45, days=250).events
    return pose(injected_cases(events, 1, 0.5, ("T1", "T2", "T3", "T5", "T6")), seed=1)


def area(problem: Problem, scores: Scores, tier: str) -> float:
    """Probability that an attack of a tier scores above a legitimate login."""
    asked = problem.asked
    return auc(scores[asked & problem.legitimate], scores[asked & (problem.tier == tier)])
