"""OCSF records: what we export comes back whole, whatever format it was read from."""

from __future__ import annotations

import json
from importlib.metadata import entry_points

import pytest

from authrisk.event import LoginEvent, Outcome
from authrisk.export.ocsf import to_ocsf
from authrisk.logs.discovery import GROUP, load
from authrisk.logs.formats.ocsf import PARSER
from authrisk.logs.parser import Item, Line
from authrisk.testing.parser import SETTINGS, parse_text

POINTS = sorted(entry_points(group=GROUP), key=lambda point: point.name)


def parse(*records: dict[str, object]) -> list[Item]:
    lines = (Line("log", number, json.dumps(row)) for number, row in enumerate(records, 1))
    return list(PARSER.parse(lines, SETTINGS))


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_our_export_comes_back_whole(point) -> None:
    """Every event of every format's sample is the same after export and parsing."""
    parser = load(point)
    events = [item for item in parse_text(parser, parser.sample) if isinstance(item, LoginEvent)]
    assert events
    assert parse(*map(to_ocsf, events)) == events


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        ({"status_id": 1}, Outcome.SUCCESS),
        ({"status_id": 2}, Outcome.FAILURE),
        ({"status": "Failure"}, Outcome.FAILURE),
        ({"status_id": 99, "status": "challenge"}, Outcome.INTERRUPTED),
        ({"status_id": "1"}, Outcome.UNKNOWN),
        ({}, Outcome.UNKNOWN),
    ],
)
def test_outcomes_of_other_producers(record: dict[str, object], outcome: Outcome) -> None:
    """The number of the status decides, else its word; anything else is unknown."""
    base = {"class_uid": 3002, "activity_id": 1, "time": 1_589_912_561_500, "user": {"name": "a"}}
    (event,) = parse(base | record)
    assert isinstance(event, LoginEvent)
    assert event.outcome is outcome
