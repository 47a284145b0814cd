"""A log format that is read line by line, each line giving one item at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected

Reader = Callable[[Line], Item]
"""Reads one line. May raise ValueError saying why it cannot; the line is then rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFormat:
    """A parser made of two functions; what it remembers between lines lives in its reader.

    Blank lines are ignored, and lines longer than any that the product writes are rejected
    before the reader sees them.
    """

    name: str
    title: str
    proven: str
    """samples: tried on lines of real servers; documentation: written from the manual."""
    sample: str
    expected: Sequence[dict[str, object]]
    hostile: str
    is_own: Callable[[str], bool]
    """Whether a line is surely this format's."""
    opened: Callable[[ParseSettings], Reader]
    """The reader of one log, with a memory of its own."""
    longest: int = 65_536
    """Characters."""

    def claims(self, head: Sequence[str]) -> bool:
        """Whether one of the lines is surely this format's."""
        return any(self.is_own(text) for text in head if len(text) <= self.longest)

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a line, in order."""
        read, longest = self.opened(settings), self.longest
        for line in lines:
            if len(line.text) > longest:
                yield Rejected(line, "longer than any line of this format")
                continue
            try:
                yield read(line)
            except ValueError as error:
                blank = not line.text.strip()
                yield Ignored(line, "blank line") if blank else Rejected(line, str(error))


OTHER = "not a login"
"""Why a line of the product gives nothing."""
FOREIGN = "another program"
"""Why a line of something else gives nothing."""
