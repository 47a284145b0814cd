"""Slices: the logins that are looked at apart, because models fail where averages hide it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from authrisk.evaluation.asked import Asked
from authrisk.evaluation.periods import Mask

DEPTHS = ((0, 0), (1, 2), (3, 9), (10, None))
"""Earlier familiar logins of the user, from and to."""
HOUR_S, DAY_S = 3_600.0, 86_400.0
GAPS = (
    ("< 1 h", 0.0, HOUR_S),
    ("1-24 h", HOUR_S, DAY_S),
    ("1-7 d", DAY_S, 7 * DAY_S),
    ("7-30 d", 7 * DAY_S, 30 * DAY_S),
    ("> 30 d", 30 * DAY_S, np.inf),
)
"""Time since the user's last success: name, from, below."""
NOVELTIES = ((0, 0), (1, 1), (2, 3), (4, 6), (7, None))
"""Fields with a value that is new to the user, from and to."""


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Some of the measured logins, legitimate ones and attacks."""

    by: str
    name: str
    mask: Mask
    """(n,)"""


def views(asked: Asked) -> Iterator[Slice]:
    """All users, those met in training, those never met."""
    yield Slice("users", "all", np.ones(asked.tier.size, np.bool_))
    if asked.unseen.any():
        yield Slice("users", "warm", ~asked.unseen)
        yield Slice("users", "unseen", asked.unseen)


def slices(asked: Asked) -> Iterator[Slice]:
    """By depth of history, by gap since the last success, by novelty."""
    for low, high in DEPTHS:
        yield Slice("earlier logins", _span(low, high), _within(asked.depth, low, high))
    yield Slice("last success", "never", np.isnan(asked.gap_s))
    for name, begin, end in GAPS:
        yield Slice("last success", name, (asked.gap_s >= begin) & (asked.gap_s < end))
    for low, high in NOVELTIES:
        yield Slice("new fields", _span(low, high), _within(asked.novelty, low, high))


def _within(values: np.ndarray, low: int, high: int | None) -> Mask:
    mask: Mask = (values >= low) & (values <= (np.inf if high is None else high))
    return mask


def _span(low: int, high: int | None) -> str:
    return f"{low}+" if high is None else str(low) if low == high else f"{low}-{high}"
