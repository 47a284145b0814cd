"""A log of several daemons, read with the format of each line's program.

Each line goes to at most one format: the one whose `programs` fit the tag that the daemon's
syslog header carries (of a journal entry, its SYSLOG_IDENTIFIER). The header is read from the
left end, so no text within a message can choose a format. `last message repeated N times` goes
where the line before it went.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from authrisk.errors import FormatError
from authrisk.logs.journal import read_journal
from authrisk.logs.parser import (
    BLANK,
    PAUSE,
    Ignored,
    Item,
    Line,
    Marked,
    Parser,
    ParseSettings,
    Proven,
    Rejected,
    SyslogFormat,
)
from authrisk.logs.syslog import split_syslog


@dataclass(frozen=True, slots=True)
class MixedParser:
    """A parser made of the formats of several daemons; `mixed` makes one."""

    parsers: Sequence[Parser]
    marks: Sequence[str]
    """Those of all its formats; empty when one of them has none."""
    name: str = "syslog"
    title: str = "A syslog file or journal of several daemons"
    versions: str = "those of its formats"
    proven: Proven = "samples"

    @property
    def sample(self) -> str:
        return "\n".join(parser.sample for parser in self.parsers)

    @property
    def expected(self) -> Sequence[dict[str, object]]:
        return [event for parser in self.parsers for event in parser.expected]

    @property
    def hostile(self) -> str:
        return "\n".join(parser.hostile for parser in self.parsers)

    def claims(self, head: Sequence[str]) -> bool:
        """Whether one of its formats does."""
        return any(parser.claims(head) for parser in self.parsers)

    def routes(self, head: Sequence[str]) -> bool:
        """Whether a line of these has a header that names a program of its formats."""
        lane_of = _router(self.parsers)
        return any(isinstance(lane_of(text), int) for text in head)

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """The items of each line's format, in the order of lines as far as joins allow."""
        lanes = [_Lane(parser, settings) for parser in self.parsers]
        lane_of = _router(self.parsers)
        last: _Lane | None = None
        for line in lines:
            if line is PAUSE:
                for each in lanes:
                    each.push(PAUSE)
                    yield from each.given()
                yield Ignored(line, "")
                continue
            index = lane_of(line.text)
            if isinstance(index, str):
                broken = index is _HEADLESS and self._matters(line.text)
                yield Rejected(line, index) if broken else Ignored(line, index)
                continue
            lane = last if index is None else lanes[index]
            if lane is None:
                yield Ignored(line, _OTHER)
                continue
            if last is not None and last is not lane:
                yield from last.given()
            last = lane
            lane.push(line)
            if len(lane.waiting) >= _LANE_LINES:
                yield from lane.given()
        for each in lanes:
            yield from each.rest()

    def _matters(self, text: str) -> bool:
        return not self.marks or any(mark in text for mark in self.marks)


def mixed(parsers: Sequence[Parser]) -> MixedParser:
    """One parser of several formats.

    Raises FormatError when a format does not name its programs or two name one.
    """
    owners: dict[str, str] = {}
    marks: dict[str, None] = {_REPEATED: None}
    for parser in parsers:
        if not isinstance(parser, SyslogFormat):
            raise FormatError(
                f"format {parser.name!r} does not tell its lines apart by program",
                remedy="name it alone, or leave --format away",
            )
        for program in parser.programs:
            if owners.setdefault(program, parser.name) != parser.name:
                raise FormatError(f"{owners[program]} and {parser.name} both read {program!r}")
        marks |= dict.fromkeys(parser.marks if isinstance(parser, Marked) else [""])
    return MixedParser(tuple(parsers), () if "" in marks else tuple(marks))


def _router(parsers: Sequence[Parser]) -> Callable[[str], int | str | None]:
    """What finds a line's parser: its index, None for "as the line before", or the cause why none.

    Header by header the tag is looked up in what was found before; a log has few programs.
    """
    patterns = [
        (re.compile("|".join(fnmatch.translate(program) for program in parser.programs)), index)
        for index, parser in enumerate(parsers)
        if isinstance(parser, SyslogFormat)
    ]

    @functools.lru_cache(maxsize=4096)
    def of_tag(tag: str) -> int | str:
        return next((index for fits, index in patterns if fits.match(tag)), _OTHER)

    def of_line(text: str) -> int | str | None:
        if text.startswith("{"):
            try:
                return of_tag(read_journal(text).tag or "")
            except ValueError:
                return _HEADLESS
        parts = split_syslog(text)
        if parts is None:
            return _HEADLESS if text.strip() else "blank line"
        if parts.tag is None:
            return None if parts.message.startswith("last message repeated ") else _OTHER
        return of_tag(parts.tag)

    return of_line


class _Lane:
    """One format's parser, and the lines that wait for it."""

    def __init__(self, parser: Parser, settings: ParseSettings) -> None:
        self.waiting: deque[Line] = deque()
        self._ended = False
        self._items = parser.parse(self._lines(), settings)

    def push(self, line: Line) -> None:
        self.waiting.append(line)

    def given(self) -> Iterator[Item]:
        """What the parser gives for the lines that wait."""
        while self.waiting:
            for item in self._items:
                if not isinstance(item, Ignored) or item.line is not BLANK:
                    if isinstance(item, Ignored) and item.line is PAUSE:
                        continue
                    yield item
                elif not self.waiting:
                    break

    def rest(self) -> Iterator[Item]:
        """What it gives at the end of the log."""
        yield from self.given()
        self._ended = True
        for item in self._items:
            if not isinstance(item, Ignored) or item.line is not BLANK:
                yield item

    def _lines(self) -> Iterator[Line]:
        while not self._ended:
            yield self.waiting.popleft() if self.waiting else BLANK


_OTHER = "another program"
_HEADLESS = "no syslog header"
_REPEATED = " last message repeated "
_LANE_LINES = 512
