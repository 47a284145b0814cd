"""How well scores tell attacks from legitimate logins, at the rates at which people are asked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.floating]


def threshold_at(legitimate: Scores, rate: float) -> float:
    """The lowest score such that at most `rate` of the legitimate logins lie above it.

    >>> threshold_at(np.arange(100.0), 0.05)
    94.0
    """
    if not legitimate.size:
        return float("nan")
    ordered = np.sort(legitimate)
    return float(ordered[max(0, int(np.ceil((1 - rate) * ordered.size)) - 1)])


def recall_at(legitimate: Scores, attacks: Scores, rate: float) -> float:
    """Share of attacks that score above the threshold of a false-positive rate; NaN for none."""
    if not attacks.size or not legitimate.size:
        return float("nan")
    return float((attacks > threshold_at(legitimate, rate)).mean())


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
    """95 % interval of `recall_at` with the threshold held, attacks resampled by victim."""
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
