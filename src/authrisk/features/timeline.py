"""Many events at once: grouped by user for the past, kept in time order for everybody.

Replay scores a file with it and training computes its rows with it; both call the kernel that the
live service calls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from authrisk.features import kernel, source
from authrisk.features.catalogue import F_LOGIN, F_POPULATION, STEPS, F
from authrisk.features.coded import TIME, USER, Coded, Floats, Ints
from authrisk.features.encoders import Encoders, Scalers
from authrisk.features.population import Population, rarity_codes

FAMILIAR, EVIDENCE = 1, 2
"""Values of `standing` that count (history.store.Standing); anything else is only judged."""

Rows = npt.NDArray[np.float32]


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
    """(N,) whether its source remembers it."""
    failed: npt.NDArray[np.bool_]
    """(N,) whether its source remembers it as a failure."""
    users: npt.NDArray[np.int32]
    """(N,) user numbers in order of first appearance; events without user have the last one."""
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
    counted: (N,) whether the event enters the view of its source; all do by default.
    """
    ints, floats = coded
    order = np.arange(len(ints))
    if np.any(np.diff(ints[:, TIME]) < 0):
        order = np.argsort(ints[:, TIME], kind="stable")
    users, n = source.number(ints[order, USER])
    nobody = users < 0
    users[nobody] = n
    grouped, starts = _by_user(users, n + 1)
    row_of = order[grouped]
    by_time = np.empty(order.size, np.int64)
    by_time[grouped] = np.arange(order.size)
    kept = standing[row_of].astype(np.int8)
    failed = kept == EVIDENCE
    kept[nobody[grouped]] = 0
    everything = np.ones(order.size, np.bool_)
    return Timeline(
        ints=np.ascontiguousarray(ints[row_of]),
        floats=np.ascontiguousarray(floats[row_of]),
        standing=kept,
        counted=everything if counted is None else counted[row_of],
        failed=failed,
        users=users[grouped],
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
    familiar: npt.NDArray[np.bool_]
    failed: npt.NDArray[np.bool_]
    rarity_codes: Ints
    """(R, N)"""
    previous: npt.NDArray[np.int32]
    """(N_KINDS, N) the latest attempt from the same source."""


def time_view(timeline: Timeline) -> TimeView:
    """The columns of a timeline that `moments` reads, in time order."""
    order = timeline.by_time
    ints = timeline.ints[order]
    return TimeView(
        times=np.ascontiguousarray(ints[:, TIME]),
        users=timeline.users[order],
        familiar=timeline.standing[order] == FAMILIAR,
        failed=timeline.failed[order],
        rarity_codes=rarity_codes(ints),
        previous=source.previous_of_sources(source.source_codes(ints), timeline.counted[order]),
    )


def moments(view: TimeView, population: Population, begin: int, end: int) -> Rows:
    """The population and source columns (end - begin, F - F_LOGIN) of the events begin..end in
    time order; `population` counts the familiar ones on the way."""
    out = np.empty((end - begin, F - F_LOGIN), np.float32)
    part = slice(begin, end)
    out[:, :F_POPULATION] = population.replay(view.rarity_codes[:, part], view.familiar[part])
    out[:, F_POPULATION:] = source.replay_sources(
        view.times, view.users, view.failed, view.previous, begin, end
    )
    return out


def login_rows(timeline: Timeline, encoders: Encoders, out: Rows) -> None:
    """Write the unscaled `login` columns of every event into out (N, >= F_LOGIN)."""
    kernel.rows_of_users(
        timeline.ints, timeline.floats, timeline.standing, timeline.starts,
        np.array(encoders.gap_edges_s), encoders.rtt_shift_limit, out,
    )  # fmt: skip


def rows(timeline: Timeline, encoders: Encoders, population: Population) -> Rows:
    """All unscaled columns (N, F) of every event."""
    out = np.empty((len(timeline), F), np.float32)
    out[timeline.by_time, F_LOGIN:] = moments(time_view(timeline), population, 0, len(timeline))
    login_rows(timeline, encoders, out)
    return out


def previous_familiar(timeline: Timeline) -> Ints:
    """(N,) the latest familiar event of the same user before each, -1 when there is none."""
    return _previous(timeline, FAMILIAR)


def previous_failure(timeline: Timeline) -> Ints:
    """(N,) the latest failed event of the same user before each, -1 when there is none."""
    return _previous(timeline, EVIDENCE)


def _previous(timeline: Timeline, standing: int) -> Ints:
    out = np.empty(len(timeline), np.int64)
    kernel.previous_of_users(timeline.standing, timeline.starts, standing, out)
    return out


def windows(
    timeline: Timeline,
    positions: Ints,
    moment: Rows,
    links: tuple[Ints, Ints],
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
