"""Login events as lines of JSON, in the canonical names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from authrisk.errors import InputError
from authrisk.event import LoginEvent, from_json, to_json
from authrisk.eventlog.sibling import replacing


def encode_lines(events: Iterable[LoginEvent]) -> Iterator[bytes]:
    """One JSON object and a line break per event."""
    for event in events:
        yield to_json(event) + b"\n"


def decode_lines(lines: Iterable[bytes], where: str) -> Iterator[LoginEvent]:
    """The events of JSON lines; empty lines are skipped. `where` names the source in errors.

    >>> [e.user_id for e in decode_lines([b'{"event_id":"1","timestamp":"1970-01-01T00:00:00Z",'
    ...                                   b'"user_id":"7"}'], "x")]
    ['7']
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield from_json(line)
        except (msgspec.DecodeError, OverflowError) as error:
            place = f"{where}:{number}"
            remedy = "one event a line, as authrisk writes them"
            raise InputError(str(error), where=place, remedy=remedy) from error


def write_ndjson(path: Path, events: Iterable[LoginEvent]) -> int:
    """Write events as JSON lines; answers how many. The file appears when all is written."""
    count = 0
    with replacing(path) as partial, partial.open("wb") as file:
        for line in encode_lines(events):
            file.write(line)
            count += 1
    return count


def read_ndjson(path: Path) -> Iterator[LoginEvent]:
    """The events of a file of JSON lines; raises InputError naming file and line."""
    if not path.is_file():
        raise InputError("no such file", where=str(path), remedy="check the path")
    with path.open("rb") as file:
        yield from decode_lines(file, str(path))
