"""Any log, one login a line, as a TOML description tells (`--format path/to/file.toml`).

Patterns that people write meet lines that attackers write. So they are run by the regular
expression engine of polars (Rust `regex`), which has no backtracking: cost is linear in the line
whatever the pattern, and look-around and back-references do not exist. Patterns are anchored at
both ends; lines of more than 65,536 characters are rejected.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from authrisk.errors import FormatError
from authrisk.event import FAILURE_REASONS, LoginEvent, Outcome, format_time_ns
from authrisk.logs.address import read_origin
from authrisk.logs.description import FIELDS, Description, JsonPath, read_description
from authrisk.logs.json_object import read_object
from authrisk.logs.parser import PAUSE, Ignored, Item, Line, ParseSettings, Proven, Rejected
from authrisk.logs.timestamps import StampReader, epoch_to_ns, naive_to_ns, zone_of

MAX_LINE_CHARACTERS = 65_536


def load_description(path: Path) -> GenericParser:
    """The parser that a TOML file describes, tried on the file's own sample.

    Raises FormatError that lists every mistake of the file; or, once it is well formed, every
    line of `sample` that it rejects and every difference from `expected`.
    """
    parser = GenericParser(read_description(path))
    faults = _sample_faults(parser)
    if faults:
        raise FormatError("; ".join(faults), where=str(path), remedy="mend pattern or sample")
    return parser


@dataclass(frozen=True)
class GenericParser:
    """Reads the lines that its description fits."""

    description: Description

    @property
    def name(self) -> str:
        return self.description.name

    @property
    def title(self) -> str:
        return self.description.title

    @property
    def versions(self) -> str:
        return "as described"

    @property
    def proven(self) -> Proven:
        return "description"

    @property
    def sample(self) -> str:
        return self.description.sample

    @property
    def expected(self) -> Sequence[dict[str, object]]:
        return [_canonical(row) for row in self.description.expected]

    @property
    def hostile(self) -> str:
        return self.description.hostile

    def claims(self, head: Sequence[str]) -> bool:
        """Any line that makes an event."""
        lines = (Line("", number, text) for number, text in enumerate(head))
        settings = ParseSettings(dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
        return any(isinstance(item, LoginEvent) for item in self.parse(lines, settings))

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a line, in order; text lines are read in batches of 1,000."""
        build = _Builder(self.description, settings)
        rows = _json_rows if self.description.pattern is None else _text_rows
        for line, row in rows(lines, self.description):
            yield build.event(line, row) if isinstance(row, dict) else row


Row = dict[str, str | None]


