"""Shadows: copies of victims on which campaigns play out, so that the victims stay clean.

A login of a campaign becomes the past of the next one, and the victim goes on logging in between.
On the victim's own account that would teach the attacker's habits to all later logins. So each
campaign (T6) gets an account of its own: the victim's latest logins before it, copied, the
victim's logins while it lasts, and its fakes among them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from authrisk.features.catalogue import LOOKBACK, STEPS
from authrisk.features.timeline import EVIDENCE, FAMILIAR

PAST = LOOKBACK + 2 * STEPS
"""Familiar logins before a campaign that its shadow carries: all that any row in a window of the
first fake, or in a training stretch, can look back at."""
_DAY_NS = 86_400_000_000_000  # failed attempts count for a day

Index = npt.NDArray[np.int64]


class Copies(NamedTuple):
    """Events of victims that the shadows carry: row of the original, number of the shadow."""

    row: Index
    shadow: Index


def copies_for(
    users: Index,
    times_ns: Index,
    standing: npt.NDArray[np.int8],
    victims: Index,
    spans_ns: tuple[Index, Index],
) -> Copies:
    """What the shadows of S campaigns carry of N events.

    users, times_ns, standing: (N,). victims (S,) are their user codes, spans_ns (S,) the first and
    the last instant of each campaign. Taken are the last PAST familiar events before it, the
    failed ones of the day before it, and both while it lasts.
    """
    begin, end = spans_ns
    parts = []
    for kind, first in ((FAMILIAR, begin), (EVIDENCE, begin - _DAY_NS)):
        rows = np.flatnonzero(standing == kind)
        rows = rows[np.lexsort((times_ns[rows], users[rows]))]
        known, starts = np.unique(users[rows], return_index=True)
        ends = np.append(starts[1:], len(rows))
        place = np.minimum(np.searchsorted(known, victims), max(len(known) - 1, 0))
        if not len(known):
            continue
        there = known[place] == victims
        low = _within(times_ns[rows], starts[place], ends[place], first, side="left")
        high = _within(times_ns[rows], starts[place], ends[place], end, side="right")
        if kind == FAMILIAR:
            low = np.maximum(low - PAST, starts[place])
        size = np.where(there, np.maximum(high - low, 0), 0)
        shadow = np.repeat(np.arange(len(victims)), size)
        offset = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        parts.append(Copies(rows[low[shadow] + offset], shadow))
    if not parts:
        return Copies(np.empty(0, np.int64), np.empty(0, np.int64))
    return Copies(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def shadow_ids(users: pl.Series, campaign: pl.Series) -> pl.Series:
    """User ids of shadows: the victim's and the campaign's name."""
    return users + "#" + campaign


def _within(times: Index, starts: Index, ends: Index, wanted: Index, side: str) -> Index:
    """Per query the place of `wanted` among times[starts:ends], which are sorted: bisection."""
    low, high = starts.copy(), ends.copy()
    while (low < high).any():
        middle = (low + high) // 2
        probe = times[np.minimum(middle, len(times) - 1)]
        right = probe <= wanted if side == "right" else probe < wanted
        open_ = low < high
        low = np.where(open_ & right, middle + 1, low)
        high = np.where(open_ & ~right, middle, high)
    return low
