"""A mean of trainings is a contender like any other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from authrisk.evaluation.averaged import Averaged
from authrisk.evaluation.cases import injected_cases
from authrisk.evaluation.comparison import Comparison, Job
from authrisk.evaluation.fused import STEEPEST, WEIGHT, Fused, fit_together
from authrisk.evaluation.problem import Problem, Scores, pose
from authrisk.features.catalogue import column
from authrisk.testing.contender import check_contender


@dataclass(frozen=True)
class Seeded:
    """The number of new fields, each seed with a noise of its own and its own count of T1."""

    name: str = "one"
    supervised: bool = True

    def scores(self, problem: Problem, seed: int) -> Scores:
        noise = np.random.default_rng(seed).random(len(problem.timeline))
        novelty = problem.features[:, column("novelty")].astype(np.float64)
        return novelty + noise + (problem.tier[problem.fit] == "T1").sum()


ONE = Seeded()
THREE = Averaged("three", ONE, 3)


@pytest.fixture(scope="module")
def problem(events: pl.DataFrame) -> Problem:
    return pose(injected_cases(events[:6_000], 1, 0.5, ("T1", "T2", "T5")), 1)


def test_it_keeps_the_contract(problem: Problem) -> None:
    """Alone it trains the other with as many seeds as it spans, and may see labels if that may."""
    found = check_contender(THREE, problem)
    assert found == pytest.approx(np.mean([ONE.scores(problem, s) for s in (1, 2, 3)], axis=0))
    assert not Averaged("blind", Seeded(supervised=False), 2).supervised


def test_either_keeps_the_contract(problem: Problem, tmp_path: Path) -> None:
    """Contenders who judge together are a contender; in a comparison none is trained again, and
    who sees no labels is the same with a tier left out."""
    blind = Seeded("blind", supervised=False)
    both = Fused("both", ONE, blind)
    assert both.supervised
    found = check_contender(both, problem)
    parts = [ONE.scores(problem, 1), blind.scores(problem, 1)]
    assert found == pytest.approx(both.together(problem, parts))
    beside = Comparison(problem, (ONE, blind, both), ("both",), tmp_path, (1, 2), (1,), 10)
    assert {job.contender for job in beside.jobs()} == {"one", "blind"}
    parts = [beside.scores(Job("one", 1, "T1")), beside.scores(Job("blind", 1))]
    assert np.array_equal(beside.scores(Job("both", 1, "T1")), both.together(problem, parts))


def test_the_net_holds_what_the_sum_lets_through() -> None:
    """Among legitimate logins the second alone decides little, the less the greater the margin;
    what only it finds strange is found all the same."""
    rng = np.random.default_rng(5)
    first, second = rng.gumbel(0.0, 1.5, 200_000), rng.gumbel(20.0, 6.0, 200_000)
    shares = []
    for margin in (0.0, 2.0, 6.0):
        map_ = fit_together(first, second, margin)
        raw = map_.of(first, second)
        assert (raw >= first + WEIGHT * second).all()
        other = map_.scale * second + map_.shift
        challenged = raw >= np.quantile(raw, 0.99)
        shares.append((other > first + WEIGHT * second)[challenged].mean())
        strange = map_.of(np.array([-9.0]), np.array([3 * second.max()]))
        assert strange > raw.max()
    assert 0.15 > shares[0] > shares[1] >= shares[2]


@pytest.mark.parametrize("step", [0.0, 1e-9, 1e-3])
def test_equal_scores_give_no_steep_line(step: float) -> None:
    """Where the second tells legitimate logins hardly apart, its say stays bounded."""
    first = np.linspace(-5.0, 2.0, 300)
    second = np.full(300, 40.0)
    second[-3:] += step
    map_ = fit_together(first, second)
    assert 0.0 <= map_.scale <= STEEPEST
    assert (map_.of(first, second) <= first + WEIGHT * second + 1.0).all()


def test_a_comparison_averages_what_it_keeps(problem: Problem, tmp_path: Path) -> None:
    """Beside the other nothing is trained again, with a tier left out neither; without the other
    it is trained as it is alone."""
    beside = Comparison(problem, (ONE, THREE), ("three",), tmp_path / "a", (1, 2, 3, 4), (1, 2), 10)
    assert {job.contender for job in beside.jobs()} == {"one"}
    job = Job("three", 3)
    assert not beside.is_done(job)
    parts = np.mean([beside.scores(Job("one", s)) for s in (3, 4, 1)], axis=0)
    assert beside.is_done(job)
    assert beside.scores(job) == pytest.approx(parts)
    without = np.mean([beside.scores(Job("one", s, "T1")) for s in (2, 1)], axis=0)
    assert beside.scores(Job("three", 2, "T1")) == pytest.approx(without)
    assert not np.allclose(without, beside.scores(Job("three", 2)))
    alone = Comparison(problem, (THREE,), ("three",), tmp_path / "b", (1,), (), 10)
    assert list(alone.jobs()) == [Job("three", 1)]
    assert alone.scores(Job("three", 1)) == pytest.approx(THREE.scores(problem, 1), rel=1e-5)
