"""Golden cases: logins of the data whose scores a loaded bundle must give again."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from authrisk.evaluation.cases import Cases
from authrisk.eventlog import to_events
from authrisk.features.catalogue import FAILURE_LIMIT, HISTORY_LIMIT
from authrisk.features.encoders import Encoders, Scalers
from authrisk.features.sequences import prepare
from authrisk.features.timeline import EVIDENCE, FAMILIAR, Timeline
from authrisk.models.bundle import GoldenCase, golden_window
from authrisk.models.calibration import Calibrator
from authrisk.models.onnx_model import SequenceModel

EACH = 4
"""Legitimate cases and attack cases of a bundle, each."""
_PAST = 8


def golden_cases(
    timeline: Timeline,
    cases: Cases,
    encoders: Encoders,
    scalers: Scalers,
    model: SequenceModel,
    calibrator: Calibrator,
) -> Sequence[GoldenCase]:
    """A few legitimate logins and attacks with some past, spread over the data.

    User names are replaced by a number: nothing of a bundle names a user.
    """
    preparation = prepare(encoders, scalers)
    out: list[GoldenCase] = []
    for wanted in (cases.legitimate, cases.attack):
        candidates = np.flatnonzero(wanted[timeline.row_of])
        if not candidates.size:
            continue
        depth = (
            candidates
            - timeline.starts[np.searchsorted(timeline.starts, candidates, side="right") - 1]
        )
        order = np.argsort(depth, kind="stable")
        picks = order[np.linspace(0, order.size - 1, EACH).astype(int)]
        for at in candidates[np.unique(picks)]:
            out.append(_case(timeline, cases, int(at), len(out)))
    done = []
    for case in out:
        raw = model.score(golden_window(case, preparation))[0]
        done.append(
            msgspec.structs.replace(
                case, raw=float(raw[0]), risk_score=float(calibrator.risk(raw)[0])
            )
        )
    return done


def _case(timeline: Timeline, cases: Cases, at: int, number: int) -> GoldenCase:
    begin = int(timeline.starts[np.searchsorted(timeline.starts, at, side="right") - 1])
    before = np.arange(begin, at)
    past = before[timeline.standing[before] == FAMILIAR][-min(_PAST, HISTORY_LIMIT) :]
    failed = before[timeline.standing[before] == EVIDENCE][-FAILURE_LIMIT:]
    rows = timeline.row_of[np.append(past, at)]
    events = [
        msgspec.structs.replace(
            event,
            user_id=f"user-{number}",
            event_id=f"golden-{number}-{i}",
            user_name=None,
            session_id=None,
            correlation_id=None,
            raw_event_id=None,
        )
        for i, event in enumerate(to_events(cases.events[rows]))
    ]
    times = tuple(int(ns) for ns in timeline.ints[failed, 0])
    return GoldenCase(tuple(events[:-1]), times, events[-1], 0.0, 0.0)
