"""Score a whole timeline: every login as the live service would have scored it in its turn.

Windows come from the same kernel, population counts from the same counter, scores from the same
model; tests hold the result equal to `Scorer.assess`, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from authrisk.evaluation.problem import Problem
from authrisk.features.calm import without_failures
from authrisk.features.catalogue import F_LOGIN, F_MOMENT
from authrisk.features.coded import TIME, USER
from authrisk.features.encoders import Encoders, Scalers
from authrisk.features.established import established_windows
from authrisk.features.population import Population
from authrisk.features.timeline import (
    Timeline,
    moments,
    previous_failure,
    previous_familiar,
    time_view,
    windows,
)
from authrisk.models.adaptation import Adaptation
from authrisk.models.onnx_model import Rows, SequenceModel

Index = npt.NDArray[np.int64]

CHUNK = 4_096
"""Logins between two looks at the population and source counts."""
BLOCK = 64
"""Logins scored in one call: their windows stay in the processor's cache."""
THREADS = 2


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of n logins, in time order."""

    position: npt.NDArray[np.int64]
    """(n,) index into the timeline; `timeline.row_of[position]` is the row of the input."""
    raw: Rows
    """(n,) against the familiar or against the established past, whichever is higher."""
    parts: Rows
    """(n, G) bits"""
    rows: Rows
    """(n, F) the scaled current rows, against the familiar past: what reasons are read from."""
    probation: npt.NDArray[np.bool_]
    """(n,) whether the score is that against the established past."""
    with_past: npt.NDArray[np.bool_]
    """(n,) whether the user had a familiar login before."""
    population: npt.NDArray[np.int64]
    """(n,) familiar logins of all users that were counted before."""


def replay(
    timeline: Timeline,
    encoders: Encoders,
    scalers: Scalers,
    model: SequenceModel,
    population: Population,
    wanted: npt.NDArray[np.bool_] | None = None,
    *,
    begin: int = 0,
    chunk: int = CHUNK,
) -> Iterator[Scored]:
    """Scores in time order, `chunk` logins at a time; `population` grows on the way.

    wanted: (N,) by timeline position, the logins to score; all by default.
    begin: so many of the first logins are only looked back at: neither scored nor counted in the
    population, which has counted them before.
    """
    view = time_view(timeline)
    links = previous_familiar(timeline), previous_failure(timeline)

    def score(positions: Index, moment: Rows) -> _Answers:
        done = []
        for at in range(0, positions.size, BLOCK):
            asked = positions[at : at + BLOCK], moment[at : at + BLOCK]
            batch = windows(timeline, *asked, links, encoders, scalers)
            rows = batch[:, -1].copy()
            raw, parts = model.score(without_failures(batch, scalers))
            probation = np.zeros(len(raw), np.bool_)
            raw, parts = raw.copy(), parts.copy()
            for which, again in established_windows(timeline, *asked, links, encoders, scalers):
                if not which.size:
                    continue
                its_raw, its_parts = model.score(without_failures(again, scalers))
                higher = its_raw > raw[which]
                riskier = which[higher]
                raw[riskier], parts[riskier] = its_raw[higher], its_parts[higher]
                probation[riskier] = True
            done.append((raw, parts, rows, probation))
        return _joined(done)

    # While the threads score one chunk, the counts of the next one go on here.
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: tuple[Index, Index, list[Future[_Answers]]] | None = None
        for start in range(begin, len(timeline), chunk):
            end = min(start + chunk, len(timeline))
            positions = timeline.by_time[start:end]
            familiar = view.familiar[start:end]
            size = population.size + np.cumsum(familiar) - familiar
            moment = moments(timeline, view, population, start, end)
            if wanted is not None:
                keep = wanted[positions]
                positions, moment, size = positions[keep], moment[keep], size[keep]
                if not positions.size:
                    continue
            half = positions.size // 2
            parts = [slice(0, half), slice(half, None)] if half else [slice(None)]
            futures = [pool.submit(score, positions[part], moment[part]) for part in parts]
            if waiting is not None:
                yield _gather(*waiting, links[0])
            waiting = positions, size, futures
        if waiting is not None:
            yield _gather(*waiting, links[0])


def alone(
    problem: Problem, scalers: Scalers, model: SequenceModel, wanted: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """What a model by itself says of the wanted logins, (N,), NaN elsewhere: each is judged once,
    against all familiar logins. The service looks twice at what is new (`replay`)."""
    timeline, moment = problem.timeline, problem.features[:, F_LOGIN : F_LOGIN + F_MOMENT]
    links = previous_familiar(timeline), previous_failure(timeline)
    raw = np.full(len(timeline), np.nan)
    positions = np.flatnonzero(wanted)
    for begin in range(0, positions.size, BLOCK):
        block = positions[begin : begin + BLOCK]
        found = windows(timeline, block, moment[block], links, problem.encoders, scalers)
        raw[block], _ = model.score(found)
    return raw


def adapted_risks(
    live: Adaptation, timeline: Timeline, scored: Scored, told: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """riskScores (n,) as calibration follows the traffic; call it for one chunk after the other.

    told: (n,) logins that the service would have been told to be legitimate.
    """
    ints = timeline.ints[scored.position]
    counted = told & timeline.counted[scored.position]
    return live.risks(scored.raw, ints[:, USER], ints[:, TIME], counted)


_Answers = tuple[Rows, Rows, Rows, npt.NDArray[np.bool_]]
"""Raw scores, parts, rows, and whether they are those against the established past."""


def _joined(done: list[_Answers]) -> _Answers:
    raw, parts, rows, probation = (np.concatenate(arrays) for arrays in zip(*done, strict=True))
    return raw, parts, rows, probation


def _gather(
    positions: Index,
    size: Index,
    futures: list[Future[_Answers]],
    previous: npt.NDArray[np.int32],
) -> Scored:
    answers = _joined([future.result() for future in futures])
    return Scored(positions, *answers, previous[positions] >= 0, size)
