"""Every attempt's place among its user's own: which login it belongs to, how far it may move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from authrisk.simulate.donors import DonorBook
from authrisk.simulate.draws import Bools, Ints, uniform

_BELONGS_NS = 30 * 60 * 1_000_000_000
_JITTER_NS = 120 * 1_000_000_000
_FOREVER_NS = 2**62


@dataclass(frozen=True, eq=False)
class Timeline:
    """M events, sorted by time."""

    time_ns: Ints
    owner: Ints
    """Row of the success that each attempt belongs to, (M,); -1 for none.

    A failure belongs to the user's next success when that follows within 30 minutes from the
    same address; a success belongs to itself.
    """
    room_ns: Ints
    """Time between a login, with the failures that it owns, and the nearest event of its user."""
    unit_ns: int
    """The coarsest of s, ms, us, ns that every time is a multiple of."""

    def jitter_ns(self, victims: Ints, seed: int) -> Ints:
        """What each victim's login moves by, either way: too little to pass a neighbour."""
        limit = np.minimum(self.room_ns[victims] // 4, _JITTER_NS)
        draw = 2.0 * uniform(seed, victims, 703) - 1.0
        steps: Ints = np.trunc(draw * (limit / self.unit_ns)).astype(np.int64)
        return steps * self.unit_ns


def timeline_of(events: pl.DataFrame, book: DonorBook) -> Timeline:
    """Follow every user's attempts through time."""
    time_ns = events["timestamp"].dt.timestamp("ns").to_numpy()
    order = np.argsort(book.user, kind="stable")
    owner = _owners(events, book, time_ns, order)
    room_ns = _room(book, time_ns, order, owner)
    return Timeline(time_ns, owner, room_ns, resolution_ns(time_ns))


def resolution_ns(time_ns: Ints) -> int:
    """The coarsest of s, ms, us, ns that every time is a multiple of.

    >>> resolution_ns(np.array([1_500_000_000, 2_000_000_000]))
    1000000
    """
    for unit in (1_000_000_000, 1_000_000, 1_000):
        if not (time_ns % unit).any():
            return unit
    return 1


def _owners(events: pl.DataFrame, book: DonorBook, time_ns: Ints, order: Ints) -> Ints:
    rows = len(time_ns)
    success: Bools = (events["outcome"] == "success").fill_null(value=False).to_numpy()[order]
    places = np.where(success, np.arange(rows), rows)
    following = np.minimum.accumulate(places[::-1])[::-1]
    target = order[np.minimum(following, rows - 1)]
    fits = (following < rows) & (book.user[order] != 0)
    fits &= book.user[target] == book.user[order]
    fits &= (book.address[target] == book.address[order]) | success
    fits &= time_ns[target] - time_ns[order] <= _BELONGS_NS
    owner = np.empty(rows, np.int64)
    owner[order] = np.where(fits, target, -1)
    return owner


def _room(book: DonorBook, time_ns: Ints, order: Ints, owner: Ints) -> Ints:
    times, users, owners = time_ns[order], book.user[order], owner[order]
    together = (owners[1:] == owners[:-1]) & (owners[1:] >= 0)
    alone = users[1:] != users[:-1]
    gap = np.where(together | alone, _FOREVER_NS, times[1:] - times[:-1])
    nearest = np.minimum(np.append(gap, _FOREVER_NS), np.append(_FOREVER_NS, gap))
    room = np.full(len(times), _FOREVER_NS)
    owned = owners >= 0
    np.minimum.at(room, owners[owned], nearest[owned])
    return room
