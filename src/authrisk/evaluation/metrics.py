"""How well scores tell attacks from legitimate logins, at the rates at which people are asked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.floating]

RATES = (0.01, 0.001)
"""False-positive rates at which recall is told: levels medium and high of riskScore."""
RECALLS = (0.90, 0.95, 0.99)
"""Recalls at which the share of challenged legitimate logins is told."""
PREVALENCE = 1e-4
"""Share of attacks among logins at which precision and probability are stated."""


def threshold_at(legitimate: Scores, rate: float) -> float:
    """The lowest score such that at most `rate` of the legitimate logins lie above it.

    >>> threshold_at(np.arange(100.0), 0.05)
    94.0
    """
    if not legitimate.size:
        return float("nan")
    return float(np.sort(legitimate)[_rank_at(legitimate.size, rate)])


def recall_at(legitimate: Scores, attacks: Scores, rate: float) -> float:
    """Share of attacks that score above the threshold of a false-positive rate; NaN for none."""
    if not attacks.size or not legitimate.size:
        return float("nan")
    return float((attacks > threshold_at(legitimate, rate)).mean())


def recall_curve(
    legitimate: Scores, attacks: Scores, rates: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """`recall_at` for many rates (R,) at once; NaN for none.

    >>> recall_curve(np.arange(100.0), np.array([94.5, 98.5]), np.array([0.01, 0.05])).tolist()
    [0.5, 1.0]
    """
    if not attacks.size or not legitimate.size:
        return np.full(rates.size, np.nan)
    ordered, fakes = np.sort(legitimate), np.sort(attacks)
    thresholds = ordered[[_rank_at(ordered.size, float(rate)) for rate in rates]]
    below = np.searchsorted(fakes, thresholds, side="right")
    out: npt.NDArray[np.float64] = 1.0 - below / fakes.size
    return out


def score_reached_by(attacks: Scores, recall: float) -> float:
    """The highest score that at least this share of the attacks reaches; NaN for none.

    >>> score_reached_by(np.arange(10.0), 0.9)
    1.0
    """
    if not attacks.size:
        return float("nan")
    ordered = np.sort(attacks)[::-1]
    return float(ordered[max(0, int(np.ceil(recall * ordered.size - 1e-9)) - 1)])


def reauthentication_rate(legitimate: Scores, attacks: Scores, recall: float) -> float:
    """Share of legitimate logins that are challenged where `recall` of the attacks are.

    >>> reauthentication_rate(np.arange(10.0), np.arange(5.0, 15.0), 0.9)
    0.4
    """
    if not attacks.size or not legitimate.size:
        return float("nan")
    return float((legitimate >= score_reached_by(attacks, recall)).mean())


def average_precision(legitimate: Scores, attacks: Scores, prevalence: float = PREVALENCE) -> float:
    """Area under the precision-recall steps, as if `prevalence` of the logins were attacks.

    >>> round(average_precision(np.zeros(10), np.ones(10)), 6)
    1.0
    >>> average_precision(np.zeros(10), np.zeros(10), 0.25)
    0.25
    """
    if not attacks.size or not legitimate.size:
        return float("nan")
    levels, found = np.unique(-attacks, return_counts=True)
    recall = np.cumsum(found) / attacks.size
    ordered = np.sort(-legitimate)
    false = np.searchsorted(ordered, levels, side="right") / ordered.size
    hits = prevalence * recall
    precision = hits / (hits + (1 - prevalence) * false)
    return float(np.sum(found * precision) / attacks.size)


def realised_rate(risk: Scores, threshold: float) -> float:
    """Share of logins with a riskScore of at least the threshold."""
    return float((risk >= threshold).mean()) if risk.size else float("nan")


def auc(legitimate: Scores, attacks: Scores) -> float:
    """Probability that an attack scores above a legitimate login, ties counted half.

    >>> auc(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    0.875
    """
    if not attacks.size or not legitimate.size:
        return float("nan")
    ordered = np.sort(legitimate)
    below = np.searchsorted(ordered, attacks, side="left")
    upto = np.searchsorted(ordered, attacks, side="right")
    return float((below + upto).mean() / (2 * ordered.size))


def bootstrap_recall(
    legitimate: Scores,
    attacks: Scores,
    victims: npt.NDArray[np.int64],
    rate: float,
    *,
    seed: int = 0,
    rounds: int = 200,
) -> tuple[float, float]:
    """95 % interval of `recall_at` with the threshold held, attacks resampled by victim.

    `ranking.rank` resamples the legitimate logins too; this is the quick look.
    """
    if not attacks.size:
        return float("nan"), float("nan")
    hit = (attacks > threshold_at(legitimate, rate)).astype(np.float64)
    users, member = np.unique(victims, return_inverse=True)
    hits = np.bincount(member, hit)
    sizes = np.bincount(member).astype(np.float64)
    picks = np.random.default_rng(seed).integers(0, users.size, (rounds, users.size))
    means = hits[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _rank_at(size: int, rate: float) -> int:
    """Index, in ascending order, of the threshold of a rate; the slack is for rounding."""
    return max(0, size - int(np.floor(rate * size + 1e-9)) - 1)
