"""Who knows attackers and who knows only users, judging together: the odds of either.

A supervised model knows the attackers that it was shown. A model of users alone, an autoencoder,
knows none and fears all that is strange. The odds that a login is by an attacker of the one kind or
of the other are the sum of both odds, once both speak of the same thing; in log-odds that is a
smooth maximum. What they speak of is told by legitimate logins: the one is mapped to the other so
that it may cause a set share of the challenges of honest users, at every threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from authrisk.evaluation.problem import Contender, Problem, Scores

SHARE = 0.05
"""Of the challenges of honest users, those that the model of users alone may cause. Chosen on
development worlds: more costs known attackers, less finds hardly fewer unknown ones
(docs/decisions/models.md)."""
SMOOTH = 2.77
"""Distance of log-odds within which both count: there the maximum is rounded, by 0.69 (log 2) where
both are equal, as the sum of odds is."""
LEAST, MOST, THRESHOLDS = 2e-4, 0.3, 30
"""Shares of legitimate logins whose thresholds the map is fitted to; fewer logins tell less far."""


class Together(NamedTuple):
    """How raw scores of the second are brought to the scale of the first: scale * raw + shift."""

    scale: float
    shift: float

    def of(self, first: Scores, second: Scores) -> Scores:
        """Raw scores (N,) of both together."""
        other = self.scale * second + self.shift
        near = np.maximum(0.0, SMOOTH - np.abs(first - other))
        found: Scores = np.maximum(first, other) + near * near / (4.0 * SMOOTH)
        return found


def fit_together(first: Scores, second: Scores, share: float = SHARE) -> Together:
    """The line through the thresholds of both for legitimate logins, raw scores (n,): where the
    first challenges a share of q * (1 - share), the second challenges q * share.

    >>> rng = np.random.default_rng(1)
    >>> first, second = rng.normal(size=(2, 100_000))
    >>> found = fit_together(first, 10 * second)
    >>> 0.05 < found.scale < 0.15 and found.shift < 0
    True
    """
    least = min(MOST / 2, max(LEAST, 1.0 / (share * len(second))))
    rates = np.geomspace(least, MOST, THRESHOLDS)
    here = np.quantile(first, 1.0 - rates * (1.0 - share))
    there = np.quantile(second, 1.0 - rates * share)
    if np.ptp(there) == 0.0:
        return Together(0.0, float(first.min()) - SMOOTH)  # it tells nothing, so it has no say
    line = np.polyfit(there, here, 1)
    return Together(float(line[0]), float(line[1]))


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
        return " ".join([*parts, f"{SHARE}"])

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
