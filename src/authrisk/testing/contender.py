"""The contract of a contender, as a check that any baseline or model can be put through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from authrisk.evaluation.periods import Mask
from authrisk.evaluation.problem import Contender, Problem, Scores
from authrisk.features.coded import USER

_MIX = np.int64(0x2545F4914F6CDD1D)


def check_contender(contender: Contender, problem: Problem, seed: int = 1) -> Scores:
    """Put a contender through its contract; AssertionError names the promise that it breaks.

    - scores are (N,) float64, finite in the calibration period and where it is asked;
    - the problem is left as it is;
    - the same seed gives the same scores, to the last bit;
    - labels outside training and validation change nothing (nor, for one that says `calibrated`,
      those outside the calibration period);
    - features of the late period change no earlier score;
    - other names for the same users change nothing;
    - an unsupervised contender learns nothing from the attacks of training and validation.

    Answers the scores. Takes two runs, and some more to find out what a faulty one looked at.
    """
    features = problem.features.copy()
    scores = contender.scores(problem, seed)
    n = len(problem.timeline)
    assert scores.shape == (n,), f"scores have the shape {scores.shape}, not ({n},)"
    assert scores.dtype == np.float64, f"scores are {scores.dtype}, not float64"
    due = problem.periods.calibration | problem.asked
    assert np.isfinite(scores[due]).all(), "a score that is due is not finite"
    assert np.array_equal(problem.features, features), "the features that were given are changed"
    earlier = due & ~problem.periods.late
    changed = problem
    for change in _changes(contender).values():
        changed = change(changed)
    if _same(contender.scores(changed, seed), scores, earlier):
        return scores
    assert _same(contender.scores(problem, seed), scores, due), "the same seed scores otherwise"
    for looked_at, change in _changes(contender).items():
        again = contender.scores(change(problem), seed)
        assert _same(again, scores, earlier), f"it looks at {looked_at}"
    raise AssertionError("it looks at what it may not, when several things change at once")


def _changes(contender: Contender) -> dict[str, Callable[[Problem], Problem]]:
    changes: dict[str, Callable[[Problem], Problem]] = {
        "labels outside training and validation": (
            with_other_labels_to_come if not calibrated(contender) else with_other_labels_asked
        ),
        "features of the future": with_another_future,
        "the names of users": with_other_names,
    }
    if not contender.supervised:
        changes["attacks, unsupervised"] = without_attacks_to_learn_from
    return changes


def calibrated(contender: Contender) -> bool:
    """Whether it may know which logins of the calibration period are legitimate."""
    return bool(getattr(contender, "calibrated", False))


def with_other_labels_to_come(problem: Problem) -> Problem:
    """Legitimate and attack exchanged in every period but training and validation."""
    return _exchanged(problem, ~_learned(problem))


def with_other_labels_asked(problem: Problem) -> Problem:
    """Legitimate and attack exchanged where it is asked."""
    return _exchanged(problem, problem.periods.asked)


def _exchanged(problem: Problem, later: Mask) -> Problem:
    return replace(
        problem,
        legitimate=np.where(later, problem.attack, problem.legitimate),
        attack=np.where(later, problem.legitimate, problem.attack),
        tier=np.where(later, "T4", problem.tier),
    )


def with_another_future(problem: Problem) -> Problem:
    """The features of the late period in another order."""
    features = problem.features.copy()
    late = np.flatnonzero(problem.periods.late)
    features[late] = features[np.random.default_rng(1).permutation(late)]
    return replace(problem, features=features)


def with_other_names(problem: Problem) -> Problem:
    """Every user's code is another one."""
    ints = problem.timeline.ints.copy()
    known = ints[:, USER] != 0
    with np.errstate(over="ignore"):
        ints[known, USER] = ints[known, USER] * _MIX
        owner = problem.owner * _MIX
    return replace(problem, timeline=replace(problem.timeline, ints=ints), owner=owner)


def without_attacks_to_learn_from(problem: Problem) -> Problem:
    """Training and validation without their attacks."""
    return replace(problem, attack=problem.attack & ~_learned(problem))


def with_shuffled_labels(problem: Problem, seed: int) -> Problem:
    """Labels and tiers dealt anew among all logins that have one: there is nothing to learn."""
    judged = np.flatnonzero(problem.legitimate | problem.attack)
    source = np.arange(len(problem.timeline))
    source[judged] = np.random.default_rng(seed).permutation(judged)
    return replace(
        problem,
        legitimate=problem.legitimate[source],
        attack=problem.attack[source],
        tier=problem.tier[source],
    )


def _learned(problem: Problem) -> Mask:
    return problem.periods.train | problem.periods.validation


def _same(some: Scores, others: Scores, where: Mask) -> bool:
    return np.array_equal(some[where], others[where])
