"""Time: no login sees the future, or itself, or more of the past than its window holds."""

from __future__ import annotations

import msgspec
import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import to_events
from authrisk.features.catalogue import FAILURE_LIMIT, HISTORY_LIMIT
from authrisk.features.coded import code_event
from authrisk.features.population import Population
from authrisk.features.sequences import live_window
from authrisk.history.memory import MemoryStore
from authrisk.history.store import Standing
from authrisk.models.bundle import Bundle
from authrisk.scorer import Scorer

LAW = settings(max_examples=20, derandomize=True)


@LAW
@given(data=st.data())
def test_causality(bundle: Bundle, timelines, replayed, data) -> None:
    """What happens later changes no score: a cut file gives the scores of the whole one."""
    events = data.draw(timelines)
    cut = data.draw(st.integers(1, len(events)))
    whole, reasons = replayed(bundle, events)
    assert replayed(bundle, events[:cut]) == (whole[:cut], reasons[:cut])


def test_causality_of_simulated_logins(bundle: Bundle, events: pl.DataFrame, replayed) -> None:
    """The same for a real-looking file, cut at many places."""
    whole, _ = replayed(bundle, events)
    for cut in range(1, events.height, 61):
        assert replayed(bundle, events[:cut])[0] == whole[:cut]


@LAW
@given(data=st.data())
def test_late_arrivals_of_the_future_change_nothing(bundle: Bundle, timelines, live, data) -> None:
    """A login is scored alike whether or not history already holds logins of a later time."""
    events = data.draw(timelines)
    now = events[-1].timestamp_ns
    login = msgspec.structs.replace(events[-1], event_id="probe")
    scorers = []
    for future in ([], events):
        scorer = Scorer(bundle, MemoryStore(), trust="confirmed")
        for event in events:
            scorer.store.append(event, scorer.standing_of(event, 0.0))
        for n, event in enumerate(future):
            later = msgspec.structs.replace(
                event, event_id=f"later-{n}", timestamp_ns=now + 1 + n, user_id=login.user_id
            )
            scorer.store.append(later, scorer.standing_of(later, 0.0))
        scorers.append(scorer)
    assert scorers[0].assess(login).raw == scorers[1].assess(login).raw


@settings(LAW, max_examples=12)
@given(data=st.data())
def test_own_outcome_does_not_change_the_score(
    bundle: Bundle, timelines, live, replayed, data
) -> None:
    """A login's outcome says nothing about its own score."""
    events = data.draw(timelines)
    at = data.draw(st.integers(0, len(events) - 1))
    seen = {
        (live(bundle, changed)[at].raw, replayed(bundle, changed)[0][at])
        for changed in (
            [*events[:at], msgspec.structs.replace(events[at], outcome=outcome), *events[at + 1 :]]
            for outcome in Outcome
        )
    }
    assert len(seen) == 1


@LAW
@given(data=st.data())
def test_assessing_teaches_nothing(bundle: Bundle, timelines, data) -> None:
    """A login that is assessed, and not remembered, changes no later score, its own included."""
    events = data.draw(timelines)
    scorer = Scorer(bundle, MemoryStore(), trust="confirmed")
    for event in events[:-1]:
        scorer.remember(event, scorer.assess(event))
    first = scorer.assess(events[-1])
    for event in events[:-1]:
        scorer.assess(msgspec.structs.replace(event, event_id="other " + event.event_id))
    assert scorer.assess(events[-1]) == first


def test_a_stored_login_is_scored_as_before(bundle: Bundle, events: pl.DataFrame) -> None:
    """Whether a login waits in history for its outcome makes no difference to its own score."""
    scorer = Scorer(bundle, MemoryStore(), trust="confirmed")
    for event in to_events(events[:300]):
        first = scorer.assess(event)
        scorer.store.append(event, Standing.UNCONFIRMED)
        assert scorer.assess(event).raw == first.raw
        scorer.resolve(event.event_id, event.outcome.value)


def long_history(events: pl.DataFrame) -> list[LoginEvent]:
    """The logins of the user who has most, in order."""
    users = events.filter(pl.col("outcome") == "success")["user_id"].value_counts(sort=True)
    return list(to_events(events.filter(pl.col("user_id") == users["user_id"][0])))


def test_locality(bundle: Bundle, events: pl.DataFrame) -> None:
    """The window from the last HISTORY_LIMIT logins is the window from all of them, bit for bit;
    one login less is one too few."""
    past = [e for e in long_history(events) if e.outcome is Outcome.SUCCESS]
    assert len(past) > HISTORY_LIMIT + 20
    rows = [code_event(event) for event in past]

    def window(begin: int, end: int) -> np.ndarray:
        return live_window(rows[begin:end], (), ((), (), ()), Population(), bundle.preparation)

    differs = 0
    for end in range(HISTORY_LIMIT + 2, len(rows)):
        local = window(end - 1 - HISTORY_LIMIT, end)
        assert np.array_equal(local, window(0, end))
        differs += not np.array_equal(local, window(end - HISTORY_LIMIT, end))
    assert differs > 0


def test_locality_of_failures(bundle: Bundle, events: pl.DataFrame) -> None:
    """No more than the last FAILURE_LIMIT failed attempts are looked at."""
    past = long_history(events)[:20]
    rows = [code_event(event) for event in past]
    now = past[-1].timestamp_ns
    failures = [now - n * 10**9 for n in range(3 * FAILURE_LIMIT, 0, -1)]
    windows = [
        live_window(rows, some, ((), (), ()), Population(), bundle.preparation)
        for some in (failures, failures[-FAILURE_LIMIT:])
    ]
    assert np.array_equal(*windows)
