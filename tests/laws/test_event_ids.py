"""One event id is one login: telling it twice changes nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.evaluation.scores import score_file
from authrisk.event import Outcome
from authrisk.eventlog import write_events
from authrisk.history.memory import MemoryStore
from authrisk.models.bundle import Bundle
from authrisk.scorer import Scorer, Trust


@settings(max_examples=25, derandomize=True)
@given(data=st.data())
def test_remembering_twice_is_remembering_once(bundle: Bundle, timelines, live, data) -> None:
    """Each event told again, at once and at the end, leaves all scores and counts as they are."""
    events = data.draw(timelines)
    scorer = Scorer(bundle, MemoryStore(), trust="confirmed")
    raw = []
    for event in events:
        assessment = scorer.assess(event)
        raw.append(assessment.raw)
        assert scorer.remember(event, assessment) is not None
        assert scorer.remember(event, assessment) is None
        assert scorer.remember(msgspec.structs.replace(event, user_id="z"), assessment) is None
    assert raw == [a.raw for a in live(bundle, events)]
    counts = scorer.population.to_bytes()
    for event in events:
        scorer.remember(event, scorer.assess(event))
        scorer.resolve(event.event_id, "success")
        scorer.resolve(event.event_id, "success")
    again = Scorer(bundle, scorer.store)
    # A login that failed stays evidence, whatever is said of it later.
    successes = sum(e.user_id is not None and e.outcome is not Outcome.FAILURE for e in events)
    assert scorer.population.size == again.population.size == successes
    assert len(counts) <= len(scorer.population.to_bytes())


@pytest.mark.parametrize("trust", ["low-risk", "confirmed"])
def test_repeated_rows_are_one_event(
    bundle: Bundle, events: pl.DataFrame, tmp_path: Path, trust: Trust
) -> None:
    """Rows that come again in a file, anywhere behind the first, get its score and teach
    nothing; with and without unknown outcomes."""
    for n, frame in enumerate((events, events.with_columns(outcome=pl.lit("unknown"))[:200])):
        again = pl.concat([frame[::3], frame[::5].with_columns(user_id=pl.lit("another"))])
        twice = pl.concat([frame, again.sample(fraction=1.0, shuffle=True, seed=1)])
        scores = []
        for name, written in (("once", frame), ("twice", twice)):
            path = tmp_path / f"{n}-{name}.parquet"
            write_events(path, [written])
            scores.append(pl.concat(score_file(path, bundle, trust=trust)))
        once, both = scores
        assert both[: frame.height].equals(once)
        columns = ["event_id", "risk_score", "reasons"]
        expected = both.select("event_id").join(once, on="event_id", maintain_order="left")
        assert both.select(columns).equals(expected.select(columns))
