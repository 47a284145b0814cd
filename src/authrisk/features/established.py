"""The established past: a user's familiar logins without those that are still on probation.

Whoever has the password could make anything familiar by small steps, each of them a little
unlike the last. So a login is judged twice where the two pasts differ: against all familiar
logins, and against the established ones. A familiar login is established when
- it is older than PROBATION_DAYS, or
- more than a password was given (`mfa`, a passed challenge), or
- it brings nothing new: each of its CHECKED values is that of an established login.

A function of the user's familiar logins and the time of asking alone: live service and replay
compute it from the same numbers. After docs/decisions/slow-drift.md.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from authrisk.features import kernel
from authrisk.features.catalogue import FIELDS, HISTORY_LIMIT, STEPS, F
from authrisk.features.coded import CODES, PROVEN, TIME, Ints
from authrisk.features.encoders import Encoders, Scalers
from authrisk.features.timeline import FAMILIAR, Links, Rows, Timeline

PROBATION_DAYS = 21
PROBATION_NS = PROBATION_DAYS * 86_400 * 10**9
CHECKED = ("country", "asn", "browser", "os", "device_type")
"""The fields whose new values put a login on probation. Addresses, prefixes and versions change
by themselves."""

_CHECKED = np.array([CODES + FIELDS.index(field) for field in CHECKED])
_LIMIT = HISTORY_LIMIT


def settled(base: Ints, young: Ints) -> npt.NDArray[np.bool_]:
    """Which of the young logins (Y, N_INTS) are established already, given those that are by
    age (B, N_INTS); both oldest first."""
    ints = np.concatenate([base, young])
    out = np.empty(len(young), np.bool_)
    _settle(ints, np.arange(len(base)), np.arange(len(base), len(ints)), out)
    return out


def established_windows(
    timeline: Timeline,
    positions: Ints,
    moment: Rows,
    links: tuple[Links, Links],
    encoders: Encoders,
    scalers: Scalers,
) -> tuple[Ints, Rows]:
    """Of the events at `positions` (n,) those whose established past differs from the familiar
    one: their places (m,) among the n, and their scaled windows (m, T, F).

    moment, links: as for `timeline.windows`.
    """
    which = np.empty(positions.size, np.int64)
    out = np.empty((positions.size, STEPS, F), np.float32)
    shift, scale = scalers.vectors()
    n = _windows_at(
        timeline.ints, timeline.floats, timeline.standing, timeline.starts, positions,
        links[0], links[1], moment, np.array(encoders.gap_edges_s), encoders.rtt_shift_limit,
        shift, scale, which, out,
    )  # fmt: skip
    return which[:n], out[:n]


@njit(cache=True, nogil=True)
def _settle(ints, base, young, out):
    """out (Y,): whether each young login is established. Answers how many are."""
    kept = 0
    for j in range(young.size):
        me = young[j]
        good = ints[me, PROVEN] == 1
        if not good:
            good = True
            for f in _CHECKED:
                found = False
                for b in range(base.size - 1, -1, -1):
                    if ints[base[b], f] == ints[me, f]:
                        found = True
                        break
                if not found:
                    for i in range(j):
                        # Others that are kept bring nothing new; comparing them costs nothing.
                        if out[i] and ints[young[i], f] == ints[me, f]:
                            found = True
                            break
                if not found:
                    good = False
                    break
        out[j] = good
        kept += good
    return kept


@njit(cache=True, nogil=True)
def _windows_at(
    ints, floats, standing, starts, positions, last_familiar, last_failure, moment,
    gap_edges, rtt_limit, shift, scale, which, out,
):  # fmt: skip
    n = 0
    recent = np.empty(_LIMIT, np.int64)
    old = np.empty(_LIMIT, np.int64)
    past = np.empty(2 * _LIMIT, np.int64)
    failed = np.empty(kernel.FAILURE_LIMIT, np.int64)
    for i in range(positions.size):
        me = positions[i]
        edge = ints[me, TIME] - PROBATION_NS
        newest = last_familiar[me]
        if newest < 0 or ints[newest, TIME] <= edge:
            continue  # all is old
        size = kernel._walk(last_familiar, newest, _LIMIT, recent)
        first = _LIMIT - size
        while first < _LIMIT and ints[recent[first], TIME] <= edge:
            first += 1
        young = recent[first:]
        user = np.searchsorted(starts, me, side="right") - 1
        low, high = starts[user], me
        while low < high:  # the first of the user's events that is young
            middle = (low + high) // 2
            if ints[middle, TIME] <= edge:
                low = middle + 1
            else:
                high = middle
        latest = low - 1
        if latest < starts[user]:
            latest = -1
        elif standing[latest] != FAMILIAR:
            latest = last_familiar[latest]
        size = kernel._walk(last_familiar, latest, _LIMIT, old)
        base = old[_LIMIT - size :]
        good = np.empty(young.size, np.bool_)
        kept = _settle(ints, base, young, good)
        if kept == young.size or size + kept == 0:
            continue  # nothing is on probation, or nothing is established
        past[:size] = base
        for j in range(young.size):
            if good[j]:
                past[size] = young[j]
                size += 1
        m = kernel._walk(last_failure, last_failure[me], kernel.FAILURE_LIMIT, failed)
        times = np.empty(m, np.int64)
        for j in range(m):
            times[j] = ints[failed[kernel.FAILURE_LIMIT - m + j], TIME]
        kernel.window(
            ints, floats, past[max(0, size - _LIMIT) : size], me, times, m, moment[i],
            gap_edges, rtt_limit, shift, scale, out[n],
        )  # fmt: skip
        which[n] = i
        n += 1
    return n
