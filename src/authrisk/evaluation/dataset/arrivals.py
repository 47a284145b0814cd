"""Logins that arrive in time order, more than memory holds, scored in stretches.

Between two stretches only that is carried on which a later window can depend: of the users that are
measured the familiar logins on probation with the last ones before, and the last failures; of every
source the last attempts within the horizon. The population goes on counting. So every score is, bit
for bit, the one that a replay of the whole file gives, and memory grows with the users, not with
the length of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from authrisk.evaluation.asked import Past, past_of
from authrisk.evaluation.periods import Mask
from authrisk.evaluation.replay import replay
from authrisk.features.catalogue import FAILURE_LIMIT, HISTORY_LIMIT, SOURCE_LIMIT
from authrisk.features.coded import TIME, USER, Coded, Ints
from authrisk.features.established import PROBATION_LOGINS, PROBATION_NS
from authrisk.features.population import Population
from authrisk.features.source import HORIZON_NS, source_codes
from authrisk.features.timeline import EVIDENCE, FAMILIAR, Part, Timeline, arrange_parts
from authrisk.models.bundle import Bundle

STRETCH = 1 << 21
"""Logins that are laid on one timeline, besides those carried."""
_CHUNK = 1 << 15
"""Logins between two looks at the counts; most of them are not scored."""


class Arrivals(NamedTuple):
    """n successive logins, later than all before them or of the same time."""

    part: Part
    kind: npt.NDArray[np.int8]
    """(n,) what each is measured as, counted from 1; 0 is not measured."""
    kept: Mask
    """(n,) whether the past of its user is needed: so for every login of users that are measured
    at least once."""

    def __len__(self) -> int:
        return int(self.kind.size)


class Judged(NamedTuple):
    """n measured logins; every array is (n,)."""

    row: Ints
    """Its number among all arrivals, from 0."""
    kind: npt.NDArray[np.int8]
    owner: Ints
    """Code of its user."""
    time_ns: Ints
    raw: npt.NDArray[np.float64]
    past: Past


def replay_arrivals(
    arrivals: Iterable[Arrivals], bundle: Bundle, *, stretch: int = STRETCH
) -> Iterator[Judged]:
    """The scores of the measured logins, in time order."""
    population = Population()
    carried: list[Arrivals] = []
    row = 0
    for some in _stretches(arrivals, stretch):
        n = sum(map(len, some))
        first = sum(map(len, carried))
        kind = np.concatenate([a.kind for a in (*carried, *some)])
        kept = np.concatenate([a.kept for a in (*carried, *some)])
        parts = [a.part for a in (*carried, *some)]
        carried.clear()
        some.clear()
        timeline = _laid_out(parts)
        kind, kept = kind[timeline.row_of], kept[timeline.row_of]
        for scored in replay(
            timeline, bundle.encoders, bundle.scalers, bundle.model, population, kind > 0,
            begin=first, chunk=_CHUNK,
        ):  # fmt: skip
            at = scored.position
            yield Judged(
                row=timeline.row_of[at] - first + row,
                kind=kind[at],
                owner=timeline.ints[at, USER],
                time_ns=timeline.ints[at, TIME],
                raw=scored.raw.astype(np.float64),
                past=past_of(scored.rows, bundle.scalers),
            )
        row += n
        carried.append(_carry(timeline, kept))
        del timeline


def _stretches(arrivals: Iterable[Arrivals], stretch: int) -> Iterator[list[Arrivals]]:
    some: list[Arrivals] = []
    for arrived in arrivals:
        if len(arrived):
            some.append(arrived)
        if sum(map(len, some)) >= stretch:
            yield some
            some = []
    if some:
        yield some


def _laid_out(parts: list[Part]) -> Timeline:
    times, users = (
        np.concatenate([part.coded.ints[:, column] for part in parts]) for column in (TIME, USER)
    )
    parts.reverse()
    return arrange_parts(times, users, (parts.pop() for _ in range(len(parts))))


def _carry(timeline: Timeline, kept: Mask) -> Arrivals:
    """What a later login may look back at, in time order; none of it is measured again."""
    needed = _latest_at_sources(timeline)
    times = timeline.ints[:, TIME]
    young = times > times.max() - PROBATION_NS
    familiar, failed = timeline.standing == FAMILIAR, timeline.standing == EVIDENCE
    # Whatever is young now will be the last that is old to some later login. Of the old ones the
    # newest may still be on probation for want of logins after them.
    needed |= kept & familiar & young
    last = HISTORY_LIMIT + PROBATION_LOGINS
    needed |= kept & _latest_of_users(timeline, familiar & ~young, last)
    needed |= kept & _latest_of_users(timeline, failed, FAILURE_LIMIT)
    at = timeline.by_time[needed[timeline.by_time]]
    # A failure without a user stands in nobody's past, and is a failure at its source all the same.
    standing = np.where(timeline.failed[at], EVIDENCE, timeline.standing[at]).astype(np.int8)
    part = Part(Coded(timeline.ints[at], timeline.floats[at]), standing, timeline.counted[at])
    return Arrivals(part, np.zeros(at.size, np.int8), kept[at])


def _latest_of_users(timeline: Timeline, mine: Mask, limit: int) -> Mask:
    """(N,) the last `limit` of each user's logins among those of a mask (N,)."""
    upto = np.cumsum(mine)
    sizes = np.diff(timeline.starts)
    total = np.repeat(upto[timeline.starts[1:][sizes > 0] - 1], sizes[sizes > 0])
    out: Mask = mine & (total - upto < limit)
    return out


def _latest_at_sources(timeline: Timeline) -> Mask:
    """(N,) the last attempts from each source that are within the horizon of the last login."""
    out = np.zeros(len(timeline), np.bool_)
    times = timeline.ints[timeline.by_time, TIME]
    recent = timeline.by_time[np.searchsorted(times, times[-1] - HORIZON_NS, side="right") :]
    recent = recent[timeline.counted[recent]]
    for codes in source_codes(timeline.ints, recent):
        order = np.argsort(codes, kind="stable")
        ordered = codes[order]
        later = np.searchsorted(ordered, ordered, side="right") - 1 - np.arange(ordered.size)
        out[recent[order[(later < SOURCE_LIMIT) & (ordered != 0)]]] = True
    return out
