"""Many events at once: grouped by user for the past, kept in time order for everybody.

Replay scores a file with it and training computes its rows with it; both call the kernel that the
live service calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from authrisk.features import kernel, source
from authrisk.features.catalogue import F_LOGIN, F_POPULATION, STEPS, F
from authrisk.features.coded import N_FLOATS, N_INTS, TIME, USER, Coded, Floats, Ints
from authrisk.features.encoders import Encoders, Scalers
from authrisk.features.population import Population, rarity_codes

FAMILIAR, EVIDENCE = 1, 2
"""Values of `standing` that count (history.store.Standing); anything else is only judged."""

Rows = npt.NDArray[np.float32]
Links = npt.NDArray[np.int32]
_CHUNK = 131_072


@dataclass(frozen=True, slots=True)
class Timeline:
    """N coded events, grouped by user, in (time, arrival) order within a user."""

    ints: Ints
    """(N, N_INTS)"""
    floats: Floats
    """(N, N_FLOATS)"""
    standing: npt.NDArray[np.int8]
    """(N,) what each counts for in its user's past."""
    counted: npt.NDArray[np.bool_]
    """(N,) whether its source and the population remember it."""
    failed: npt.NDArray[np.bool_]
    """(N,) whether its source remembers it as a failure."""
    users: npt.NDArray[np.int32]
    """(N,) user numbers in order of first appearance; events without user have the last one."""
    lenders: npt.NDArray[np.int32]
    """(N,) another user whose attempts at a source are the event's own, -1 for none: a fake login
    stands in for the user whose network it borrows."""
    starts: Ints
    """(U + 1,) bounds of the users."""
    row_of: Ints
    """(N,) the row of the input that each event was."""
    by_time: Ints
    """(N,) the events in (time, arrival) order."""

    def __len__(self) -> int:
        return int(self.by_time.size)


def arrange(
    coded: Coded, standing: npt.NDArray[np.int8], counted: npt.NDArray[np.bool_] | None = None
) -> Timeline:
    """Group events by user. Rows of one time keep their order: the order of arrival.

    standing: (N,) FAMILIAR, EVIDENCE or 0 (judged against the past, then forgotten by its user).
    counted: (N,) whether the event enters the view of its source and of the population; all do by
    default.
    """
    ints, floats = coded
    if counted is None:
        counted = np.ones(len(ints), np.bool_)
    parts = [Part(Coded(ints, floats), standing, counted)]
    return arrange_parts(ints[:, TIME].copy(), ints[:, USER].copy(), parts)


class Part(NamedTuple):
    """Consecutive rows of the input, coded."""

    coded: Coded
    standing: npt.NDArray[np.int8]
    counted: npt.NDArray[np.bool_]


def arrange_parts(times: Ints, users: Ints, parts: Iterable[Part]) -> Timeline:
    """`arrange` of an input that comes in parts, each put into its place and let go.

    times, user codes: (N,) of the whole input, so that the places are known beforehand.
    """
    order = np.arange(times.size)
    if np.any(times[1:] < times[:-1]):
        order = np.argsort(times, kind="stable")
    numbers, n = source.number(users[order])
    nobody = numbers < 0
    numbers[nobody] = n
    grouped, starts = _by_user(numbers, n + 1)
    row_of = order[grouped]
    del order
    place_of = np.empty(times.size, np.int64)
    place_of[row_of] = np.arange(times.size)
    by_time = np.empty(times.size, np.int64)
    by_time[grouped] = np.arange(times.size)
    of_user, of_nobody = numbers[grouped], nobody[grouped]
    del grouped, numbers, nobody  # as long as the input, and the large arrays come now
    ints = np.empty((times.size, N_INTS), np.int64)
    floats = np.empty((times.size, N_FLOATS))
    standing = np.empty(times.size, np.int8)
    counted = np.empty(times.size, np.bool_)
    row = 0
    for part in parts:
        places = place_of[row : row + len(part.standing)]
        ints[places], floats[places] = part.coded
        standing[places], counted[places] = part.standing, part.counted
        row += places.size
    failed = standing == EVIDENCE
    standing[of_nobody] = 0
    return Timeline(
        ints=ints,
        floats=floats,
        standing=standing,
        counted=counted,
        failed=failed,
        users=of_user,
        lenders=np.full(times.size, -1, np.int32),
        starts=starts,
        row_of=row_of,
        by_time=by_time,
    )


