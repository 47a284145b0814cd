"""Probability: told and observed shares, at a stated prevalence."""

from __future__ import annotations

import numpy as np
import pytest

from authrisk.evaluation.probability import EVEN, fit_platt, log_odds, reliability, weigh

N = 20_000


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Raw scores, legitimate, tier: two normal heaps, so the true log-odds are 2 x - 2."""
    rng = np.random.default_rng(5)
    tier = rng.choice(["", "T1", "T5"], N, p=[0.7, 0.2, 0.1])
    raw = rng.normal(np.where(tier == "T1", 2.0, 0.0), 1.0)
    return raw, tier == "", tier


def test_platt_finds_the_true_odds(drawn) -> None:
    """On heaps whose odds are known the fit finds them; the mimic does not bend it; another scale
    of the raw score changes nothing."""
    raw, legitimate, tier = drawn
    for factor in (1.0, 1_000.0):
        platt = fit_platt(raw * factor, legitimate, tier)
        assert platt is not None
        odds = log_odds(platt, raw * factor, EVEN)
        assert np.abs(odds - (2 * raw - 2)).max() < 0.6
        assert reliability(odds[None], legitimate, tier, EVEN).error < 0.02


def test_the_probability_never_falls(drawn) -> None:
    """A score that is upside down gets no slope; one class alone gets no fit."""
    raw, legitimate, tier = drawn
    upside_down = fit_platt(-raw, legitimate, tier)
    assert upside_down is not None
    assert upside_down.slope == 0
    assert fit_platt(raw, np.ones(N, np.bool_), np.full(N, "")) is None


def test_attacks_weigh_what_the_prevalence_says(drawn) -> None:
    """All weights sum to 1, those of the attacks to the prevalence; a copy weighs nothing."""
    _, legitimate, tier = drawn
    weight = weigh(tier, legitimate, 1e-4)
    assert weight.sum() == pytest.approx(1.0)
    assert weight[~legitimate].sum() == pytest.approx(1e-4)
    assert not weight[tier == "T5"].any()


def test_errors_that_are_known(drawn) -> None:
    """Saying an even chance of everything has no calibration error and a Brier score of 1/4;
    being sure of an attack always is wrong half of the time."""
    _, legitimate, tier = drawn
    unsure = reliability(np.zeros((2, N)), legitimate, tier, EVEN)
    assert (unsure.error, unsure.brier) == pytest.approx((0.0, 0.25))
    sure = reliability(np.full((1, N), 50.0), legitimate, tier, EVEN)
    assert (sure.error, sure.brier) == pytest.approx((0.5, 0.5))
