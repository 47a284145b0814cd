"""Intervals: users are the unit, seeds are drawn too, differences are paired."""

from __future__ import annotations

import numpy as np
import pytest

from authrisk.evaluation.intervals import estimate, resample


def test_sums_are_of_the_logins_drawn() -> None:
    """A round's sum counts each login as often as its user is drawn; the first is the plain sum."""
    rng = np.random.default_rng(1)
    owner, values = rng.integers(0, 40, 500), rng.normal(size=(2, 500))
    resamples = resample(owner, rounds=7)
    times = resamples.weights[resamples.member].astype(float)  # (n, 1 + B)
    assert resamples.sums(values) == pytest.approx(times.T @ values.T)
    assert resamples.sums(values)[0] == pytest.approx(values.sum(axis=1))


def test_a_user_counts_once_on_average() -> None:
    """Users are drawn Poisson(1) times: mean and variance 1."""
    weights = resample(np.arange(5_000), rounds=100).weights[:, 1:].astype(float)
    assert weights.mean() == pytest.approx(1.0, abs=0.01)
    assert weights.var() == pytest.approx(1.0, abs=0.02)


def test_intervals_hold_what_they_say() -> None:
    """Of 200 samples of clustered logins some 95 % of the intervals hold the truth; taking logins
    for independent would hold it far less often."""
    rng = np.random.default_rng(2)
    owner = np.repeat(np.arange(80), 25)
    everyone = np.ones(owner.size, np.bool_)
    held = {"user": 0, "login": 0}
    for trial in range(200):
        hit = np.repeat(rng.random(80) < 0.3, 25)  # a user's logins are hit together
        for by, unit in ((owner, "user"), (np.arange(owner.size), "login")):
            figure = estimate(resample(by, rounds=100, seed=trial).rate(hit[None], everyone))
            assert figure is not None
            held[unit] += figure.holds(0.3)
    assert 0.88 <= held["user"] / 200 <= 0.99
    assert held["login"] / 200 < 0.6


def test_seeds_spread_the_interval() -> None:
    """Trainings that disagree widen the interval as their mean's own error does."""
    owner = np.arange(4_000)
    everyone = np.ones(owner.size, np.bool_)
    rates = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    hits = owner / owner.size < rates[:, None]
    values = resample(owner, seeds=5, rounds=4_000).rate(hits, everyone)
    assert values[0] == pytest.approx(0.3, abs=1e-3)
    assert values[1:].std() == pytest.approx(rates.std(ddof=1) / np.sqrt(5), rel=0.1)


def test_no_logins_no_figure() -> None:
    """A share of nothing is no figure."""
    nobody = np.zeros(3, np.bool_)
    assert estimate(resample(np.arange(3), rounds=3).rate(nobody[None], nobody)) is None
