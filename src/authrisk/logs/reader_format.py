"""A log format whose lines are read one after the other by a reader that may remember."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from authrisk.logs.format_facts import OwnLineFacts
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected

Reader = Callable[[Line], Item]
"""Reads one line that is not blank. May raise ValueError saying why it cannot; the line is then
rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderFormat(OwnLineFacts):
    """A parser made of two functions; what it remembers between lines lives in its reader.

    Each line gives its item at once. Blank lines are ignored; lines longer than any that the
    product writes are rejected before the reader sees them.
    """

    opened: Callable[[ParseSettings], Reader]
    """The reader of one log, with a memory of its own."""

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a line, in order."""
        read = self.opened(settings)
        for line in lines:
            yield self._item(line, read)

    def _item(self, line: Line, read: Reader) -> Item:
        if not line.text or line.text.isspace():
            return Ignored(line, "blank line")
        if len(line.text) > self.longest:
            return Rejected(line, "longer than any line of this format")
        try:
            return read(line)
        except ValueError as error:
            return Rejected(line, str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonReaderFormat(ReaderFormat):
    """One of a daemon whose lines stand in shared syslog files, under these tags."""

    programs: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedReaderFormat(ReaderFormat):
    """One of a product that writes much else: lines without any of these literals are ignored."""

    marks: Sequence[str]

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a line, in order."""
        read, marks = self.opened(settings), self.marks
        for line in lines:
            yield self._item(line, read) if _has_one(marks, line.text) else Ignored(line, OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedDaemonReaderFormat(MarkedReaderFormat):
    """One of a daemon that writes much else to syslog, under these tags."""

    programs: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UniformReaderFormat(ReaderFormat):
    """One of files that hold nothing else: it claims a file only if each line is its own."""

    longest: int = 1 << 20

    def claims(self, head: Sequence[str]) -> bool:
        """Whether each line is surely this format's."""
        lines = [text for text in head if text.strip()]
        return bool(lines) and all(map(self.is_own, lines))


def _has_one(marks: Sequence[str], text: str) -> bool:
    for mark in marks:  # noqa: SIM110 (any() of a generator takes twice the time)
        if mark in text:
            return True
    return False


OTHER = "not a login"
"""Why a line of the product gives nothing."""
FOREIGN = "another program"
"""Why a line of something else gives nothing."""
