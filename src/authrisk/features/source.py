"""What else came from there lately: other users tried and their failures, per address, prefix and
AS.

These columns see stuffing and spraying, which no view of a single user can. The user's own attempts
are left out: their failures are counted elsewhere, and whether they came from the same place as
the login would tell a replaced login from a real one. They look at the last
SOURCE_LIMIT attempts of the last 24 hours from each source and at nothing older, so the live
service can ask its history for them and a replay can count them in one pass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numba import njit, prange

from authrisk.features import catalogue as cat
from authrisk.features.catalogue import F_LOGIN, F_POPULATION, F_SOURCE, FIELDS, column
from authrisk.features.coded import CODES, Ints
from authrisk.features.population import gather

LIMIT = cat.SOURCE_LIMIT
N_KINDS = len(cat.SOURCE_KINDS)
N_WINDOWS = len(cat.SOURCE_WINDOWS)
_WINDOWS_NS = np.array([int(seconds * 1e9) for _, seconds in cat.SOURCE_WINDOWS])
_COLUMNS = np.array([CODES + FIELDS.index(kind) for kind in cat.SOURCE_KINDS])
_BASE = F_LOGIN + F_POPULATION
C_CROWD = column("crowd_none") - _BASE
C_FAILING = column("failing_none") - _BASE
_LOG1P = np.array([math.log1p(k) / 4.0 for k in range(LIMIT + 1)])
HORIZON_NS = int(cat.SOURCE_WINDOWS[-1][1] * 1e9)


@njit(cache=True)
def _write(kind, w, attempts, failures, others, out):
    """Write the columns of one window of one kind; the hour of the address also as classes."""
    at = (kind * N_WINDOWS + w) * 2
    share = failures / attempts if attempts > 0 else 0.0
    out[at] = _LOG1P[others]
    out[at + 1] = share
    if kind == 0 and w == 1:
        out[C_CROWD:] = 0.0
        out[C_CROWD + (0 if others == 0 else 1 if others < 3 else 2 if others < 8 else 3)] = 1.0
        out[C_FAILING + (0 if share == 0 else 1 if share <= 0.5 else 2)] = 1.0


@njit(cache=True)
def _columns_of(kind, now, user, lender, times, users, failed, n, marks, mark, out):
    """Write the columns of one kind of source from its last n attempts, oldest first.

    users are small numbers; marks[user] == mark says "seen already".
    """
    attempts = 0.0
    failures = 0.0
    others = 0
    w = 0
    # From the newest on: what a window holds is known when the first attempt is too old for it.
    for j in range(n - 1, -1, -1):
        age = now - times[j]
        while w < N_WINDOWS and age > _WINDOWS_NS[w]:
            _write(kind, w, attempts, failures, others, out)
            w += 1
        if w == N_WINDOWS:
            break
        if users[j] == user or users[j] == lender:
            continue
        attempts += 1.0
        failures += failed[j]
        if marks[users[j]] != mark:
            marks[users[j]] = mark
            others += 1
    while w < N_WINDOWS:
        _write(kind, w, attempts, failures, others, out)
        w += 1


@njit(cache=True)
def _live(now, user, times, users, failed, sizes, marks, out):
    for kind in range(N_KINDS):
        _columns_of(
            kind, now, user, -1, times[kind], users[kind], failed[kind], sizes[kind],
            marks, kind + 1, out,
        )  # fmt: skip


@njit(cache=True)
def number(codes):
    """Each distinct code's number in order of first appearance, and how many there are; 0 -> -1."""
    size = 1 << 10
    while size < 2 * codes.size:
        size <<= 1
    keys = np.zeros(size, np.int64)
    values = np.empty(size, np.int32)
    out = np.empty(codes.size, np.int32)
    n = 0
    for i in range(codes.size):
        key = codes[i]
        if key == 0:
            out[i] = -1
            continue
        at = (key ^ (key >> 29)) & (size - 1)
        while keys[at] != 0 and keys[at] != key:
            at = (at + 1) & (size - 1)
        if keys[at] == 0:
            keys[at] = key
            values[at] = n
            n += 1
        out[i] = values[at]
    return out, n