@njit(cache=True)
def _by_user(users, n_users):
    """Counting sort: indices grouped by user number, stable, and the bounds of the groups."""
    starts = np.zeros(n_users + 1, np.int64)
    for i in range(users.size):
        starts[users[i] + 1] += 1
    for u in range(n_users):
        starts[u + 1] += starts[u]
    at = starts[:-1].copy()
    out = np.empty(users.size, np.int64)
    for i in range(users.size):
        out[at[users[i]]] = i
        at[users[i]] += 1
    return out, starts


@dataclass(frozen=True, slots=True)
class TimeView:
    """What population and sources see of a timeline: a few columns in time order."""

    times: Ints
    users: npt.NDArray[np.int32]
    lenders: npt.NDArray[np.int32]
    familiar: npt.NDArray[np.bool_]
    failed: npt.NDArray[np.bool_]
    previous: npt.NDArray[np.int32]
    """(N_KINDS, N) the latest attempt from the same source."""


def time_view(timeline: Timeline) -> TimeView:
    """The columns of a timeline that `moments` reads, in time order."""
    order = timeline.by_time
    return TimeView(
        times=timeline.ints[order, TIME],
        users=timeline.users[order],
        lenders=timeline.lenders[order],
        familiar=(timeline.standing[order] == FAMILIAR) & timeline.counted[order],
        failed=timeline.failed[order],
        previous=source.previous_of_sources(
            source.source_codes(timeline.ints, order), timeline.counted[order]
        ),
    )


def moments(
    timeline: Timeline, view: TimeView, population: Population, begin: int, end: int
) -> Rows:
    """The population and source columns (end - begin, F - F_LOGIN) of the events begin..end in
    time order; `population` counts the familiar ones on the way."""
    out = np.empty((end - begin, F - F_LOGIN), np.float32)
    codes = rarity_codes(timeline.ints, timeline.by_time[begin:end])
    out[:, :F_POPULATION] = population.replay(codes, view.familiar[begin:end])
    out[:, F_POPULATION:] = source.replay_sources(
        view.times, view.users, view.lenders, view.failed, view.previous, begin, end
    )
    return out


def login_rows(timeline: Timeline, encoders: Encoders, out: Rows) -> None:
    """Write the unscaled `login` columns of every event into out (N, >= F_LOGIN)."""
    kernel.rows_of_users(
        timeline.ints, timeline.floats, timeline.standing, timeline.starts,
        np.array(encoders.gap_edges_s), encoders.rtt_shift_limit, out,
    )  # fmt: skip


def rows(timeline: Timeline, encoders: Encoders, youth: Iterable[int] = ()) -> Rows:
    """All unscaled columns (N, F) of every event, the population counted from nothing.

    youth: sizes of stretches (in events) after which counting begins anew, so that a model meets
    young installations too; the counts run on after the last.
    """
    out = np.empty((len(timeline), F), np.float32)
    view = time_view(timeline)
    begin = 0
    population = Population()
    for size in (*youth, len(timeline)):
        stretch = min(begin + size, len(timeline))
        while begin < stretch:
            end = min(begin + _CHUNK, stretch)
            out[timeline.by_time[begin:end], F_LOGIN:] = moments(
                timeline, view, population, begin, end
            )
            begin = end
        if begin < len(timeline):
            population = Population()
    login_rows(timeline, encoders, out)
    return out


def previous_familiar(timeline: Timeline) -> Links:
    """(N,) the latest familiar event of the same user before each, -1 when there is none."""
    return _previous(timeline, FAMILIAR)


def previous_failure(timeline: Timeline) -> Links:
    """(N,) the latest failed event of the same user before each, -1 when there is none."""
    return _previous(timeline, EVIDENCE)


def _previous(timeline: Timeline, standing: int) -> Links:
    out = np.empty(len(timeline), np.int32)
    kernel.previous_of_users(timeline.standing, timeline.starts, standing, out)
    return out


def windows(
    timeline: Timeline,
    positions: Ints,
    moment: Rows,
    links: tuple[Links, Links],
    encoders: Encoders,
    scalers: Scalers,
) -> Rows:
    """Scaled windows (n, T, F) of the events at `positions`, each as the live service builds it.

    moment: (n, F - F_LOGIN) of those events. links: previous familiar, previous failure (N,).
    """
    out = np.empty((positions.size, STEPS, F), np.float32)
    shift, scale = scalers.vectors()
    kernel.windows_at(
        timeline.ints, timeline.floats, positions, links[0], links[1], moment,
        np.array(encoders.gap_edges_s), encoders.rtt_shift_limit, shift, scale, out,
    )  # fmt: skip
    return out
