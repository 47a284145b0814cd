"""What PostgreSQL logs: text with a prefix, CSV, JSON, or through syslog -> one entry."""

from __future__ import annotations

import csv
import re
from typing import NamedTuple

from authrisk.logs.address import canonical_ip
from authrisk.logs.daemon_line import read_daemon_line
from authrisk.logs.json_object import read_object, text_at


class PostgresEntry(NamedTuple):
    """One entry. Absent is None."""

    stamp: str | int
    """As `StampReader` takes it, or nanoseconds since 1970."""
    pid: str | None
    source: str | None
    severity: str
    message: str
    code: str | None = None
    """SQLSTATE."""


class PostgresReader:
    """Makes entries of lines; remembers the beginning of a CSV record that spans lines."""

    def __init__(self) -> None:
        self._record: list[str] = []
        self._length = 0

    def read(self, text: str) -> PostgresEntry | None:
        """The entry that a line ends, None when it goes on; raises ValueError saying why it cannot.

        A line whose prefix holds a severity, or a message a second one, is refused: the prefix
        names users and applications, which are the client's.
        """
        if self._record or _CSV.match(text):
            record = self._csv_record(text)
            return None if record is None else _read_csv(record)
        return _read_json(text) if text.startswith("{") else _read_text(text)

    def _csv_record(self, text: str) -> str | None:
        """The record that ends with this line, None when it goes on; raises ValueError.

        Quotes within fields are doubled, so a field that is open at the end of a line is one with
        a line break, and what a visitor wrote into it cannot close it.
        """
        if _CSV_START.match(text):
            self._record.clear()
        goes_on = bool(self._record)
        self._length = len(text) + (self._length if goes_on else 0)
        self._record.append(text)
        if (text.count('"') % 2 == 0) is goes_on:  # a field is open at the end of the line
            if self._length < _LONGEST_RECORD:
                return None
            self._record.clear()
            raise ValueError("a CSV record without an end")
        record = "\n".join(self._record)
        self._record.clear()
        return record


def is_postgres(text: str) -> bool:
    """Whether a line is surely PostgreSQL's."""
    if text.startswith("{"):
        return '"error_severity":' in text and '"backend_type":' in text
    if _CSV.match(text) and _CSV_OWN.search(text):
        return True
    return _OWN.match(text) is not None


def _read_text(text: str) -> PostgresEntry:
    severity = _SEVERITY.search(text)
    if severity is None or severity.start() > _PREFIX:
        raise ValueError("no severity of PostgreSQL")
    if _SEVERITY.search(text, severity.end()) is not None:
        raise ValueError("two severities of PostgreSQL")
    prefix, message = text[: severity.start()], text[severity.end() :]
    stamp: str | int
    found = _STAMP.search(prefix)
    if found is not None:
        stamp = _zoned(found)
    else:
        daemon = read_daemon_line(text)
        if daemon is None:
            raise ValueError("no time in the prefix")
        stamp = daemon.stamp
        prefix = f"[{daemon.pid}] {daemon.message[: -len(message)]}"
    pid = _PID.search(prefix)
    return PostgresEntry(stamp, pid[1] if pid else None, _address(prefix), severity[1], message)


def _read_json(text: str) -> PostgresEntry:
    content = read_object(text)
    stamp = _STAMP.fullmatch(text_at(content, "timestamp") or "")
    severity, message = text_at(content, "error_severity"), text_at(content, "message")
    if stamp is None or severity is None or message is None:
        raise ValueError("no entry of PostgreSQL")
    pid, code = content.get("pid"), text_at(content, "state_code")
    source, port = text_at(content, "remote_host"), content.get("remote_port")
    if source is not None and ":" not in source and isinstance(port, int):
        source = f"{source}:{port}"
    return PostgresEntry(
        _zoned(stamp), str(pid) if isinstance(pid, int) else None, source, severity, message, code
    )


def _read_csv(text: str) -> PostgresEntry:
    try:
        row = next(csv.reader(text.splitlines(keepends=True), strict=True))
    except csv.Error:
        raise ValueError("damaged CSV") from None
    stamp = _STAMP.fullmatch(row[0])
    if len(row) < 14 or stamp is None:
        raise ValueError("no record of PostgreSQL")
    return PostgresEntry(_zoned(stamp), row[3], row[4] or None, row[11], row[13], row[12])


def _zoned(stamp: re.Match[str]) -> str:
    zone = stamp[2] or ""
    if zone in {"UTC", "GMT"}:
        zone = "Z"
    return stamp[1] + (zone if zone == "Z" or zone[:1] in {"+", "-"} else "")


def _address(prefix: str) -> str | None:
    """The address in a prefix, of the part that no client chooses."""
    client = _CLIENT.search(prefix)
    if client is not None:
        return client[1]
    said = prefix.partition("@")[0]
    match = _V4.search(said)
    if match is not None:
        return match[1]
    return next((word for word in _V6.findall(said) if canonical_ip(word) is not None), None)


_PREFIX = 1000
"""Characters before the severity."""
_STAMP_TEXT = (
    r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?:\.[0-9]{3})?)(?: ?([A-Z]{3,5}|[+-][0-9:]{2,6}))?"
)
_STAMP = re.compile(_STAMP_TEXT)
_SEVERITY = re.compile(
    r"\b(LOG|FATAL|ERROR|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?|DETAIL|HINT|STATEMENT|CONTEXT|QUERY"
    r"|LOCATION):  "
)
_PID = re.compile(r"\[([0-9]{1,10})(?:-[0-9]{1,10})?\]")
_V4 = re.compile(r"(?<![0-9.])((?:[0-9]{1,3}\.){3}[0-9]{1,3})(?![0-9.])")
_V6 = re.compile(r"(?<![\w.:])([0-9A-Fa-f:]{3,39})(?![\w.:])")
_CLIENT = re.compile(r"\bclient=([0-9A-Fa-f.:]{3,45})(?:\([0-9]{1,5}\))?[^=]*\Z")
_CSV = re.compile(r'[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3} [A-Z0-9+-]{1,6},(?:"|,|[0-9])')
_CSV_START = re.compile(_CSV.pattern + r'(?<=")[^",]{1,64}",')
"""The user of another record; within a field its quote would be doubled."""
_LONGEST_RECORD = 65_536
_CSV_OWN = re.compile(r",(?:LOG|FATAL|ERROR|WARNING),[0-9A-Z]{5},")
_OWN = re.compile(
    rf"(?:\S{{1,60}} )?{_STAMP_TEXT}[^\t]{{0,200}}?\b(?:LOG|FATAL|ERROR|DETAIL|HINT|WARNING):  "
)