def _text_rows(
    lines: Iterable[Line], description: Description
) -> Iterator[tuple[Line, Row | Rejected | Ignored]]:
    assert description.pattern is not None
    for batch in _batches(lines):
        short = [line.text if len(line.text) <= MAX_LINE_CHARACTERS else "" for line in batch]
        texts = pl.Series(short, dtype=pl.String)
        matched = texts.str.contains(description.pattern)
        groups = texts.str.extract_groups(description.pattern)
        skip = [False] * len(batch)
        if description.ignore is not None:
            skip = texts.str.contains(description.ignore).to_list()
        rows = zip(batch, matched.to_list(), groups.to_list(), skip, strict=True)
        for line, fits, row, skipped in rows:
            if fits and line.text:
                yield line, row
            elif len(line.text) > MAX_LINE_CHARACTERS:
                yield line, Rejected(line, f"more than {MAX_LINE_CHARACTERS} characters")
            elif skipped or not line.text.strip():
                yield line, Ignored(line, "no login, says the description")
            else:
                yield line, Rejected(line, "the pattern does not fit")


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Lines to be read together; none waits for a line that is not there yet."""
    batch = []
    for line in lines:
        batch.append(line)
        if len(batch) >= _BATCH or line is PAUSE:
            yield batch
            batch = []
    if batch:
        yield batch


def _json_rows(
    lines: Iterable[Line], description: Description
) -> Iterator[tuple[Line, Row | Rejected | Ignored]]:
    for line in lines:
        if not line.text.strip():
            yield line, Ignored(line, "no login, says the description")
            continue
        try:
            content = read_object(line.text)
        except ValueError as error:
            if description.ignore is not None and _fits(line.text, description.ignore):
                yield line, Ignored(line, "no login, says the description")
            else:
                yield line, Rejected(line, str(error))
            continue
        yield line, {name: _at(content, path) for name, path in description.fields.items()}


class _Builder:
    """Turns the texts of one line into an event."""

    def __init__(self, description: Description, settings: ParseSettings) -> None:
        self._said = description
        self._time = _time_reader(description, settings)

    def event(self, line: Line, row: Row) -> Item:
        said = self._said
        values: dict[str, Any] = dict(said.constants)
        for name, text in row.items():
            if text is None or text.strip().casefold() in said.unknown:
                continue
            if name in {"timestamp", "outcome"}:
                values[name] = text
                continue
            try:
                values[name] = _convert(text, FIELDS[name])
            except ValueError:
                return Rejected(line, f"{name} is no {FIELDS[name].__name__}")
        stamp = values.pop("timestamp", None)
        if stamp is None:
            return Rejected(line, "no timestamp")
        try:
            ns = self._time(stamp)
        except (ValueError, OverflowError):
            return Rejected(line, "a stamp that is no time")
        outcome = self._outcome(values)
        if outcome is None:
            if said.other_outcome == "ignore":
                return Ignored(line, "an outcome that is no login")
            return Rejected(line, "an outcome that the description does not name")
        values["outcome"] = outcome
        self._normalise(values)
        values.setdefault("user_id", values.get("user_name"))
        values.setdefault("event_id", line.place)
        return LoginEvent(timestamp_ns=ns, source_type=said.name, **values)

    def _outcome(self, values: Mapping[str, Any]) -> Outcome | None:
        text = str(values.get("outcome", "")).casefold()
        outcome = self._said.outcomes.get(text)
        if outcome is None and "outcome" in self._said.constants:
            outcome = Outcome(text)
        if outcome is None and self._said.other_outcome == "unknown":
            return Outcome.UNKNOWN
        return outcome

    def _normalise(self, values: dict[str, Any]) -> None:
        reason = values.get("failure_reason")
        if reason is not None:
            known = self._said.reasons.get(reason.casefold())
            if known is None and reason not in FAILURE_REASONS:
                values.setdefault("failure_code", reason)
                known = "other"
            values["failure_reason"] = known or reason
        if "src_ip" in values:
            origin = read_origin(values.pop("src_ip"))
            for name, value in (
                ("src_ip", origin.ip), ("src_host", origin.host), ("src_port", origin.port)
            ):  # fmt: skip
                if value is not None:
                    values.setdefault(name, value)


def _time_reader(description: Description, settings: ParseSettings) -> Callable[[str], int]:
    if description.time_format == "epoch":
        return epoch_to_ns
    zone_name = description.zone or settings.timezone
    if "%" not in description.time_format:
        return StampReader(ParseSettings(settings.reference, zone_name)).utc_ns
    zone, form = zone_of(zone_name), description.time_format

    def read(stamp: str) -> int:
        moment = dt.datetime.strptime(stamp, form)  # noqa: DTZ007 - the zone is put on afterwards
        ns = (
            naive_to_ns(moment, zone)
            if moment.tzinfo is None
            else naive_to_ns(moment.astimezone(dt.UTC).replace(tzinfo=None), dt.UTC)
        )
        if ns < 0 or ns >= 2**63:
            raise ValueError("not a time")
        return ns

    return read


def _convert(text: str, kind: type) -> str | int | float | bool:
    if kind is bool:
        folded = text.strip().casefold()
        if folded in {"true", "yes", "1"}:
            return True
        if folded in {"false", "no", "0"}:
            return False
        raise ValueError("no truth value")
    if kind is str:
        return text
    if len(text) > 32 or not text.isascii() or "_" in text:
        raise ValueError("no number")
    number = int(text) if kind is int else float(text)
    if not abs(number) < 2**63:  # NaN and the infinities too
        raise ValueError("no finite number")
    return number


def _at(content: object, path: JsonPath) -> str | None:
    for part in path:
        if isinstance(part, str) and isinstance(content, dict):
            content = content.get(part)
        elif isinstance(part, int) and isinstance(content, list) and part < len(content):
            content = content[part]
        else:
            return None
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, str):
        return content
    return repr(content) if isinstance(content, int | float) else None


def _fits(text: str, pattern: str) -> bool:
    return bool(pl.Series([text], dtype=pl.String).str.contains(pattern)[0])


def _canonical(row: Mapping[str, object]) -> dict[str, object]:
    """`timestamp` of an expectation as the event has it."""
    values = dict(row)
    stamp = values.pop("timestamp", None)
    if stamp is not None:
        settings = ParseSettings(dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
        values["timestamp_ns"] = StampReader(settings).utc_ns(str(stamp))
    return values


def _sample_faults(parser: GenericParser) -> list[str]:
    settings = ParseSettings(dt.datetime(2024, 12, 31, tzinfo=dt.UTC))
    texts = parser.sample.split("\n")
    lines = (Line("sample", number, text) for number, text in enumerate(texts, 1))
    items = list(parser.parse(lines, settings))
    faults = [f"{i.line.place}: {i.cause}" for i in items if isinstance(i, Rejected)]
    events = [item for item in items if isinstance(item, LoginEvent)]
    if not events:
        faults.append("`sample` gives no event")
    try:
        expected = parser.expected
    except ValueError:
        return [*faults, "`expected.timestamp` must be RFC 3339 text"]
    if expected and len(events) != len(expected):
        faults.append(f"`sample` gives {len(events)} events, `expected` names {len(expected)}")
        return faults
    for event, fields in zip(events, expected, strict=False):
        for name, value in fields.items():
            got = getattr(event, name)
            if got != value:
                if name == "timestamp_ns":
                    name, got, value = "timestamp", format_time_ns(got), "what is expected"  # noqa: PLW2901 - compared as text from here on
                faults.append(f"{event.event_id}: {name} is {got!r}, not {value!r}")
    return faults


_BATCH = 1000
