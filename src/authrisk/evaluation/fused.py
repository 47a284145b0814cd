"""Who knows attackers and who knows only users, judging together: a sum, and a net under it.

A supervised model knows the attackers that it was shown. A model of users alone, an autoencoder,
knows none and fears all that is strange. Its surprise counts a little in the sum of both. An
attacker of a kind that nobody was shown may yet look harmless to the first; so where the second
alone is alarmed enough, its alarm decides. What is enough is told by legitimate logins: the second
is mapped to the scale of the sum so that it would cause a set share of the challenges of honest
users, and must then be `margin` above that, in log-odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from authrisk.evaluation.problem import Contender, Problem, Scores

WEIGHT = 0.05
"""Log-odds (nats) of a bit of the second in the sum."""
SHARE = 0.05
"""Of the challenges of honest users, those that the second would cause without a margin."""
MARGIN, FAR_MARGIN = 2.0, 6.0
"""Log-odds; the second for a model that shall serve where it was not trained: strange there may be
what is common here. All chosen on development worlds (docs/decisions/models.md)."""
SMOOTH = 2.77
"""Distance of log-odds within which both count: there the maximum is rounded, by 0.69 (log 2) where
both are equal, as the sum of odds is."""
LEAST, MOST, THRESHOLDS = 2e-4, 0.3, 30
"""Shares of legitimate logins whose thresholds the map is fitted to; fewer logins tell less far."""


STEEPEST = 1.0
"""Log-odds of a bit, at most."""
LEAST_SPREAD = 3.0
"""Bits between the thresholds: below it the second tells legitimate logins too little apart for a
line through them to mean anything."""


class Together(NamedTuple):
    """How raw scores of the second are brought to the scale of the sum: scale * raw + shift."""

    scale: float
    shift: float

    def of(self, first: Scores, second: Scores) -> Scores:
        """Raw scores (N,) of both together."""
        both, other = first + WEIGHT * second, self.scale * second + self.shift
        near = np.maximum(0.0, SMOOTH - np.abs(both - other))
        found: Scores = np.maximum(both, other) + near * near / (4.0 * SMOOTH)
        return found


def fit_together(first: Scores, second: Scores, margin: float = MARGIN) -> Together:
    """The line through thresholds for legitimate logins, raw scores (n,): where the sum challenges
    a share of q * (1 - SHARE), the second challenges q * SHARE; `margin` below that.

    >>> rng = np.random.default_rng(1)
    >>> first, second = rng.normal(size=(2, 100_000))
    >>> found = fit_together(first, 10 * second)
    >>> found.shift < -MARGIN and found.scale > 0
    True
    """
    least = min(MOST / 2, max(LEAST, 1.0 / (SHARE * len(second))))
    rates = np.geomspace(least, MOST, THRESHOLDS)
    both = first + WEIGHT * second
    here = np.quantile(both, 1.0 - rates * (1.0 - SHARE))
    there = np.quantile(second, 1.0 - rates * SHARE)
    if np.ptp(there) < LEAST_SPREAD:
        return Together(0.0, float(both.min()) - SMOOTH)  # it tells nothing, so it has no say
    slope, shift = np.polyfit(there, here, 1)
    scale = float(np.clip(slope, 0.0, STEEPEST))
    if scale != slope:
        shift = here[0] - scale * there[0]
    return Together(scale, float(shift) - margin)


@dataclass(frozen=True, slots=True)
class Fused:
    """A supervised contender and one that sees no labels, each trained by itself. A `Comparison`
    in which they take part trains none again.

    The map between them is fitted on the legitimate logins of the calibration period.
    """

    name: str
    known: Contender
    unknown: Contender
    calibrated: bool = True

    @property
    def supervised(self) -> bool:
        return True

    @property
    def version(self) -> str:
        """Tells the kept scores of other parts apart."""
        parts = (getattr(part, "version", "") for part in self.of)
        return " ".join([*parts, f"{WEIGHT} {SHARE} {MARGIN}"])

    @property
    def of(self) -> tuple[Contender, ...]:
        """Whose scores are put together."""
        return self.known, self.unknown

    def parts(self, seed: int, seeds: Sequence[int]) -> list[tuple[Contender, int]]:  # noqa: ARG002 - the protocol names it
        """Who, with which seed."""
        return [(part, seed) for part in self.of]

    def together(self, problem: Problem, scores: Sequence[Scores]) -> Scores:
        """Raw scores (N,) of what the parts say."""
        known, unknown = scores
        ruler = problem.periods.calibration & problem.legitimate
        return fit_together(known[ruler], unknown[ruler]).of(known, unknown)

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Raw scores (N,)."""
        return self.together(problem, [part.scores(problem, seed) for part in self.of])
