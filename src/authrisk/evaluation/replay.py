"""Score a whole timeline: every login as the live service would have scored it in its turn.

Windows come from the same kernel, population counts from the same counter, scores from the same
model; tests hold the result equal to `Scorer.assess`, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from authrisk.features.encoders import Encoders, Scalers
from authrisk.features.population import Population
from authrisk.features.timeline import (
    Timeline,
    moments,
    previous_failure,
    previous_familiar,
    time_view,
    windows,
)
from authrisk.models.onnx_model import Rows, SequenceModel

CHUNK = 4_096
"""Logins whose windows are in memory at once."""
THREADS = 2


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of n logins, in time order."""

    position: npt.NDArray[np.int64]
    """(n,) index into the timeline; `timeline.row_of[position]` is the row of the input."""
    raw: Rows
    """(n,)"""
    parts: Rows
    """(n, G) bits"""
    rows: Rows
    """(n, F) the scaled current rows: what reasons are read from."""
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
) -> Iterator[Scored]:
    """Scores in time order, CHUNK logins at a time; `population` grows on the way.

    wanted: (N,) by timeline position, the logins to score; all by default.
    """
    view = time_view(timeline)
    links = previous_familiar(timeline), previous_failure(timeline)
    with ThreadPoolExecutor(THREADS) as pool:
        for begin in range(0, len(timeline), CHUNK):
            end = min(begin + CHUNK, len(timeline))
            positions = timeline.by_time[begin:end]
            size = population.size + np.cumsum(view.familiar[begin:end]) - view.familiar[begin:end]
            moment = moments(timeline, view, population, begin, end)
            if wanted is not None:
                keep = wanted[positions]
                positions, moment, size = positions[keep], moment[keep], size[keep]
                if not positions.size:
                    continue
            batch = windows(timeline, positions, moment, links, encoders, scalers)
            halves = [part for part in np.array_split(batch, THREADS) if len(part)]
            scored = list(pool.map(model.score, halves))
            yield Scored(
                position=positions,
                raw=np.concatenate([raw for raw, _ in scored]),
                parts=np.concatenate([parts for _, parts in scored]),
                rows=batch[:, -1].copy(),
                with_past=links[0][positions] >= 0,
                population=size,
            )
