"""One path: a file replayed gives what the live service answered, bit for bit."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from authrisk.enrich.enricher import default_enricher
from authrisk.evaluation.scores import score_file
from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import to_events, to_frame, write_events
from authrisk.features.coded import code_event, code_frame, code_of, coded_from
from authrisk.history.sqlite import SqliteStore
from authrisk.models.adaptation import Adaptation
from authrisk.models.bundle import Bundle
from authrisk.scorer import Scorer, Trust
from authrisk.service.app import create_app
from authrisk.service.settings import ServiceSettings

LATER_NS = 4_000_000_000 * 10**9


def test_replay_equals_live(bundle: Bundle, events: pl.DataFrame, live, replayed) -> None:
    """Raw scores and reasons of a replayed file equal those of one call after the other."""
    answers = live(bundle, list(to_events(events)))
    raw, reasons = replayed(bundle, events)
    assert raw == [a.raw for a in answers]
    assert reasons == [";".join(r.code for r in a.reasons) for a in answers]


@settings(max_examples=40, derandomize=True)
@given(data=st.data())
def test_replay_equals_live_of_anything(bundle: Bundle, timelines, live, replayed, data) -> None:
    """The same for invented logins: unknown fields, nobody's logins, several in one instant."""
    events = data.draw(timelines)
    raw, reasons = replayed(bundle, events)
    answers = live(bundle, events)
    assert raw == [a.raw for a in answers]
    assert reasons == [";".join(r.code for r in a.reasons) for a in answers]


@pytest.mark.parametrize("trust", ["low-risk", "confirmed"])
def test_score_file_equals_live(
    bundle: Bundle, events: pl.DataFrame, tmp_path: Path, trust: Trust
) -> None:
    """`score_file` says of each row what the scorer answers, whichever way it takes; a third of
    the outcomes are unknown."""
    mixed = events.with_columns(
        outcome=pl.when(pl.int_range(pl.len()) % 3 == 0)
        .then(pl.lit("unknown"))
        .otherwise(pl.col("outcome"))
    )
    write_events(tmp_path / "events.parquet", [mixed])
    frames = score_file(tmp_path / "events.parquet", bundle, trust=trust)
    scores = pl.concat(frames)
    with SqliteHistory(tmp_path / "history.sqlite") as store:
        scorer = Scorer(bundle, store, trust=trust)
        expected = []
        for event in to_events(mixed):
            assessment = scorer.assess(event)
            scorer.remember(event, assessment)
            expected.append(
                (event.event_id, assessment.risk_score, assessment.risk_level, assessment.state,
                 ";".join(reason.code for reason in assessment.reasons))
            )  # fmt: skip
    found = scores.select("event_id", "risk_score", "risk_level", "state", "reasons").rows()
    assert found == expected


@pytest.fixture(scope="module")
def requests(events: pl.DataFrame) -> list[LoginEvent]:
    """What /v1 takes of simulated logins: address, agent, application, method, round-trip time."""
    enrich = default_enricher().enrich
    return [
        enrich(
            LoginEvent(
                event_id=e.event_id, timestamp_ns=e.timestamp_ns, user_id=e.user_id,
                outcome=e.outcome, src_ip=e.src_ip, user_agent=e.user_agent, app=e.app,
                auth_method=e.auth_method, rtt_ms=e.rtt_ms,
            )
        )
        for e in to_events(events[:400])
    ]  # fmt: skip


class SqliteHistory:
    """A SQLite store that is closed at the end of a block."""

    def __init__(self, path: Path) -> None:
        self.store = SqliteStore(path)

    def __enter__(self) -> SqliteStore:
        return self.store

    def __exit__(self, *_: object) -> None:
        self.store.close()


def body_of(event: LoginEvent, **changes: object) -> bytes:
    fields = {
        "eventID": event.event_id, "userID": event.user_id, "timestamp": event.timestamp_ns,
        "location": event.src_ip, "userAgent": event.user_agent, "app": event.app,
        "authMethod": event.auth_method, "rttMs": event.rtt_ms, "outcome": event.outcome.value,
    }  # fmt: skip
    return msgspec.json.encode(fields | changes)


@pytest.mark.parametrize("told", ["with the login", "afterwards"])
def test_replay_equals_http(
    bundle: Bundle, requests: list[LoginEvent], replayed, tmp_path: Path, told: str
) -> None:
    """A log replayed gives what /v1 answered, in full precision, whether each outcome came with
    the login or by /v1/outcomes before the next one."""
    with SqliteHistory(tmp_path / "history.sqlite") as store:
        scorer = Scorer(bundle, store, trust="confirmed")
        settings = ServiceSettings(patience_s=30.0)
        app = create_app(scorer, default_enricher().enrich, settings, clock=lambda: LATER_NS)
        answers = []
        with TestClient(app, base_url="http://127.0.0.1:5000") as client:
            for event in requests:
                changes = {} if told == "with the login" else {"outcome": "unknown"}
                response = client.post("/v1/assessments", content=body_of(event, **changes))
                assert response.status_code == 200
                answers.append(response.json())
                if told == "afterwards":
                    outcome = {"eventID": event.event_id, "outcome": event.outcome.value}
                    assert client.post("/v1/outcomes", json=outcome).status_code == 200
    raw, reasons = replayed(bundle, to_frame(requests))
    live = Adaptation(bundle.calibrator, bundle.version)
    risks = live.risks(
        np.array(raw, np.float32),
        np.array([code_of("user", e.user_id) for e in requests]),
        np.array([e.timestamp_ns for e in requests]),
        np.array([e.outcome is Outcome.SUCCESS for e in requests]),
    ).tolist()
    assert [a["riskScore"] for a in answers] == risks
    assert [";".join(r["code"] for r in a["reasons"]) for a in answers] == reasons


def test_outcomes_under_low_risk_trust_teach_no_more(
    bundle: Bundle, requests: list[LoginEvent], replayed, tmp_path: Path
) -> None:
    """Where logins of low risk are trusted at first, a failure that is told afterwards is taken
    out again: the scores are those of the log."""
    with SqliteHistory(tmp_path / "history.sqlite") as store:
        scorer = Scorer(bundle, store, trust="low-risk")
        risks = []
        for event in requests:
            unknown = msgspec.structs.replace(event, outcome=Outcome.UNKNOWN)
            assessment = scorer.assess(unknown)
            scorer.remember(unknown, assessment)
            scorer.resolve(event.event_id, event.outcome.value)
            risks.append(assessment.raw)
    assert risks == replayed(bundle, to_frame(requests))[0]


def test_frame_codes_equal_event_codes(events: pl.DataFrame) -> None:
    """A frame is coded as its events are, one by one."""
    frame = code_frame(events)
    single = coded_from([code_event(event) for event in to_events(events)])
    assert np.array_equal(frame.ints, single.ints)
    assert np.array_equal(frame.floats, single.floats, equal_nan=True)


@settings(max_examples=40, derandomize=True)
@given(data=st.data())
def test_frame_codes_equal_event_codes_of_anything(timelines, data) -> None:
    """The same for unknown fields, numbers that are none, and texts that are empty."""
    events = data.draw(timelines)
    frame = code_frame(to_frame(events))
    single = coded_from([code_event(event) for event in events])
    assert np.array_equal(frame.ints, single.ints)
    assert np.array_equal(frame.floats, single.floats, equal_nan=True)
