"""Numbered lines -> CSV records (RFC 4180, strictly), safe against line breaks in a field.

A quoted field may run over line breaks: the record then has several lines, and none of them is
ever read as a record of its own, so nobody can smuggle a row in through a user agent. The price
is that a quote which is never closed takes the following lines with it, up to
`LONGEST_RECORD` characters; all of them are rejected, none is lost silently.
"""

from __future__ import annotations

import enum
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from authrisk.logs.parser import PAUSE, Line, Rejected

LONGEST_RECORD = 65_536
"""Characters of a record of several lines. Web servers cap a request's headers far below it."""

MALFORMED = "quotes that are not CSV's"
UNCLOSED = "quoted field without an end"


class Record(NamedTuple):
    """The fields of one record and the lines that it takes."""

    line: Line
    fields: list[str]
    rest: Sequence[Line] = ()
    """The lines after the first one."""


def read_records(lines: Iterable[Line]) -> Iterator[Record | Rejected]:
    """Records in order. Fields keep their blanks; a line break inside one is `\\n`.

    A record with misplaced quotes loses its first line only and reading goes on with the next;
    one that does not end within `LONGEST_RECORD` or the file loses all its lines.

    >>> lines = [Line("a", 1, 'x,"y, ""z'), Line("a", 2, 'w"'), Line("a", 3, 'x"y')]
    >>> [item.fields if isinstance(item, Record) else item.cause for item in read_records(lines)]
    [['x', 'y, "z\\nw'], "quotes that are not CSV's"]
    """
    source = iter(lines)
    waiting: deque[Line] = deque()
    while (line := _next(waiting, source)) is not None:
        fields = split_fields(line.text)
        if fields is not None:
            yield Record(line, fields)
            continue
        taken, state = _until_closed(line, waiting, source)
        if state is _State.OPEN:
            yield from (Rejected(part, UNCLOSED) for part in taken)
            continue
        fields = split_fields("\n".join(part.text for part in taken))
        if fields is not None:
            yield Record(line, fields, taken[1:])
        else:
            waiting.extendleft(reversed(taken[1:]))
            yield Rejected(line, MALFORMED)


def split_fields(text: str) -> list[str] | None:
    """The fields of a whole record; None when its quotes are not those of CSV.

    >>> split_fields('a,"b,""c",'), split_fields('a,b"c'), split_fields('a,"b')
    (['a', 'b,"c', ''], None, None)
    """
    if '"' not in text:
        return text.split(",")
    fields, at = [], 0
    while match := _FIELD.match(text, at):
        quoted, plain, end = match.groups()
        fields.append(plain if quoted is None else quoted.replace('""', '"'))
        if not end:
            return fields
        at = match.end()
    return None


def opens(text: str) -> bool:
    """Whether a line starts a record and ends inside a quoted field of it.

    >>> opens('a,"b'), opens('a,b"'), opens('a,"b"')
    (True, False, False)
    """
    return _state_after(text, 0) is _State.OPEN


class _State(enum.Enum):
    OPEN = enum.auto()
    """Inside a quoted field."""
    CLOSED = enum.auto()
    """At the end of a record."""
    BAD = enum.auto()
    """Behind a quote that CSV does not have there."""


def _state_after(text: str, at: int) -> _State:
    """The state at the end of a line when a field starts at `at`."""
    while match := _FIELD.match(text, at):
        if not match[3]:
            return _State.CLOSED
        at = match.end()
    return _State.OPEN if _OPEN.fullmatch(text, at) else _State.BAD


def _state_inside(text: str) -> _State:
    """The state at the end of a line that starts inside a quoted field."""
    match = _CLOSING.match(text)
    if match is None:
        return _State.OPEN if _OPEN.fullmatch('"' + text) else _State.BAD
    return _state_after(text, match.end()) if match[1] else _State.CLOSED


def _next(waiting: deque[Line], source: Iterator[Line]) -> Line | None:
    return waiting.popleft() if waiting else next(source, None)


def _until_closed(
    first: Line, waiting: deque[Line], source: Iterator[Line]
) -> tuple[list[Line], _State]:
    """The lines up to the one that ends the record or cannot belong to it.

    A line that goes on inside a quoted field has an even number of quotes and one that opens a
    record an odd one, so no line is gone through more than twice.
    """
    taken, size, state = [first], len(first.text), _state_after(first.text, 0)
    while state is _State.OPEN and size <= LONGEST_RECORD:
        line = _next(waiting, source)
        if line is None:
            break
        if line is PAUSE:
            continue
        taken.append(line)
        size += len(line.text) + 1
        state = _state_inside(line.text)
    return taken, state


_FIELD = re.compile(r'(?:"((?:[^"]|"")*+)"|([^",]*+))(,|\Z)')
_OPEN = re.compile(r'"(?:[^"]|"")*+')
_CLOSING = re.compile(r'(?:[^"]|"")*+"(,|\Z)')
