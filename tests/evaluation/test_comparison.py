"""Comparison: work that is kept, tiers left out, nothing published from attacks that leak."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from authrisk.errors import AuthriskError, ScoringError
from authrisk.evaluation.cases import injected_cases
from authrisk.evaluation.comparison import Comparison, Job
from authrisk.evaluation.problem import Problem, pose
from authrisk.features.catalogue import column


@dataclass
class Novelty:
    """Scores by the number of new fields; the seed adds a little noise."""

    name: str
    supervised: bool = False
    asked: list[tuple[int, bool]] = field(default_factory=list)

    def scores(self, problem: Problem, seed: int) -> np.ndarray:
        self.asked.append((seed, bool((problem.tier[problem.fit] == "T1").any())))
        noise = np.random.default_rng(seed).random(len(problem.timeline))
        return problem.features[:, column("novelty")] + 0.1 * noise


@dataclass(frozen=True)
class Verdict:
    """An audit's."""

    passed: bool

    def told(self) -> list[str]:
        return ["the client tells"]


@pytest.fixture(scope="module")
def problem(events: pl.DataFrame) -> Problem:
    return pose(injected_cases(events, 1, 0.5, ("T1", "T2", "T5")), 1)


def test_an_interrupted_run_goes_on(problem: Problem, tmp_path: Path) -> None:
    """Each job is done once; a second run reads what the first one kept, and reports the same."""
    rule, model = Novelty("a rule"), Novelty("Model, 2nd", supervised=True)

    def comparison() -> Comparison:
        return Comparison(problem, (model, rule), ("Model, 2nd",), tmp_path, (1, 2), (1,), 20)

    jobs = list(comparison().jobs())
    assert {job.without for job in jobs if job.contender == rule.name} == {None}
    assert {job.without for job in jobs if job.contender == model.name} == {None, "T1", "T2"}
    first = comparison().report("here", Verdict(passed=True))
    assert sorted(model.asked) == [(1, False), (1, True), (1, True), (2, True)]
    assert all(comparison().is_done(job) for job in jobs)
    assert comparison().report("here", Verdict(passed=True)) == first
    assert len(model.asked) + len(rule.asked) == len(jobs)
    assert {(x.name, x.tier) for x in first.left_out} == {(model.name, t) for t in ("T1", "T2")}
    assert {d.second for d in first.differences} == {rule.name}


def test_attacks_that_leak_are_not_published(problem: Problem, tmp_path: Path) -> None:
    """When the audit failed there is no report, and the error says what tells."""
    comparison = Comparison(problem, (Novelty("x"),), ("x",), tmp_path, (1,))
    with pytest.raises(AuthriskError, match="the client tells"):
        comparison.report("here", Verdict(passed=False))


def test_scores_must_be_there(problem: Problem, tmp_path: Path) -> None:
    """A contender that leaves a login out is named, never measured on the rest."""

    class Lazy(Novelty):
        def scores(self, problem: Problem, seed: int) -> np.ndarray:
            return np.where(problem.periods.late, np.nan, super().scores(problem, seed))

    comparison = Comparison(problem, (Lazy("lazy"),), ("lazy",), tmp_path, (1,))
    with pytest.raises(ScoringError, match="lazy"):
        comparison.report("here")


def test_another_problem_has_other_scores(
    problem: Problem, events: pl.DataFrame, tmp_path: Path
) -> None:
    """Scores that are kept for one problem are not taken for another."""
    rule = Novelty("rule")
    other = pose(injected_cases(events, 2, 0.5, ("T1", "T2", "T5")), 1)
    for each in (problem, other):
        found = Comparison(each, (rule,), (), tmp_path, (1,)).scores(Job("rule", 1))
        assert found.size == len(each.timeline)
    assert len(rule.asked) == 2
