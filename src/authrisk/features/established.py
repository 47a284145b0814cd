"""The established past: a user's familiar logins without those that are still on probation.

Whoever has the password could make anything familiar by small steps, each a little unlike the
last. So a login that combines new things as no login did before is judged again: against the
established logins alone. A familiar login is established when it has served its probation, or when
all that is CHECKED of it is as in logins that have. Two probations are asked of it, and each gives
a past to be judged by: PROBATION_DAYS, which is short, and PROBATION_LOGINS familiar logins after
it, which an attacker who is let in now and then needs weeks for.

A function of the user's familiar logins and the time of asking alone: live service and replay
compute it from the same numbers. docs/decisions/slow-drift.md says why.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from numba import njit

from authrisk.features import kernel
from authrisk.features.catalogue import FAILURE_LIMIT, FIELDS, HISTORY_LIMIT, STEPS, F
from authrisk.features.coded import CODES, TIME, Ints
from authrisk.features.encoders import Encoders, Scalers
from authrisk.features.timeline import FAMILIAR, Links, Rows, Timeline

PROBATION_DAYS = 21
PROBATION_NS = PROBATION_DAYS * 86_400 * 10**9
PROBATION_LOGINS = 20
LONGEST_DAYS = 90
"""Days after which a login has served, however few logins came after it: for many users twenty are
years."""
PROBATIONS = (0, PROBATION_LOGINS)
"""Familiar logins that must have come after a login, beside the days."""
_LONGEST_NS = LONGEST_DAYS * 86_400 * 10**9
CHECKED = (("country",), ("asn",), ("browser", "os", "device_type"), ("client",))
"""What puts a login on probation when it is new: a country, a network, a kind of device, an exact
client. Addresses and prefixes change by themselves."""
TOGETHER = 2
"""New things that a login must combine to be judged twice: one alone is no drift."""

_WIDEST = max(map(len, CHECKED))
_CHECKED = np.array(
    [
        [CODES + FIELDS.index(fields[min(i, len(fields) - 1)]) for i in range(_WIDEST)]
        for fields in CHECKED
    ]
)
_LIMIT = HISTORY_LIMIT


def established(base: Ints, young: Ints, login: Ints) -> npt.NDArray[np.bool_] | None:
    """Which of the young familiar logins (Y, N_INTS) are established; None where a login
    (N_INTS,) need not be judged against the established past.

    base: (B, N_INTS) those that have served their probation. Both are oldest first.
    """
    ints = np.concatenate([base, young, login[None]])
    out = np.empty(len(young), np.bool_)
    of_base, of_young = np.arange(len(base)), np.arange(len(base), len(ints) - 1)
    return out if _differs(ints, of_base, of_young, len(ints) - 1, out) else None


def served(times: Ints, now: int, logins: int) -> int:
    """How many of the last familiar logins, times (n,) oldest first, have served a probation.

    logins: one of PROBATIONS.

    >>> day = 86_400 * 10**9
    >>> times = np.arange(40) * day
    >>> [served(times, 40 * day, n) for n in PROBATIONS]
    [20, 20]
    >>> [served(times[:25], 48 * day, n) for n in PROBATIONS]
    [25, 5]
    """
    return int(_served(times, now, logins))


def established_windows(
    timeline: Timeline,
    positions: Ints,
    moment: Rows,
    links: tuple[Links, Links],
    encoders: Encoders,
    scalers: Scalers,
) -> Iterator[tuple[Ints, Rows]]:
    """For each of PROBATIONS, those of the events at `positions` (n,) whose established past
    differs from what they were judged by so far: their places (m,) among the n, and their scaled
    windows (m, T, F).

    moment, links: as for `timeline.windows`.
    """
    which = np.empty(positions.size, np.int64)
    pasts = np.empty((positions.size, _LIMIT), np.int64)
    sizes = np.empty(positions.size, np.int64)
    shift, scale = scalers.vectors()
    edges, rtt_limit = np.array(encoders.gap_edges_s), encoders.rtt_shift_limit
    for logins in PROBATIONS:
        n = _pasts_at(
            timeline.ints, timeline.standing, timeline.starts, positions, links[0], logins, which,
            pasts, sizes,
        )  # fmt: skip
        out = np.empty((n, STEPS, F), np.float32)
        for i in range(n):
            me = int(positions[which[i]])
            failures = _failures(timeline, links[1], me)
            kernel.window(
                timeline.ints, timeline.floats, pasts[i, : sizes[i]], me, failures, failures.size,
                moment[which[i]], edges, rtt_limit, shift, scale, out[i],
            )  # fmt: skip
        yield which[:n].copy(), out


def _failures(timeline: Timeline, previous: Links, me: int) -> Ints:
    """Times of the last failed attempts before event `me`, oldest first."""
    times: list[int] = []
    at = int(previous[me])
    while at >= 0 and len(times) < FAILURE_LIMIT:
        times.append(int(timeline.ints[at, TIME]))
        at = int(previous[at])
    return np.array(times[::-1], np.int64)


@njit(cache=True, nogil=True)
def _served(times, now, logins):
    n = times.size
    while n > 0 and (
        times[n - 1] > now - PROBATION_NS
        or (times.size - n < logins and times[n - 1] > now - _LONGEST_NS)
    ):
        n -= 1
    return n


@njit(cache=True, nogil=True)
def _differs(ints, base, young, me, good):
    """good (Y,): whether each young login is established. Answers whether login `me` is to be
    judged without the others: it combines new things, as none of the young logins does, and
    there is an established past."""
    if base.size == 0:
        return False
    fresh = np.empty(len(_CHECKED), np.bool_)
    new = 0
    for k in range(len(_CHECKED)):
        fresh[k] = not _holds(ints, base, k, me)
        new += fresh[k]
    if new < TOGETHER:
        return False
    kept = 0
    for j in range(young.size):
        good[j] = True
        alike = True
        for k in range(len(_CHECKED)):
            if fresh[k] and not _equal(ints, young[j], me, k):
                alike = False
            if good[j] and not _holds(ints, base, k, young[j]):
                good[j] = False
        if alike:
            return False
        kept += good[j]
    return kept < young.size


@njit(cache=True, nogil=True)
def _holds(ints, of, k, me):
    for i in range(of.size - 1, -1, -1):  # noqa: SIM110 - numba
        if _equal(ints, of[i], me, k):
            return True
    return False


@njit(cache=True, nogil=True)
def _equal(ints, one, other, k):
    for i in range(_WIDEST):  # noqa: SIM110 - numba
        if ints[one, _CHECKED[k, i]] != ints[other, _CHECKED[k, i]]:
            return False
    return True


@njit(cache=True, nogil=True)
def _walk(previous, start, buffer):
    """Follow `previous` from `start`; the last indices, oldest first, end the buffer."""
    n = 0
    at = start
    while at >= 0 and n < buffer.size:
        n += 1
        buffer[buffer.size - n] = at
        at = previous[at]
    return n


@njit(cache=True, nogil=True)
def _pasts_at(ints, standing, starts, positions, last_familiar, logins, which, pasts, sizes):
    """The established pasts of those events that are to be judged by them; answers how many."""
    n = 0
    recent = np.empty(_LIMIT, np.int64)
    old = np.empty(_LIMIT, np.int64)
    past = np.empty(2 * _LIMIT, np.int64)
    for i in range(positions.size):
        me = positions[i]
        now = ints[me, TIME]
        newest = last_familiar[me]
        if newest < 0 or ints[newest, TIME] <= now - _LONGEST_NS:
            continue  # all is old
        size = _walk(last_familiar, newest, recent)
        some = recent[_LIMIT - size :]
        times = ints[some, TIME]
        first = _served(times, now, logins)
        if first == size or (logins > 0 and (first == 0 or first == _served(times, now, 0))):
            continue  # all is old, or the same is as without so many logins
        if first > 0:
            latest = some[first - 1]
        else:
            latest = _last_until(ints, standing, starts, last_familiar, me, now - PROBATION_NS)
            if latest < 0:
                continue  # nothing is old
        young = some[first:]
        size = _walk(last_familiar, latest, old)
        base = old[_LIMIT - size :]
        good = np.empty(young.size, np.bool_)
        if not _differs(ints, base, young, me, good):
            continue
        past[:size] = base
        for j in range(young.size):
            if good[j]:
                past[size] = young[j]
                size += 1
        kept = min(size, _LIMIT)
        pasts[n, :kept] = past[size - kept : size]
        sizes[n] = kept
        which[n] = i
        n += 1
    return n


@njit(cache=True, nogil=True)
def _last_until(ints, standing, starts, last_familiar, me, edge):
    """The last familiar event of the user of `me` up to a time; -1 where there is none."""
    user = np.searchsorted(starts, me, side="right") - 1
    low, high = starts[user], me
    while low < high:  # the first of the user's events that is later
        middle = (low + high) // 2
        if ints[middle, TIME] <= edge:
            low = middle + 1
        else:
            high = middle
    latest = low - 1
    if latest >= starts[user] and standing[latest] != FAMILIAR:
        return last_familiar[latest]
    return latest if latest >= starts[user] else -1
