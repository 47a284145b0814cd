"""The window of one live login: the same kernel as in replay, over a handful of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from authrisk.features import kernel
from authrisk.features.catalogue import F_MOMENT, F_POPULATION, STEPS, F
from authrisk.features.coded import TIME, USER, coded_from
from authrisk.features.encoders import Encoders, Scalers
from authrisk.features.population import Population
from authrisk.features.source import live_source

CodedRow = tuple[bytes, bytes]
Attempts = Sequence[Sequence[tuple[int, int, bool]]]


class Preparation(NamedTuple):
    """Encoders and scalers as the arrays that the kernel reads."""

    gap_edges: npt.NDArray[np.float64]
    rtt_shift_limit: float
    shift: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]


def prepare(encoders: Encoders, scalers: Scalers) -> Preparation:
    """The arrays of fitted encoders and scalers; worked out once per bundle."""
    return Preparation(np.array(encoders.gap_edges_s), encoders.rtt_shift_limit, *scalers.vectors())


def live_window(
    rows: list[CodedRow],
    failures_ns: Sequence[int],
    attempts: Attempts,
    population: Population,
    preparation: Preparation,
) -> npt.NDArray[np.float32]:
    """The scaled window (1, T, F) of the last of `rows`.

    rows: the user's familiar logins, oldest first, then the login itself (`coded.code_event`).
    failures_ns: times of the user's earlier failed attempts, oldest first.
    attempts: per source kind what came from there, see `source.live_source`.
    """
    ints, floats = coded_from(rows)
    me = len(rows) - 1
    mine = ints[me]
    moment = np.empty(F_MOMENT, np.float32)
    moment[:F_POPULATION] = population.rarities(mine)
    moment[F_POPULATION:] = live_source(int(mine[TIME]), int(mine[USER]), attempts)
    out = np.empty((1, STEPS, F), np.float32)
    kernel.window(
        ints, floats, np.arange(me), me, np.array(failures_ns, np.int64), len(failures_ns),
        moment, *preparation, out[0],
    )  # fmt: skip
    return out
