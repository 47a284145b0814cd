"""Everything before the network: split, encoders, scalers, rows, stretches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from authrisk.evaluation.cases import Cases, with_hidden
from authrisk.features.catalogue import F_LOGIN, column
from authrisk.features.coded import RTT, TIME, code_frame
from authrisk.features.encoders import (
    Encoders,
    Scalers,
    as_past,
    fit_encoders,
    fit_scalers,
    scale_rows,
)
from authrisk.features.timeline import (
    Rows,
    Timeline,
    arrange,
    previous_failure,
    previous_familiar,
    rows,
    windows,
)
from authrisk.training.dataset import Judged, judge_events
from authrisk.training.split import Split, split

Kind = Literal["autoencoder", "supervised"]

SAMPLE = 128
"""Encoded training windows kept in a bundle."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that is worked out before the network is trained."""

    cases: Cases
    timeline: Timeline
    split: Split
    encoders: Encoders
    scalers: Scalers
    moments: Rows
    """(N, F - F_LOGIN) unscaled population and source columns."""
    train: Judged
    validation: Judged


def prepare(cases: Cases, kind: Kind, seed: int) -> Prepared:
    """Encode, scale and lay out; the network is not needed for any of it.

    Of injected attacks a few are made to hide their client or their place (`with_hidden`).
    """
    cases = with_hidden(cases, seed)
    coded = code_frame(cases.events)
    timeline = arrange(coded, cases.standing, cases.counted)
    legitimate = cases.legitimate[timeline.row_of]
    attack = cases.attack[timeline.row_of]
    parts = split(timeline.ints, legitimate, seed)
    encoders = _fit_encoders(timeline, parts.train & legitimate)
    all_rows = rows(timeline, encoders, _youth(len(timeline)))
    moment = all_rows[:, F_LOGIN:].copy()
    scalers = fit_scalers(all_rows[parts.train & legitimate])
    scale_rows(all_rows, scalers)
    past = as_past(all_rows, scalers)
    label = attack.astype(np.float32)
    judged = legitimate if kind == "autoencoder" else legitimate | attack
    # Both classes weigh alike; the prior is put right in calibration.
    ratio = (parts.train & legitimate).sum() / max(1, (parts.train & attack).sum())
    weight = np.where(attack, ratio, 1.0).astype(np.float32)

    def lay_out(mask: npt.NDArray[np.bool_]) -> Judged:
        return judge_events(timeline, all_rows, past, mask & judged, label, weight)

    return Prepared(
        cases, timeline, parts, encoders, scalers, moment,
        lay_out(parts.train), lay_out(parts.validation),
    )  # fmt: skip


def known_columns(prepared: Prepared) -> npt.NDArray[np.float32]:
    """(F,) 1 for columns that differ among the training logins, and for `present`."""
    rows_seen = prepared.train.rows[prepared.train.event]
    known = rows_seen.max(axis=0) > rows_seen.min(axis=0)
    known[column("present")] = True
    weights: npt.NDArray[np.float32] = known.astype(np.float32)
    return weights


def sample_windows(prepared: Prepared, seed: int) -> tuple[npt.NDArray[np.int64], Rows]:
    """Up to SAMPLE training logins: their labels (n,) and scaled windows (n, T, F)."""
    timeline = prepared.timeline
    judged = prepared.train
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(judged.event.size)[:SAMPLE])
    positions = judged.event[chosen]
    links = previous_familiar(timeline), previous_failure(timeline)
    moment = prepared.moments[positions]
    return judged.label[chosen].astype(np.int64), windows(
        timeline, positions, moment, links, prepared.encoders, prepared.scalers
    )


def _youth(events: int) -> list[int]:
    """Stretches of 500, 1,000, 2,000, ... events, twice, in the first half of the data."""
    out: list[int] = []
    size = 500
    while sum(out) + 2 * size <= events // 2:
        out += [size, size]
        size *= 2
    return out


def _fit_encoders(timeline: Timeline, chosen: npt.NDArray[np.bool_]) -> Encoders:
    previous = previous_familiar(timeline)
    pairs = chosen & (previous >= 0)
    gaps = timeline.ints[pairs, TIME] - timeline.ints[previous[pairs], TIME]
    rtt = np.log1p(np.maximum(timeline.floats[:, RTT], 0.0))
    shifts = np.abs(rtt[pairs] - rtt[previous[pairs]])
    return fit_encoders(gaps / 1e9, shifts[np.isfinite(shifts)])
