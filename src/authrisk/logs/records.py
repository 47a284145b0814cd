"""Numbered lines -> CSV records (RFC 4180, strictly), safe against line breaks in a field.

A quoted field may run over line breaks: the record then has several lines, and none of them is
ever read as a record of its own, so nobody can smuggle a row in through a user agent. The price
is that a quote which is never closed takes the following lines with it, up to
`LONGEST_RECORD` characters; all of them are rejected, none is lost silently.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from authrisk.logs.parser import Line, Rejected

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
        elif not opens(line.text):
            yield Rejected(line, MALFORMED)
        else:
            taken, closed = _until_closed(line, waiting, source)
            fields = split_fields("\n".join(part.text for part in taken)) if closed else None
            if fields is not None:
                yield Record(line, fields, taken[1:])
            elif closed:
                waiting.extendleft(reversed(taken[1:]))
                yield Rejected(line, MALFORMED)
            else:
                yield from (Rejected(part, UNCLOSED) for part in taken)


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
    at = 0
    while match := _FIELD.match(text, at):
        if not match[3]:
            return False
        at = match.end()
    return _OPEN.fullmatch(text, at) is not None


def _next(waiting: deque[Line], source: Iterator[Line]) -> Line | None:
    return waiting.popleft() if waiting else next(source, None)


def _until_closed(
    first: Line, waiting: deque[Line], source: Iterator[Line]
) -> tuple[list[Line], bool]:
    """The lines of a record whose field is open, and whether it closed.

    Only a line with an odd number of quotes can close it, so each line is looked at once.
    """
    taken, size = [first], len(first.text)
    while size <= LONGEST_RECORD and (line := _next(waiting, source)) is not None:
        taken.append(line)
        size += len(line.text) + 1
        if line.text.count('"') % 2:
            return taken, True
    return taken, False


_FIELD = re.compile(r'(?:"((?:[^"]|"")*+)"|([^",]*+))(,|\Z)')
_OPEN = re.compile(r'"(?:[^"]|"")*+')
