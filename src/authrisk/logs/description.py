"""A log format that a person describes in a TOML file: what the file may say, and its checks.

`docs/add-a-parser.md` shows one. Everything that is wrong with a file is told at once.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from authrisk.errors import FormatError, InputError
from authrisk.event import FAILURE_REASONS, LoginEvent, Outcome
from authrisk.logs.timestamps import zone_of

JsonPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """One described format, checked. Either `pattern` or `fields` is there."""

    name: str
    title: str
    pattern: str | None
    """Anchored at both ends; groups have canonical names. Run by a linear-time engine."""
    fields: Mapping[str, JsonPath]
    """Canonical name -> where it stands in a JSON object."""
    ignore: str | None
    """Anchored at the start: lines that are fine and no login."""
    unknown: frozenset[str]
    """Values that mean "not said", casefolded."""
    time_format: str
    """`iso`, `syslog`, `epoch`, or a strptime format."""
    zone: str | None
    outcomes: Mapping[str, Outcome]
    """Casefolded text of the log -> outcome."""
    other_outcome: str
    """What a text outside `outcomes` makes of the line: `reject`, `ignore` or `unknown`."""
    reasons: Mapping[str, str]
    constants: Mapping[str, str | int | float | bool]
    sample: str
    expected: tuple[dict[str, object], ...]
    hostile: str


FIELDS: Mapping[str, type] = types.MappingProxyType(
    {
        name: next(part for part in (typing.get_args(hint) or (hint,)) if part is not type(None))
        for name, hint in typing.get_type_hints(LoginEvent).items()
        if name not in {"timestamp_ns", "source_type"}
    }
    | {"timestamp": str}
)
"""The names that a description may fill, with the type of each."""


def read_description(path: Path) -> Description:
    """The description in that file; raises FormatError listing everything that is wrong."""
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise FormatError(error.strerror or "cannot be read", where=str(path)) from None
    except UnicodeDecodeError:
        raise FormatError("is not UTF-8 text", where=str(path)) from None
    try:
        return describe(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FormatError(f"is no TOML: {error}", where=str(path)) from None
    except FormatError as error:
        raise FormatError(error.what, where=str(path), remedy=error.remedy) from None


def describe(content: Mapping[str, Any]) -> Description:
    """The description that the content of a TOML file makes; raises FormatError as above."""
    check = _Check(content)
    description = check.description()
    if check.faults:
        raise FormatError("; ".join(check.faults), remedy="docs/add-a-parser.md explains every key")
    return description


class _Check:
    """Collects the faults of one file while it reads the keys."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.faults: list[str] = []

    def description(self) -> Description:
        for key in sorted(set(self.content) - _KEYS):
            self.faults.append(f"unknown key `{key}`")
        name = self._text("name")
        if name and not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
            self.faults.append("`name` must be lower case letters, digits and _")
        pattern, fields = self._grammar()
        constants = self._constants()
        names = (set(fields) if pattern is None else set(groups_of(pattern))) | set(constants)
        if not self.faults:
            self._check_names(names)
        time = self._table("time", {"format", "zone"})
        outcomes, other = self._outcomes("outcome" in constants)
        return Description(
            name=name,
            title=self._text("title", optional=True) or f"described format {name}",
            pattern=pattern,
            fields=fields,
            ignore=self._ignore(),
            unknown=frozenset(text.casefold() for text in self._texts("unknown", ["", "-"])),
            time_format=self._time_format(time),
            zone=self._zone(time),
            outcomes=outcomes,
            other_outcome=other,
            reasons=self._reasons(),
            constants=constants,
            sample=self._text("sample").strip("\n"),
            expected=self._expected(),
            hostile=self._text("hostile", optional=True).strip("\n"),
        )

    def _text(self, key: str, *, optional: bool = False) -> str:
        value = self.content.get(key)
        if value is None and optional:
            return ""
        if isinstance(value, str) and value.strip():
            return value
        self.faults.append(f"`{key}` is missing" if value is None else f"`{key}` must be text")
        return ""

    def _texts(self, key: str, default: list[str]) -> list[str]:
        value = self.content.get(key, default)
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return value
        self.faults.append(f"`{key}` must be a list of texts")
        return default

    def _table(self, key: str, allowed: set[str] | None = None) -> Mapping[str, Any]:
        value = self.content.get(key, {})
        if not isinstance(value, dict):
            self.faults.append(f"`{key}` must be a table")
            return {}
        for name in sorted(set(value) - allowed) if allowed is not None else ():
            self.faults.append(f"unknown key `{key}.{name}`")
        return value

    def _grammar(self) -> tuple[str | None, dict[str, JsonPath]]:
        has_pattern, has_fields = "pattern" in self.content, "fields" in self.content
        if has_pattern == has_fields:
            self.faults.append("give either `pattern` (text lines) or `[fields]` (JSON lines)")
            return None, {}
        if has_pattern:
            pattern = self._text("pattern")
            fault = _pattern_fault(pattern)
            if fault:
                self.faults.append(f"`pattern`: {fault}")
                return None, {}
            return f"^(?:{pattern})$", {}
        paths: dict[str, JsonPath] = {}
        for name, value in self._table("fields").items():
            path = _json_path(value)
            if path is None:
                self.faults.append(f'`fields.{name}` must be a path such as "user.id"')
            else:
                paths[name] = path
        return None, paths

    def _check_names(self, names: set[str]) -> None:
        for name in sorted(names - set(FIELDS)):
            self.faults.append(f"`{name}` is no field of a login event (docs/glossary.md)")
        if "timestamp" not in names:
            self.faults.append("no `timestamp`: a login needs a time")
        if not names & {"user_id", "user_name"}:
            self.faults.append("no `user_id`: a login needs a user")
        if "outcome" not in names:
            self.faults.append("no `outcome`: name a group or field for it, or a constant")

    def _constants(self) -> dict[str, str | int | float | bool]:
        constants: dict[str, str | int | float | bool] = {}
        for name, value in self._table("constants").items():
            kind = FIELDS.get(name)
            if kind is None or name in {"timestamp", "event_id"}:
                self.faults.append(f"`constants.{name}` is no field that can be constant")
            elif name == "outcome" and not _is_one(value, Outcome):
                self.faults.append(f"`constants.outcome` must be one of {', '.join(Outcome)}")
            elif name == "failure_reason" and not _is_one(value, FAILURE_REASONS):
                self.faults.append(f"`constants.{name}`: one of {', '.join(FAILURE_REASONS)}")
            elif name != "outcome" and type(value) is not kind:
                self.faults.append(f"`constants.{name}` must be of type {kind.__name__}")
            else:
                constants[name] = value
        return constants

    def _ignore(self) -> str | None:
        patterns = self._texts("ignore", [])
        for pattern in patterns:
            fault = _pattern_fault(pattern)
            if fault:
                self.faults.append(f"`ignore`: {fault}")
                return None
        return (
            "^(?:" + "|".join(f"(?:{pattern})" for pattern in patterns) + ")" if patterns else None
        )

    def _time_format(self, time: Mapping[str, Any]) -> str:
        value = time.get("format", "iso")
        if not isinstance(value, str) or not (value in _TIME_FORMATS or "%" in value):
            self.faults.append("`time.format` must be iso, syslog, epoch or a strptime format")
            return "iso"
        if "%" in value:
            try:
                again = dt.datetime.strptime(_TODAY.strftime(value), value)  # noqa: DTZ007 - the zone is put on afterwards
            except ValueError as error:
                self.faults.append(f"`time.format`: {error}")
                return value
            if again.year != _TODAY.year:
                self.faults.append("`time.format` has no year: use syslog for yearless stamps")
        return value

    def _zone(self, time: Mapping[str, Any]) -> str | None:
        zone = time.get("zone")
        if zone is None:
            return None
        try:
            zone_of(str(zone))
        except InputError as error:
            self.faults.append(f"`time.zone`: {error.what}")
        return str(zone)

    def _outcomes(self, is_constant: bool) -> tuple[dict[str, Outcome], str]:
        table = self._table("outcome", {"success", "failure", "interrupted", "other"})
        outcomes: dict[str, Outcome] = {}
        for outcome in (Outcome.SUCCESS, Outcome.FAILURE, Outcome.INTERRUPTED):
            texts = table.get(outcome.value, [])
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                self.faults.append(f"`outcome.{outcome}` must be a list of texts")
                continue
            for text in texts:
                if text.casefold() in outcomes:
                    self.faults.append(f"`outcome`: {text!r} stands for two outcomes")
                outcomes[text.casefold()] = outcome
        if not outcomes and not is_constant:
            self.faults.append("`[outcome]` must say which texts are a success or a failure")
        other = table.get("other", "reject")
        if not _is_one(other, ("reject", "ignore", "unknown")):
            self.faults.append("`outcome.other` must be reject, ignore or unknown")
        return outcomes, str(other)

    def _reasons(self) -> dict[str, str]:
        reasons: dict[str, str] = {}
        for text, reason in self._table("failure_reason").items():
            if not _is_one(reason, FAILURE_REASONS):
                self.faults.append(f"`failure_reason`: one of {', '.join(FAILURE_REASONS)}")
            else:
                reasons[text.casefold()] = reason
        return reasons

    def _expected(self) -> tuple[dict[str, object], ...]:
        rows = self.content.get("expected", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.faults.append("`expected` must be tables: [[expected]]")
            return ()
        for name in sorted({name for row in rows for name in row} - set(FIELDS)):
            self.faults.append(f"`expected.{name}` is no field of a login event")
        return tuple(dict(row) for row in rows)


def groups_of(pattern: str) -> Sequence[str]:
    """The named groups of a pattern, in order."""
    return re.findall(r"(?<!\\)\(\?P?<([A-Za-z_]\w*)>", pattern)


def _is_one(value: object, words: Iterable[str]) -> bool:
    return isinstance(value, str) and value in tuple(words)


def _pattern_fault(pattern: str) -> str | None:
    try:
        pl.Series([""]).str.contains(f"^(?:{pattern})$")
    except pl.exceptions.ComputeError as error:
        return " ".join(str(error).split())[:300]
    return None


def _json_path(value: object) -> JsonPath | None:
    if isinstance(value, str) and value:
        parts: list[str | int] = []
        for name, index in re.findall(r"([^.\[\]]+)|\[([0-9]{1,4})\]", value):
            parts.append(name or int(index))
        return tuple(parts) or None
    if isinstance(value, list) and value and all(type(part) in {str, int} for part in value):
        return tuple(value)
    return None


_KEYS = frozenset(
    ("name", "title", "pattern", "fields", "ignore", "unknown", "time", "outcome",
     "failure_reason", "constants", "sample", "expected", "hostile")
)  # fmt: skip
_TIME_FORMATS = frozenset(("iso", "syslog", "epoch"))
_TODAY = dt.datetime(2024, 2, 29, 13, 45, 59, 123456, dt.UTC)