@njit(cache=True)
def _previous(codes, counted, out):
    numbers, n = number(codes)
    latest = np.full(n, -1, np.int32)
    for i in range(codes.size):
        if numbers[i] < 0:
            out[i] = -1
            continue
        out[i] = latest[numbers[i]]
        if counted[i]:
            latest[numbers[i]] = i


@njit(cache=True, parallel=True)
def previous_of_sources(codes, counted):
    """For each event the latest counted one from the same source before it, -1 when there is none.

    codes: (N_KINDS, N) in time order. Answers (N_KINDS, N) int32.
    """
    out = np.empty(codes.shape, np.int32)
    for kind in prange(codes.shape[0]):
        _previous(codes[kind], counted, out[kind])
    return out


@njit(cache=True, parallel=True)
def _replay(times, users, lenders, n_users, failed, previous, begin, end, out):
    parts = 8
    for part in prange(parts):
        marks = np.full(n_users, -1, np.int64)
        when = np.empty(LIMIT, np.int64)
        who = np.empty(LIMIT, np.int32)
        fails = np.empty(LIMIT, np.float64)
        for i in range(
            begin + (end - begin) * part // parts, begin + (end - begin) * (part + 1) // parts
        ):
            for kind in range(N_KINDS):
                n = 0
                at = previous[kind, i]
                while at >= 0 and n < LIMIT and times[i] - times[at] < HORIZON_NS:
                    n += 1
                    when[LIMIT - n] = times[at]
                    who[LIMIT - n] = users[at]
                    fails[LIMIT - n] = failed[at]
                    at = previous[kind, at]
                _columns_of(
                    kind, times[i], users[i], lenders[i], when[LIMIT - n :], who[LIMIT - n :],
                    fails[LIMIT - n :], n, marks, i * N_KINDS + kind, out[i - begin],
                )  # fmt: skip


def source_codes(ints: Ints, order: Ints) -> Ints:
    """The codes (N_KINDS, n) of the sources of the coded events at `order`."""
    return gather(ints, order, _COLUMNS)  # type: ignore[no-any-return] # compiled by numba


def replay_sources(
    times: Ints,
    users: npt.NDArray[np.int32],
    lenders: npt.NDArray[np.int32],
    failed: npt.NDArray[np.bool_],
    previous: npt.NDArray[np.int32],
    begin: int,
    end: int,
) -> npt.NDArray[np.float32]:
    """The `source` columns (end - begin, F_SOURCE) of the events begin..end, all in time order.

    users: (N,) numbers of the users from 0, the last one standing for "no user".
    lenders: (N,) users whose attempts are an event's own as well, -1 for none.
    previous: of `previous_of_sources`.
    """
    out = np.zeros((end - begin, F_SOURCE), np.float32)
    n_users = int(users.max(initial=0)) + 1
    _replay(times, users, lenders, n_users, failed, previous, begin, end, out)
    return out


def live_source(
    now_ns: int,
    user: int,
    attempts: Sequence[Sequence[tuple[int, int, bool]]],
) -> npt.NDArray[np.float32]:
    """The `source` columns (F_SOURCE,) of one login.

    attempts: per kind the (time, user code, failed) of its last attempts within the horizon,
    oldest first.
    """
    numbers: dict[int, int] = {user: 0}
    times = np.zeros((N_KINDS, LIMIT), np.int64)
    users = np.zeros((N_KINDS, LIMIT), np.int32)
    failed = np.zeros((N_KINDS, LIMIT))
    sizes = np.zeros(N_KINDS, np.int64)
    for kind, rows in enumerate(attempts):
        sizes[kind] = len(rows)
        for j, (time_ns, who, was_failure) in enumerate(rows):
            times[kind, j] = time_ns
            users[kind, j] = numbers.setdefault(who, len(numbers))
            failed[kind, j] = was_failure
    out = np.zeros(F_SOURCE, np.float32)
    marks = np.zeros(len(numbers), np.int64)
    _live(now_ns, 0, times, users, failed, sizes, marks, out)
    return out
