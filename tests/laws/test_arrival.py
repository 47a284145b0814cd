"""Arrival: logins may come late, twice, or in any order; what is known in the end is the same."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.event import LoginEvent, Outcome
from authrisk.history.memory import MemoryStore
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import HistoryStore
from authrisk.models.bundle import Bundle
from authrisk.scorer import Scorer

USERS = ("u", "v", "w")
REPORTS = {"v": "challenge_passed", "w": "failure"}
"""Users whose logins come without an outcome, and what is told of them afterwards."""


@contextmanager
def sqlite() -> Iterator[HistoryStore]:
    with tempfile.TemporaryDirectory() as folder:
        with closing(SqliteStore(Path(folder) / "h.db")) as store:
            yield store


@contextmanager
def memory() -> Iterator[HistoryStore]:
    yield MemoryStore()


def live_through(bundle: Bundle, store: HistoryStore, events: list[LoginEvent]) -> Scorer:
    """Each login scored, kept, and its outcome told, in the order given."""
    scorer = Scorer(bundle, store, trust="confirmed")
    for sent in events:
        told = REPORTS.get(sent.user_id or "")
        unknown = sent.outcome if told is None else Outcome.UNKNOWN
        event = msgspec.structs.replace(sent, outcome=unknown)
        scorer.remember(event, scorer.assess(event))
        if told is not None:
            scorer.resolve(event.event_id, told)
    return scorer


def state(scorer: Scorer, events: list[LoginEvent]) -> object:
    """What is kept of each user, in the order of time, and how a next login of each is scored."""
    probes = [
        msgspec.structs.replace(
            events[0], event_id=f"probe-{user}", user_id=user, timestamp_ns=events[-1].timestamp_ns
        )
        for user in USERS
    ]
    kept = [
        [(login.event.event_id, login.standing, login.outcome) for login in scorer.store.logins(u)]
        for u in USERS
    ]
    return kept, [scorer.assess(probe).raw for probe in probes], scorer.population.size


@settings(max_examples=12, derandomize=True)
@given(data=st.data())
def test_any_order_of_arrival_ends_in_the_same_state(bundle: Bundle, timelines, data) -> None:
    """Whatever order the logins of some users arrive in, some of them twice, in either store: the
    same logins are kept with the same standing, and each user's next login gets the same score."""
    drawn = data.draw(timelines)
    events = [
        msgspec.structs.replace(event, timestamp_ns=event.timestamp_ns + n)
        for n, event in enumerate(drawn)
    ]
    again = data.draw(st.lists(st.sampled_from(events), max_size=5))
    order = data.draw(st.permutations([*events, *again]))
    ends = []
    for make, arrived in ((memory, events), (memory, order), (sqlite, order)):
        with make() as store:
            ends.append(state(live_through(bundle, store, arrived), events))
    assert ends[0] == ends[1] == ends[2]
