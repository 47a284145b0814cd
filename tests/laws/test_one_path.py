"""One path: a file replayed gives what the live service answered, bit for bit."""

from __future__ import annotations

import numpy as np
import polars as pl

from authrisk.evaluation.replay import replay
from authrisk.event import LoginEvent
from authrisk.eventlog import to_events
from authrisk.features.coded import code_event, code_frame, coded_from
from authrisk.features.population import Population
from authrisk.features.timeline import arrange
from authrisk.history.memory import MemoryStore
from authrisk.models.bundle import Bundle
from authrisk.reasons import codes
from authrisk.scorer import RiskAssessment, Scorer
from authrisk.evaluation.cases import legitimate_cases


def live(bundle: Bundle, events: list[LoginEvent]) -> list[RiskAssessment]:
    scorer = Scorer(bundle, MemoryStore(), trust="confirmed")
    out = []
    for event in events:
        assessment = scorer.assess(event)
        scorer.remember(event, assessment)
        out.append(assessment)
    return out


def test_replay_equals_live(bundle: Bundle, events: pl.DataFrame) -> None:
    """Raw scores and reasons of a replayed file equal those of one call after the other."""
    answers = live(bundle, list(to_events(events)))
    cases = legitimate_cases(events)
    timeline = arrange(code_frame(events), cases.standing)
    raw = np.empty(events.height, np.float32)
    reasons = [""] * events.height
    for scored in replay(
        timeline, bundle.encoders, bundle.scalers, bundle.model, Population()
    ):
        rows = timeline.row_of[scored.position]
        raw[rows] = scored.raw
        for row, text in zip(rows, codes(scored.rows, scored.parts), strict=True):
            reasons[row] = text
    assert raw.tolist() == [a.raw for a in answers]
    assert reasons == [";".join(r.code for r in a.reasons) for a in answers]


def test_frame_codes_equal_event_codes(events: pl.DataFrame) -> None:
    """A frame is coded as its events are, one by one."""
    frame = code_frame(events)
    single = coded_from([code_event(event) for event in to_events(events)])
    assert np.array_equal(frame.ints, single.ints)
    assert np.array_equal(frame.floats, single.floats, equal_nan=True)
