"""Users: who somebody is called, and whose row comes first in a file, changes no score."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.evaluation.scores import score_file
from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import to_frame, write_events
from authrisk.features.catalogue import F_LOGIN
from authrisk.features.coded import code_frame
from authrisk.features.timeline import EVIDENCE, FAMILIAR, arrange, rows
from authrisk.models.bundle import Bundle

LAW = settings(max_examples=20, derandomize=True)
STANDINGS = {Outcome.SUCCESS: FAMILIAR, Outcome.FAILURE: EVIDENCE}


@LAW
@given(data=st.data(), salt=st.text(max_size=5))
def test_identity_blindness(bundle: Bundle, timelines, live, replayed, data, salt: str) -> None:
    """Renaming the users changes no score and no reason, live or replayed."""
    events = data.draw(timelines)
    renamed = [
        e if e.user_id is None else msgspec.structs.replace(e, user_id=salt + e.user_id * 2)
        for e in events
    ]
    assert replayed(bundle, renamed) == replayed(bundle, events)
    assert [(a.raw, a.reasons) for a in live(bundle, renamed)] == [
        (a.raw, a.reasons) for a in live(bundle, events)
    ]


def test_identity_blindness_of_simulated_logins(
    bundle: Bundle, events: pl.DataFrame, replayed
) -> None:
    """The same for a real-looking file: the users' names exchange places."""
    names = events["user_id"].unique().sort()
    others = names.shuffle(seed=3)
    renamed = events.with_columns(user_id=pl.col("user_id").replace_strict(names, others))
    assert replayed(bundle, renamed) == replayed(bundle, events)


def test_order_of_rows_does_not_matter(
    bundle: Bundle, events: pl.DataFrame, tmp_path: Path
) -> None:
    """A file whose rows are shuffled, no two of one instant, gives every event its score."""
    distinct = events.unique("timestamp", keep="first", maintain_order=True)
    scores = []
    for n, frame in enumerate((distinct, distinct.sample(fraction=1.0, shuffle=True, seed=1))):
        write_events(tmp_path / f"{n}.parquet", [frame])
        scores.append(pl.concat(score_file(tmp_path / f"{n}.parquet", bundle)).sort("event_id"))
    assert scores[0].equals(scores[1])


@LAW
@given(data=st.data(), seed=st.integers(0, 99))
def test_order_within_one_instant(bundle: Bundle, timelines, replayed, data, seed: int) -> None:
    """Rows of one instant and different users, in any order: what a login is against its own
    past stays the same, and so does every score at any other instant. (Within the instant the
    one that arrives first counts for the next: in the population and at its source.)"""
    by_user_and_time = {(e.user_id, e.timestamp_ns): e for e in data.draw(timelines)}
    events = sorted(by_user_and_time.values(), key=lambda e: e.timestamp_ns)
    shuffled = random.Random(seed).sample(events, len(events))
    shuffled.sort(key=lambda e: e.timestamp_ns)
    assert own_columns(bundle, events) == own_columns(bundle, shuffled)
    scores = [
        {e.event_id: score for e, score in zip(order, replayed(bundle, order)[0], strict=True)}
        for order in (events, shuffled)
    ]
    times = [e.timestamp_ns for e in events]
    for event in events:
        if times.count(event.timestamp_ns) == 1:
            assert scores[0][event.event_id] == scores[1][event.event_id]


def own_columns(bundle: Bundle, events: list[LoginEvent]) -> dict[str, bytes]:
    """The columns of scope `login` of each event, by its id."""
    frame = to_frame(events)
    standing = np.array([STANDINGS.get(Outcome(o), 0) for o in frame["outcome"]], np.int8)
    timeline = arrange(code_frame(frame), standing)
    found = rows(timeline, bundle.encoders)[:, :F_LOGIN]
    return {events[row].event_id: found[i].tobytes() for i, row in enumerate(timeline.row_of)}
