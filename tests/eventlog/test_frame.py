"""Events as tables."""

from __future__ import annotations

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.errors import InputError
from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import EVENT_SCHEMA, to_events, to_frame

INT64 = st.integers(-(2**63), 2**63 - 1)
OPTIONAL = {
    pl.String: st.none() | st.text(max_size=12),
    pl.Int64: st.none() | INT64,
    pl.Float64: st.none() | st.floats(allow_nan=False),
    pl.Boolean: st.none() | st.booleans(),
}
EVENTS = st.builds(
    LoginEvent,
    **{
        name: OPTIONAL[type(dtype)]
        for name, dtype in EVENT_SCHEMA.items()
        if name not in ("timestamp", "event_id", "count", "outcome")
    },
    event_id=st.text(min_size=1, max_size=12),
    timestamp_ns=INT64,
    outcome=st.sampled_from(Outcome),
    count=st.integers(1, 2**40),
)


def test_columns_are_the_fields_in_their_order() -> None:
    """One column per field of the event, in declaration order, the time as a timestamp."""
    fields = [field.name for field in msgspec.structs.fields(LoginEvent)]
    assert [{"timestamp": "timestamp_ns"}.get(c, c) for c in EVENT_SCHEMA] == fields
    assert EVENT_SCHEMA["timestamp"] == pl.Datetime("ns", "UTC")


@settings(max_examples=60)
@given(st.lists(EVENTS, max_size=6))
def test_round_trip_is_exact(events: list[LoginEvent]) -> None:
    """Events that become a table and events again are the same events."""
    frame = to_frame(events)
    assert frame.schema == EVENT_SCHEMA
    assert list(to_events(frame)) == events


def test_empty_text_is_not_unknown() -> None:
    """An empty text and a zero stay what they are; only None is an empty cell."""
    event = LoginEvent(event_id="", timestamp_ns=0, user_id="", src_latitude=0.0, src_port=0)
    (back,) = to_events(to_frame([event]))
    assert (back.user_id, back.src_latitude, back.src_port, back.src_city) == ("", 0.0, 0, None)


@pytest.mark.parametrize("bad", [{"src_asn": 2**70}, {"user_agent": "\ud800"}])
def test_values_without_a_cell_are_named(bad: dict[str, object]) -> None:
    """A value that a column cannot hold is an error that names the column."""
    event = msgspec.structs.replace(LoginEvent(event_id="1", timestamp_ns=0, user_id="7"), **bad)
    with pytest.raises(InputError, match=next(iter(bad))):
        to_frame([event])


def test_wrong_tables_are_refused() -> None:
    """A missing, mistyped, unknown or empty required column is named."""
    frame = to_frame([LoginEvent(event_id="1", timestamp_ns=0, user_id="7")])
    wrong = {
        "app is missing": frame.drop("app"),
        "src_asn is String": frame.with_columns(pl.col("src_asn").cast(pl.String)),
        "unknown column label": frame.with_columns(label=True),
        "outcome has empty cells": frame.with_columns(outcome=pl.lit(None, pl.String)),
        "unknown outcome 'won'": frame.with_columns(outcome=pl.lit("won")),
    }
    for message, table in wrong.items():
        with pytest.raises(InputError, match=message):
            list(to_events(table))
