"""Sample lines with expectations, read by the installed formats, one row at a time."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from authrisk.event import LoginEvent
from authrisk.logs.parser import Line, Parser, ParseSettings
from benchmarks.grade.fields import disagreements, graded

EXPLAINED = Path(__file__).parent / "explained"
"""One TOML file per sample file: `formats` where its name is not that of the format, and a table
per row id, `fields = [...]` and `why`, for what the format does on purpose otherwise."""

SETTINGS = ParseSettings(reference=dt.datetime(2026, 12, 31, tzinfo=dt.UTC))

SAME_ATTEMPT = ("none", "secondary", "step", "part")
"""Roles of lines that must give no event. `login` must give one; others are counted only."""


@dataclass(slots=True)
class Grade:
    """What came of the samples of one file."""

    name: str
    formats: Sequence[str]
    logins: int = 0
    logins_read: int = 0
    """With exactly one event."""
    others: int = 0
    others_silent: int = 0
    """Of role none, secondary, step or part, without an event."""
    unjudged: int = 0
    unjudged_events: int = 0
    fields: int = 0
    fields_agree: int = 0
    explained: int = 0
    faults: list[str] = field(default_factory=list)
    """`id: what differs`, but for those that are explained."""


def grade_file(path: Path, formats: Mapping[str, Parser]) -> Grade:
    """The grade of one `<name>.jsonl`; lines that no format reads count only as missed logins."""
    notes = explanations(path.stem)
    names = [name for name in notes.get("formats", [path.stem]) if name in formats]
    grade = Grade(path.stem, names)
    for row in _rows(path):
        parsers = [formats[name] for name in names] or _claimants(row["raw"], formats)
        events = [event for parser in parsers for event in events_of(parser, row["raw"])]
        if parsers or row.get("role") == "login":
            _judge(grade, row, events, notes.get(row["id"], {}))
    return grade


def explanations(name: str) -> dict[str, Any]:
    """What is written down about the samples of that name."""
    path = EXPLAINED / f"{name}.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def events_of(parser: Parser, raw: str) -> list[LoginEvent]:
    """The events of one sample, read as a log of its own."""
    lines = (Line("sample", number, text) for number, text in enumerate(raw.split("\n"), 1))
    return [item for item in parser.parse(lines, SETTINGS) if isinstance(item, LoginEvent)]


def _judge(
    grade: Grade, row: Mapping[str, Any], events: list[LoginEvent], note: Mapping[str, Any]
) -> None:
    role = row.get("role")
    silent = role in SAME_ATTEMPT or row["expect"].get("emit") is False
    faults = []
    if role == "login":
        grade.logins += 1
        if len(events) == 1:
            grade.logins_read += 1
        else:
            faults.append(f"events: got {len(events)}, expected 1")
    elif silent:
        grade.others += 1
        if events:
            faults.append(f"events: got {len(events)}, expected none ({role or 'emit: false'})")
        else:
            grade.others_silent += 1
    else:
        grade.unjudged += 1
        grade.unjudged_events += bool(events)
    if len(events) == 1 and not silent:
        different = list(disagreements(events[0], row["expect"], row["raw"]))
        grade.fields += graded(row["expect"])
        grade.fields_agree += graded(row["expect"]) - len(different)
        faults += different
    for fault in faults:
        if fault.partition(":")[0] in note.get("fields", ()):
            grade.explained += 1
        else:
            grade.faults.append(f"{row['id']}: {fault}")


def _claimants(raw: str, formats: Mapping[str, Parser]) -> list[Parser]:
    head = raw.split("\n")
    return [parser for parser in formats.values() if parser.claims(head)]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().splitlines():
        if line.strip():
            yield msgspec.json.decode(line, type=dict[str, Any])
