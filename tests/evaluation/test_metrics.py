"""Metrics on examples that can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from authrisk.evaluation.metrics import (
    auc,
    bootstrap_recall,
    realised_rate,
    recall_at,
    threshold_at,
)

SCORES = arrays.arrays(np.float64, st.integers(1, 60), elements=st.integers(-5, 5).map(float))
LAW = settings(max_examples=50, derandomize=True)
NONE = np.empty(0)


def test_thresholds() -> None:
    """Of 0..99 five lie above 94, one above 98, none above 99."""
    scores = np.random.default_rng(1).permutation(100).astype(float)
    assert [threshold_at(scores, rate) for rate in (0.05, 0.01, 0.0)] == [94.0, 98.0, 99.0]


@LAW
@given(SCORES, st.sampled_from((0.001, 0.01, 0.1, 0.5)))
def test_no_more_than_the_rate_lie_above(scores: np.ndarray, rate: float) -> None:
    """The threshold is the lowest score above which at most the rate lies, ties and all."""
    threshold = threshold_at(scores, rate)
    assert (scores > threshold).mean() <= rate + 1e-12
    lower = scores[scores < threshold]
    if lower.size:
        assert (scores > lower.max()).mean() > rate - 1e-12


def test_recall() -> None:
    """Attacks above the threshold count, those at it do not."""
    legitimate = np.arange(100.0)
    assert recall_at(legitimate, np.array([94.0, 94.5, 95.0, 200.0]), 0.05) == 0.75
    assert recall_at(np.zeros(100), np.zeros(9), 0.01) == 0.0


@LAW
@given(SCORES, SCORES)
def test_auc_is_the_share_of_pairs(legitimate: np.ndarray, attacks: np.ndarray) -> None:
    """The area is the share of pairs in the right order, ties counted half."""
    above = attacks[:, None] > legitimate[None, :]
    ties = attacks[:, None] == legitimate[None, :]
    expected = (above + ties / 2).mean()
    assert auc(legitimate, attacks) == pytest.approx(expected)
    assert auc(attacks, legitimate) == pytest.approx(1 - expected)


def test_realised_rate() -> None:
    """A login at the threshold is challenged."""
    assert realised_rate(np.array([0.1, 0.5, 0.7, 0.2]), 0.5) == 0.5


def test_nothing_is_no_number() -> None:
    """Without logins or without attacks there is no figure, never 0 or 1."""
    some = np.ones(3)
    for value in (
        threshold_at(NONE, 0.1), recall_at(NONE, some, 0.1), recall_at(some, NONE, 0.1),
        realised_rate(NONE, 0.5), auc(NONE, some), auc(some, NONE),
        *bootstrap_recall(some, NONE, NONE.astype(np.int64), 0.1),
    ):  # fmt: skip
        assert math.isnan(value)


def test_intervals_are_clustered_by_victim() -> None:
    """A hundred attacks on one victim say as little as one: the interval of many victims is
    narrow, that of two is wide; both hold the recall."""
    rng = np.random.default_rng(2)
    legitimate = rng.normal(size=1_000)
    attacks = np.where(np.arange(200) < 100, 9.0, -9.0)
    many = bootstrap_recall(legitimate, attacks, np.arange(200), 0.01)
    two = bootstrap_recall(legitimate, attacks, np.repeat([1, 2], 100), 0.01)
    assert two == (0.0, 1.0)
    assert 0.4 < many[0] < 0.5 < many[1] < 0.6
    assert bootstrap_recall(legitimate, attacks, np.arange(200), 0.01) == many
