"""From a model's raw score to riskScore: how rare is it among legitimate logins?

With p = the share of legitimate logins that score at least this high, surprise = -log10 p and
riskScore = min(1, surprise / 4): 0.5 is one in a hundred, 0.75 one in a thousand. Within the
held-out sample p is the conformal p-value; beyond it the exceedances over a high threshold are
taken as exponential (Pickands-Balkema-de Haan with shape 0).
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from authrisk.errors import BundleError, InputError

DECADES = 4.0
"""riskScore 1 is one legitimate login in 10**DECADES."""
MEDIUM, HIGH = 0.5, 0.75
"""Default bounds of the risk levels."""
TAIL = 50
"""Held-out logins whose exceedances fit the tail."""


class Platt(msgspec.Struct, frozen=True):
    """P(attack | raw) = 1 / (1 + exp(-(slope raw + intercept))) at a stated prevalence."""

    slope: float
    intercept: float
    prevalence: float

    def __post_init__(self) -> None:
        finite = math.isfinite(self.slope) and math.isfinite(self.intercept)
        if not finite or self.slope < 0 or not 0 < self.prevalence < 1:
            raise BundleError("the probability must rise with the score", where="calibration.json")


class Calibration(msgspec.Struct, frozen=True):
    """A monotone map from raw score to surprise, piecewise linear, with a linear tail."""

    raw: tuple[float, ...]
    """Knots, strictly ascending."""
    surprise: tuple[float, ...]
    """-log10 p at the knots, ascending from 0."""
    tail_slope: float
    """Surprise per unit of raw score beyond the last knot, > 0."""
    logins: int
    """Held-out legitimate logins that it was fitted on."""
    platt: Platt | None = None

    def __post_init__(self) -> None:
        raw, surprise = np.array(self.raw), np.array(self.surprise)
        good = (
            raw.size == surprise.size >= 2
            and np.isfinite(raw).all()
            and np.isfinite(surprise).all()
            and np.all(np.diff(raw) > 0)
            and np.all(np.diff(surprise) >= 0)
            and math.isfinite(self.tail_slope)
            and self.tail_slope > 0
            and surprise[0] >= 0
        )
        if not good:
            raise BundleError(
                "knots must be finite and ascending, the tail rising", where="calibration.json"
            )

    def arrays(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """raw and surprise knots as float64."""
        return np.array(self.raw), np.array(self.surprise)


class Calibrator:
    """A calibration ready for use.

    >>> c = Calibrator(Calibration((0.0, 1.0, 2.0), (0.0, 1.0, 2.0), 0.5, logins=100))
    >>> c.risk(np.array([-1.0, 1.0, 2.0, 4.0, 99.0])).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """

    def __init__(self, calibration: Calibration) -> None:
        self.calibration = calibration
        self._raw, self._surprise = calibration.arrays()

    def risk(self, raw: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """riskScore 0..1 of raw scores, any shape; never falls when raw rises."""
        x = raw.astype(np.float64)
        beyond = np.maximum(x - self._raw[-1], 0.0) * self.calibration.tail_slope
        surprise = np.interp(x, self._raw, self._surprise) + beyond
        out: npt.NDArray[np.float64] = np.minimum(1.0, surprise / DECADES)
        return out

    def probability(self, raw: float) -> float | None:
        """P(attack) at the calibration's prevalence; None for a model without labels."""
        platt = self.calibration.platt
        if platt is None:
            return None
        z = max(-700.0, min(700.0, platt.slope * raw + platt.intercept))
        return 1.0 / (1.0 + math.exp(-z))


def fit_calibration(
    legitimate: npt.NDArray[np.floating], platt: Platt | None = None
) -> Calibration:
    """The calibration of held-out legitimate raw scores (N,).

    Raises InputError when there are fewer than 100: a promise of "1 in 100" needs as many.
    """
    scores = np.sort(legitimate.astype(np.float64))
    n = scores.size
    if n < 100 or not np.isfinite(scores).all():
        raise InputError(
            f"{n} held-out legitimate logins are too few to calibrate on",
            remedy="100 at least, 10,000 for a promise of 1 in 1,000: give more events",
        )
    tail = min(TAIL, n // 4)
    levels = np.geomspace(1.0, (tail + 1) / (n + 1), 200)
    # The score that a share `level` of the logins reaches or passes.
    index = np.clip(n - np.round(levels * (n + 1)).astype(int) + 1, 0, n - 1)
    knots: dict[float, float] = {}
    for raw in scores[index]:
        reached = n - np.searchsorted(scores, raw, side="left")
        knots.setdefault(float(raw), -math.log10((reached + 1) / (n + 1)))
    raws = sorted(knots)
    if len(raws) < 2:
        raws = [raws[0] - 1e-6, raws[0]]
        knots[raws[0]] = 0.0
    surprises = np.maximum.accumulate([max(0.0, knots[raw]) for raw in raws])
    excess = scores[-tail:] - raws[-1]
    mean_excess = max(float(excess[excess > 0].mean()) if (excess > 0).any() else 0.0, 1e-3)
    return Calibration(
        raw=tuple(raws),
        surprise=tuple(map(float, surprises)),
        tail_slope=1.0 / (mean_excess * math.log(10.0)),
        logins=int(n),
        platt=platt,
    )


Level = Literal["low", "medium", "high"]


def level_of(risk_score: float) -> Level:
    """low, medium or high.

    >>> [level_of(s) for s in (0.49, 0.5, 0.75)]
    ['low', 'medium', 'high']
    """
    if risk_score < MEDIUM:
        return "low"
    return "medium" if risk_score < HIGH else "high"
