"""Intervals: users are drawn again, with all their logins and attacks, and training seeds too.

Logins of one user hang together, so the user is the unit (a clustered bootstrap). A user counts
Poisson(1) times in each round, which is the bootstrap of many users (Hanley and MacGibbon, 2006;
Chamandy et al., 2012) and needs no copies of the data. Seeds are drawn S - 1 out of S, so that the
spread of their mean is not underestimated. All contenders share the rounds: differences between
two of them are paired.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]

ROUNDS = 200
_POISSON = np.cumsum([math.exp(-1.0) / math.factorial(k) for k in range(12)]).astype(np.float32)
_DRAWN = 8_192


class Estimate(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies within the interval."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True, eq=False)
class Resamples:
    """How often each user and each seed counts, in the sample itself and in B rounds."""

    member: npt.NDArray[np.int32]
    """(n,) the user of each login, 0 .. U - 1."""
    weights: npt.NDArray[np.uint8]
    """(U, 1 + B) the first column is the sample itself: ones."""
    picks: Floats
    """(1 + B, S) how often each seed counts; once each in the sample itself."""

    @property
    def seeds(self) -> int:
        """S"""
        return int(self.picks.shape[1])

    def sums(self, values: Floats) -> Floats:
        """values (M, n) -> their weighted sums (1 + B, M)."""
        users = len(self.weights)
        of_users = np.stack([np.bincount(self.member, row, users) for row in values], axis=1)
        out: Floats = _weighted(of_users, self.weights)
        return out

    @property
    def rounds(self) -> int:
        """B"""
        return int(self.weights.shape[1]) - 1

    def without_rounds(self) -> Resamples:
        """The sample itself alone: figures without interval."""
        return Resamples(self.member, np.ascontiguousarray(self.weights[:, :1]), self.picks[:1])

    def over_seeds(self, values: Floats) -> Floats:
        """values (S, 1 + B, ...) of each seed -> their means (1 + B, ...) as each round draws
        the seeds."""
        total: Floats = np.einsum("bs,sb...->b...", self.picks, values)
        # Divided once at the end: shares of seeds would round past what each seed has.
        mean: Floats = total / self.picks.sum(axis=1).reshape(-1, *(1,) * (total.ndim - 1))
        return mean

    def rate(self, hits: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> Floats:
        """Share (1 + B,) of the logins `among` (n,) that are hit; hits (S, n), one row a seed."""
        total = self.sums(among[None].astype(np.float64))  # (1 + B, 1)
        found = self.sums((hits & among).astype(np.float64))  # (1 + B, S)
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.over_seeds((found / total).T)


def resample(
    owner: npt.NDArray[np.int64], seeds: int = 1, rounds: int = ROUNDS, seed: int = 0
) -> Resamples:
    """Draw the rounds for logins of these owners (n,)."""
    rng = np.random.default_rng(seed)
    users, member = np.unique(owner, return_inverse=True)
    weights = np.ones((users.size, 1 + rounds), np.uint8)
    for at in range(0, users.size, _DRAWN):
        part = weights[at : at + _DRAWN, 1:]
        part[:] = np.searchsorted(_POISSON, rng.random(part.shape, np.float32), side="right")
    picks = np.ones((1 + rounds, seeds))
    if seeds > 1:
        picks[1:] = rng.multinomial(seeds - 1, picks[0] / seeds, rounds)
    return Resamples(member.astype(np.int32), weights, picks)


def estimate(values: Floats) -> Estimate | None:
    """The figure of (1 + B,) values, the first of the sample itself; None where there is none.

    Without rounds there is a figure and no interval: low and high are the figure.

    >>> estimate(np.array([0.5, 0.4, 0.5, 0.6])).value
    0.5
    """
    if not np.isfinite(values[0]):
        return None
    rounds = values[1:][np.isfinite(values[1:])]
    if not rounds.size:
        rounds = values[:1]
    low, high = np.quantile(rounds, [0.025, 0.975])
    return Estimate(float(values[0]), float(low), float(high))


@njit(cache=True, nogil=True)
def _weighted(of_users, weights):
    out = np.zeros((weights.shape[1], of_users.shape[1]))
    row = np.empty(weights.shape[1])
    for m in range(of_users.shape[1]):
        row[:] = 0.0
        for u in range(of_users.shape[0]):
            value = of_users[u, m]
            if value != 0.0:
                for b in range(weights.shape[1]):
                    row[b] += value * weights[u, b]
        out[:, m] = row
    return out
