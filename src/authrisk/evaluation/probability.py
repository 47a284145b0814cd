"""P(attack) at a stated prevalence: fitted on calibration logins, checked on measured ones.

Injected attacks are as many as were asked for, so counts say nothing of the prevalence: every
tier weighs alike and all attacks together weigh as much as the prevalence says. The mimic is left
out, it cannot be told by construction.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from authrisk.evaluation.asked import MIMIC
from authrisk.evaluation.intervals import Floats
from authrisk.evaluation.metrics import PREVALENCE
from authrisk.evaluation.periods import Mask
from authrisk.models.calibration import Platt

BINS = 15
EVEN = 0.5
"""The prevalence at which errors can be seen: at 1 in 10,000 saying `no attack` of everything
errs by 0.0001 only."""
_STEPS = 100


class Reliability(msgspec.Struct, frozen=True):
    """How far told probabilities are from observed shares, at one prevalence."""

    prevalence: float
    error: float
    """Expected calibration error over BINS bins of equal width."""
    brier: float
    told: tuple[float, ...]
    """Mean probability of each bin that holds logins."""
    observed: tuple[float, ...]
    """Share of attacks in it."""


def weigh(tier: npt.NDArray[np.str_], legitimate: Mask, prevalence: float) -> Floats:
    """Weights (n,) that sum to 1, the attacks to `prevalence`, every tier alike, mimics to 0."""
    weight = np.zeros(tier.size)
    weight[legitimate] = (1 - prevalence) / max(1, int(legitimate.sum()))
    names = [name for name in np.unique(tier[~legitimate]) if name != MIMIC]
    for name in names:
        mine = ~legitimate & (tier == name)
        weight[mine] = prevalence / len(names) / mine.sum()
    return weight


def fit_platt(
    raw: Floats, legitimate: Mask, tier: npt.NDArray[np.str_], prevalence: float = PREVALENCE
) -> Platt | None:
    """Logistic regression of the label on raw scores (n,), both classes weighing alike (Platt,
    1999), shifted to the prevalence; None without attacks or without legitimate logins.

    The slope never falls below 0: the probability rises with the score.
    """
    weight = weigh(tier, legitimate, EVEN)
    if not weight[legitimate].any() or not weight[~legitimate].any():
        return None
    center, spread = float(np.median(raw)), float(raw.std()) or 1.0
    x, y = (raw - center) / spread, (~legitimate).astype(np.float64)
    slope, intercept = 1.0, 0.0
    for _ in range(_STEPS):
        p = _sigmoid(slope * x + intercept)
        # A little ridge keeps the slope finite where a score separates the classes.
        gradient = np.array([weight @ ((p - y) * x) + 1e-6 * slope, weight @ (p - y)])
        curve = weight * p * (1 - p)
        hessian = np.array([[curve @ (x * x) + 1e-6, curve @ x], [curve @ x, curve.sum() + 1e-9]])
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 2.0 / float(np.abs(step).max()))
        slope, intercept = slope - float(step[0]), intercept - float(step[1])
        if np.abs(step).max() < 1e-9:
            break
    if slope <= 0:
        slope, intercept = 0.0, 0.0
    shift = np.log(prevalence / (1 - prevalence))
    return Platt(slope / spread, intercept - slope * center / spread + float(shift), prevalence)


def log_odds(platt: Platt, raw: Floats, prevalence: float) -> Floats:
    """The log-odds that a Platt fit gives raw scores (n,), at another prevalence."""
    shift = _logit(prevalence) - _logit(platt.prevalence)
    odds: Floats = platt.slope * raw + platt.intercept + shift
    return odds


def reliability(
    odds: Floats, legitimate: Mask, tier: npt.NDArray[np.str_], prevalence: float
) -> Reliability:
    """Compare log-odds (S, n), one row a training seed, with what the logins are."""
    weight = np.broadcast_to(weigh(tier, legitimate, prevalence), odds.shape)
    p = _sigmoid(odds)
    attack = np.broadcast_to((~legitimate).astype(np.float64), odds.shape)
    bins = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    seed = np.arange(len(odds))[:, None]
    at = (seed * BINS + bins).ravel()

    def sums(values: Floats) -> Floats:
        total = np.bincount(at, values.ravel(), len(odds) * BINS)
        return total.astype(np.float64).reshape(len(odds), BINS)

    mass, told, observed = sums(weight), sums(weight * p), sums(weight * attack)
    used = mass.sum(axis=0) > 0
    return Reliability(
        prevalence=prevalence,
        error=float(np.abs(told - observed).sum(axis=1).mean()),
        brier=float((weight * (p - attack) ** 2).sum(axis=1).mean()),
        told=tuple((told.sum(axis=0) / np.maximum(mass.sum(axis=0), 1e-300))[used].tolist()),
        observed=tuple(
            (observed.sum(axis=0) / np.maximum(mass.sum(axis=0), 1e-300))[used].tolist()
        ),
    )


def _sigmoid(z: Floats) -> Floats:
    out: Floats = 0.5 * (1.0 + np.tanh(0.5 * z))
    return out


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))
