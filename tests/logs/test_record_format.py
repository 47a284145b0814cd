"""Every format of JSON records, whatever layout its log has."""

from __future__ import annotations

import dataclasses
import json
from importlib.metadata import entry_points
from typing import Any

import msgspec
import pytest

from authrisk.event import LoginEvent
from authrisk.logs.discovery import GROUP, load
from authrisk.logs.json_records import Envelope, json_objects
from authrisk.logs.parser import Line, Rejected
from authrisk.logs.record_format import RecordFormat
from authrisk.testing.parser import parse_text

FORMATS = [
    parser
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)
    if isinstance(parser := load(point), RecordFormat)
]
by_format = pytest.mark.parametrize("parser", FORMATS, ids=lambda parser: parser.name)


def records_of(parser: RecordFormat[Any]) -> list[Any]:
    """The records of a format's sample, without what stands around them."""
    lines = (Line("f", number, text) for number, text in enumerate(parser.sample.split("\n")))
    texts = (piece.text for piece in json_objects(lines) if isinstance(piece, Line))
    opened = (Envelope(parser.envelopes).open(text) for text in texts)
    return [
        json.loads(raw if isinstance(raw, str) else bytes(raw)) for group in opened for raw in group
    ]


def events_of(parser: RecordFormat[Any], text: str) -> list[LoginEvent]:
    events = [item for item in parse_text(parser, text) if isinstance(item, LoginEvent)]
    assert len({event.event_id for event in events}) == len(events)
    return [
        msgspec.structs.replace(event, event_id=event.raw_event_id or "place") for event in events
    ]


@by_format
def test_layout_does_not_matter(parser: RecordFormat[Any]) -> None:
    """One a line, an array, a printed array and printed objects give the same events."""
    records = records_of(parser)
    plain = events_of(parser, "\n".join(map(json.dumps, records)))
    assert len(plain) == len(parser.expected)
    assert events_of(parser, json.dumps(records)) == plain
    assert events_of(parser, json.dumps(records, indent=2)) == plain
    assert events_of(parser, "\n".join(json.dumps(one, indent=4) for one in records)) == plain


@by_format
def test_every_envelope_is_opened(parser: RecordFormat[Any]) -> None:
    """In one line or printed over many, the records of each envelope are found."""
    records = records_of(parser)
    plain = events_of(parser, "\n".join(map(json.dumps, records)))
    for path in parser.envelopes:
        for content in ([records], [[record] for record in records]):
            wrapped: list[Any] = content
            for name in reversed(path.split(".")):
                wrapped = [{name: part} for part in wrapped]
            assert events_of(parser, "\n".join(map(json.dumps, wrapped))) == plain
            printed = "\n".join(json.dumps(part, indent=2) for part in wrapped)
            assert events_of(parser, printed) == plain


@by_format
def test_telltales_hide_no_login(parser: RecordFormat[Any]) -> None:
    """Reading only records that hold a telltale gives the events that reading them all gives."""
    text = f"{parser.sample}\n{parser.hostile}"
    whole = dataclasses.replace(parser, telltales=())
    assert events_of(parser, text) == events_of(whole, text)


@by_format
def test_a_field_of_another_type_is_data(parser: RecordFormat[Any]) -> None:
    """A value of each record replaced by another type raises nothing and says who is rejected."""
    for record in records_of(parser):
        for key in record:
            for value in (None, [], {}, 7, "x", [1], {"a": 1}, True, 1.5):
                items = parse_text(parser, json.dumps(record | {key: value}))
                assert items
                assert all(item.cause for item in items if isinstance(item, Rejected))
