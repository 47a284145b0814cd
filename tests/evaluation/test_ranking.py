"""Ranking: one walk gives what the metrics give, in every round of the bootstrap."""

from __future__ import annotations

import numpy as np
import pytest

from authrisk.evaluation.asked import Asked
from authrisk.evaluation.intervals import resample
from authrisk.evaluation.metrics import (
    RATES,
    RECALLS,
    auc,
    average_precision,
    reauthentication_rate,
    recall_at,
    recall_curve,
)
from authrisk.evaluation.ranking import descending, over_seeds, rank


def test_each_round_is_the_metric_of_the_logins_drawn(asked: Asked, scores: np.ndarray) -> None:
    """Repeating each user's logins as often as a round draws the user and asking the plain metric
    gives the figure of that round, ties and all; the first is that of the sample itself."""
    resamples = resample(asked.owner, rounds=12, seed=3)
    found = rank(asked, scores[0], descending(scores[0]), resamples)
    assert found.tiers == ("T1", "T6")
    for b in range(13):
        times = resamples.weights[resamples.member, b]
        legitimate = np.repeat(scores[0][asked.legitimate], times[asked.legitimate])
        for k, tier in enumerate(found.tiers):
            mine = asked.attacks(tier)
            attacks = np.repeat(scores[0][mine], times[mine])
            for r, rate in enumerate(RATES):
                assert found.recall[b, r, k] == pytest.approx(recall_at(legitimate, attacks, rate))
            for q, recall in enumerate(RECALLS):
                wanted = reauthentication_rate(legitimate, attacks, recall)
                assert found.challenged[b, q, k] == pytest.approx(wanted)
            assert found.auc[b, k] == pytest.approx(auc(legitimate, attacks))
            assert found.precision[b, k] == pytest.approx(average_precision(legitimate, attacks))


def test_some_of_the_logins(asked: Asked, scores: np.ndarray) -> None:
    """Among a slice the threshold is that of the slice's own legitimate logins, and a tier that is
    not there has no figure."""
    resamples = resample(asked.owner, rounds=2)
    order = descending(scores[0])
    few = asked.unseen & (asked.tier != "T6")
    found = rank(asked, scores[0], order[few[order]], resamples)
    legitimate, attacks = (scores[0][few & (asked.tier == name)] for name in ("", "T1"))
    assert found.recall[0, 0, 0] == pytest.approx(recall_at(legitimate, attacks, RATES[0]))
    assert np.isnan(found.recall[:, :, 1]).all()
    assert found.macro[0, 0] == found.recall[0, 0, 0]


def test_seeds_are_averaged(asked: Asked, scores: np.ndarray) -> None:
    """The figure over seeds is the mean of theirs."""
    resamples = resample(asked.owner, seeds=3, rounds=5)
    each = [rank(asked, s, descending(s), resamples) for s in scores]
    mean = over_seeds(each, resamples)
    assert mean.recall[0] == pytest.approx(np.mean([r.recall[0] for r in each], axis=0))


def test_nothing_is_better_than_perfect(asked: Asked) -> None:
    """Where every attack scores above every legitimate login each figure is 1 exactly, in every
    round and over any number of seeds."""
    perfect = (asked.tier != "").astype(np.float64)
    for seeds in (1, 6, 7, 11):
        resamples = resample(asked.owner, seeds=seeds, rounds=40)
        found = over_seeds(
            [rank(asked, perfect, descending(perfect), resamples)] * seeds, resamples
        )
        for figure in (found.recall, found.precision, found.auc, found.macro):
            assert (figure[np.isfinite(figure)] == 1.0).all()
        everyone = np.ones(asked.tier.size, np.bool_)
        assert (resamples.rate(np.ones((seeds, everyone.size), np.bool_), everyone) == 1.0).all()


def test_curves_are_recalls() -> None:
    """A curve is the recall at each of its rates."""
    rng = np.random.default_rng(1)
    legitimate, attacks = rng.normal(size=997).round(1), rng.normal(1, 1, 101).round(1)
    rates = np.array([0.0, 0.001, 0.01, 0.3, 1.0])
    wanted = [recall_at(legitimate, attacks, float(rate)) for rate in rates]
    assert recall_curve(legitimate, attacks, rates) == pytest.approx(np.array(wanted))
