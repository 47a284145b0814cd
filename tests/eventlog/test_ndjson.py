"""Events as lines of JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from authrisk.errors import InputError
from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import read_ndjson, write_ndjson


def test_round_trip(tmp_path: Path) -> None:
    """Events written as JSON lines are read back as the same events, to the nanosecond."""
    path = tmp_path / "e.ndjson"
    events = [
        LoginEvent(event_id="a", timestamp_ns=1, user_id=None, outcome=Outcome.INTERRUPTED),
        LoginEvent(event_id="b", timestamp_ns=1_589_912_560_607_000_001, user_id="x\ny\u2028"),
    ]
    assert write_ndjson(path, events) == 2
    assert list(read_ndjson(path)) == events


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        '{"event_id":"1","timestamp":"yesterday","user_id":"7"}',
        '{"event_id":"1","timestamp":1,"user_id":"7"}',
        '{"event_id":"1","timestamp":"2020-01-01T00:00:00Z","user_id":7}',
        "[]",
    ],
)
def test_bad_lines_are_named(tmp_path: Path, line: str) -> None:
    """A line that is no event is an error with file and line number."""
    path = tmp_path / "e.ndjson"
    path.write_text("\n" + line + "\n")
    with pytest.raises(InputError, match=r"e\.ndjson:2: "):
        list(read_ndjson(path))


def test_missing_file(tmp_path: Path) -> None:
    """A missing file is named."""
    with pytest.raises(InputError, match="no such file"):
        list(read_ndjson(tmp_path / "e"))
