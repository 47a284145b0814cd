"""Random numbers that depend on keys alone: the same (seed, user, epoch) gives the same draw.

A world of habits needs draws that can be asked for again (the address that a user's home router
has in its 17th lease) without walking through the draws before. The mixer is splitmix64
(Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
"""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numba
import numpy as np
from numpy.typing import NDArray

UInts = NDArray[np.uint64]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_GOLDEN = 0x9E3779B97F4A7C15
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_U27, _U30, _U31 = np.uint64(27), np.uint64(30), np.uint64(31)


def mix(*keys: int | Ints | UInts) -> UInts:
    """64 well-mixed bits per element of the broadcast keys.

    >>> [int(v) for v in mix(1, np.arange(2))] == [int(v) for v in mix(1, np.arange(2))]
    True
    """
    state: UInts = np.zeros(1, np.uint64)
    for place, key in enumerate(keys):
        word = np.asarray(key)
        word = word.view(np.uint64) if word.dtype == np.int64 else word.astype(np.uint64)
        salt = np.uint64(_GOLDEN * (place + 1) % 2**64)
        state = _fold(state, word, salt)
    return state


def uniform(*keys: int | Ints | UInts) -> Floats:
    """A number in [0, 1) per element of the broadcast keys."""
    return (mix(*keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def below(limit: int | Ints, *keys: int | Ints | UInts) -> Ints:
    """A whole number in 0..limit-1 per element."""
    number: Ints = (uniform(*keys) * limit).astype(np.int64)
    return number


def choose(shares: Floats, *keys: int | Ints | UInts) -> Ints:
    """An index into `shares` (any positive numbers) per element, drawn in their proportion."""
    edges = np.cumsum(shares)
    picks: Ints = np.searchsorted(edges, uniform(*keys) * edges[-1], side="right")
    return np.minimum(picks, len(shares) - 1)


def exponential(*keys: int | Ints | UInts) -> Floats:
    """Exponential draws with mean 1."""
    return -np.log1p(-uniform(*keys))


def normal(*keys: int | Ints | UInts) -> Floats:
    """Standard normal draws, within +-4: quantiles from a table, straight between them."""
    table, steps = _quantiles()
    place = uniform(*keys) * (len(table) - 1)
    low = place.astype(np.int64)
    return table[low] + (place - low) * steps[low]


@cache
def _quantiles() -> tuple[Floats, Floats]:
    levels = (np.arange(1 << 14) + 0.5) / (1 << 14)
    table = np.array([NormalDist().inv_cdf(level) for level in levels.tolist()])
    return table, np.append(np.diff(table), 0.0)


@numba.vectorize(["uint64(uint64, uint64, uint64)"], cache=True)
def _fold(state, word, salt):  # one pass over the keys instead of eight
    state ^= word + salt
    state ^= state >> _U30
    state *= _M1
    state ^= state >> _U27
    state *= _M2
    return state ^ (state >> _U31)
