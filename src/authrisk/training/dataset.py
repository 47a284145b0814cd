"""From rows to batches: stretches of a user's familiar logins, and the logins judged along them.

A stretch holds up to 2T familiar logins. The LSTM runs over it once; every judged login (real or
injected) then takes the state after the logins before it. A later stretch of the same user starts
T logins on, so that its judged logins have at least T logins of context, as in a full window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from authrisk.features.catalogue import F_RELATION, STEPS
from authrisk.features.relation import relations
from authrisk.features.timeline import FAMILIAR, Rows, Timeline

Index = npt.NDArray[np.int64]

ROWS_PER_BATCH = 512
RECENT = STEPS - 1
"""K: past logins of a window."""


@dataclass(frozen=True, slots=True)
class Judged:
    """M logins that a model is trained or measured on, and the stretches they lie on."""

    rows: Rows
    """(N, F) scaled rows of all events, as current logins."""
    past: Rows
    """(N, F_LOGIN) the same as past logins."""
    ints: Index
    """(N, N_INTS) the coded events."""
    floats: npt.NDArray[np.float64]
    """(N, N_FLOATS)"""
    event: Index
    """(M,) the judged event of rows."""
    stretch: Index
    """(M,) its stretch."""
    depth: Index
    """(M,) familiar logins of the stretch before it."""
    label: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]
    members: Index
    """The familiar events of all stretches, one stretch after the other."""
    bounds: Index
    """(S + 1,) where each stretch begins in `members`."""
    first: Index
    """(S + 1,) where the judged logins of each stretch begin (they are sorted by stretch)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One training step: past (B, L, F_LOGIN), logins (M, F), and per login (M,) the rest."""

    past: Rows
    login: Rows
    at: Index
    """(M,) index into states flattened to (B * (L + 1), H): after the logins before it."""
    recent: Index
    """(M, K) the same after each of its last K past logins, oldest first; of the state before
    any login where there are fewer."""
    there: Rows
    """(M, K, 1) 1 where there is such a login."""
    relation: Rows
    """(M, K, R) how it and the judged login go together."""
    label: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]


def judge_events(
    timeline: Timeline,
    rows: Rows,
    past: Rows,
    chosen: npt.NDArray[np.bool_],
    label: npt.NDArray[np.float32],
    weight: npt.NDArray[np.float32],
) -> Judged:
    """Lay the chosen events (N,) out on stretches. label, weight: (N,)."""
    familiar = timeline.standing == FAMILIAR
    user = np.repeat(np.arange(timeline.starts.size - 1), np.diff(timeline.starts))
    before = np.concatenate([[0], np.cumsum(familiar)])
    members = np.flatnonzero(familiar)
    of_user = before[timeline.starts]  # (U + 1,) where each user's familiar logins begin
    depth = before[:-1] - of_user[user]  # (N,)
    k = np.maximum(0, -(-(depth - 2 * STEPS) // STEPS))
    event = np.flatnonzero(chosen)
    key = user[event] * (1 << 32) + k[event]
    keys, stretch = np.unique(key, return_inverse=True)
    order = np.argsort(stretch, kind="stable")
    event, stretch = event[order], stretch[order]
    s_user, s_k = keys >> 32, keys & 0xFFFFFFFF
    begin = of_user[s_user] + s_k * STEPS
    size = np.minimum(of_user[s_user + 1] - begin, 2 * STEPS)
    bounds = np.concatenate([[0], np.cumsum(size)])
    flat = np.repeat(begin - bounds[:-1], size) + np.arange(bounds[-1])
    return Judged(
        rows=rows,
        past=past,
        ints=timeline.ints,
        floats=timeline.floats,
        event=event,
        stretch=stretch,
        depth=depth[event] - k[event] * STEPS,
        label=label[event],
        weight=weight[event],
        members=members[flat],
        bounds=bounds,
        first=np.searchsorted(stretch, np.arange(keys.size + 1)),
    )


def batches(judged: Judged, seed: int) -> Iterator[Batch]:
    """All stretches once, in an order of the seed, those of like length together."""
    rng = np.random.default_rng(seed)
    groups = _groups(judged, rng)
    for i in rng.permutation(len(groups)):
        yield _batch(judged, np.sort(groups[i]))


def steps(judged: Judged) -> int:
    """Batches of one pass."""
    return len(_groups(judged, np.random.default_rng(0)))


def _groups(judged: Judged, rng: np.random.Generator) -> list[Index]:
    """The stretches of each batch."""
    size = np.diff(judged.bounds)
    shuffled = rng.permutation(size.size)
    bucket = np.ceil(np.log2(np.maximum(size, 1))).astype(int)
    groups: list[Index] = []
    for b in np.unique(bucket):
        mine = shuffled[bucket[shuffled] == b]
        length = int(max(1, size[mine].max()))
        groups += np.array_split(mine, max(1, -(-mine.size * length // ROWS_PER_BATCH)))
    return groups


def _batch(judged: Judged, stretches: Index) -> Batch:
    size = np.diff(judged.bounds)[stretches]
    length = int(max(1, size.max()))
    slots = np.arange(length)
    filled = slots < size[:, None]  # (B, L)
    member = np.where(filled, judged.bounds[stretches][:, None] + slots, 0)
    if judged.members.size:
        past = judged.past[judged.members[member]]  # (B, L, F_LOGIN)
        past[~filled] = 0.0
    else:
        past = np.zeros((stretches.size, length, judged.past.shape[1]), np.float32)
    counts = judged.first[stretches + 1] - judged.first[stretches]
    which = np.repeat(np.arange(stretches.size), counts)
    mine = np.repeat(judged.first[stretches], counts) + (
        np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    )
    depth = judged.depth[mine]
    back = depth[:, None] - np.arange(RECENT - 1, -1, -1)  # (M, K) logins up to and with it
    there = back > 0
    base = judged.bounds[stretches][which][:, None]
    member_of = np.where(there, base + back - 1, 0)
    earlier = (
        np.where(there, judged.members[member_of], -1) if judged.members.size else back * 0 - 1
    )
    relation = np.empty((mine.size, RECENT, F_RELATION), np.float32)
    relations(judged.ints, judged.floats, earlier, judged.event[mine], relation)
    return Batch(
        past=past,
        login=judged.rows[judged.event[mine]],
        at=which * (length + 1) + depth,
        recent=which[:, None] * (length + 1) + np.maximum(back, 0),
        there=there[..., None].astype(np.float32),
        relation=relation,
        label=judged.label[mine],
        weight=judged.weight[mine],
    )
