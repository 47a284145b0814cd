"""What became of every line that was read: counted by cause, with the first places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from authrisk.event import LoginEvent
from authrisk.logs.parser import Ignored, Line, Parser, ParseSettings, Rejected

PLACES_KEPT = 5


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How many lines had one cause, and where the first of them stand (`file:line`)."""

    lines: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParseReport:
    """The outcome of one reading. `rejected` and `ignored` are by cause, most frequent first."""

    lines: int
    events: int
    rejected: Mapping[str, CauseCount]
    ignored: Mapping[str, CauseCount]
    formats: Mapping[str, str] = field(default_factory=dict)
    """File name -> name of the format that it was read as."""

    @property
    def rejected_lines(self) -> int:
        """Lines that should have been readable."""
        return sum(count.lines for count in self.rejected.values())

    @property
    def ignored_lines(self) -> int:
        """Lines that are fine and no login."""
        return sum(count.lines for count in self.ignored.values())


class Tally:
    """Counts as lines go by; `report` says how things stand now."""

    def __init__(self) -> None:
        self.lines = 0
        self.events = 0
        self.formats: dict[str, str] = {}
        self._rejected: dict[str, _Count] = {}
        self._ignored: dict[str, _Count] = {}

    def reject(self, item: Rejected) -> None:
        """Count a line that could not be read."""
        _add(self._rejected, item)

    def ignore(self, item: Ignored) -> None:
        """Count a line that is no login."""
        _add(self._ignored, item)

    def report(self) -> ParseReport:
        """A frozen copy of the counts."""
        return ParseReport(
            self.lines,
            self.events,
            _frozen(self._rejected),
            _frozen(self._ignored),
            MappingProxyType(dict(self.formats)),
        )


def collect(
    parser: Parser, lines: Iterable[Line | Rejected], settings: ParseSettings, tally: Tally
) -> Iterator[LoginEvent]:
    """The events of the lines, while `tally` counts every line and what became of it.

    Streams: an event is given as soon as the parser has it. The counts are whole once the
    iterator has ended.
    """
    for item in parser.parse(_counted(lines, tally), settings):
        if isinstance(item, LoginEvent):
            tally.events += 1
            yield item
        elif isinstance(item, Rejected):
            tally.reject(item)
        else:
            tally.ignore(item)


def _counted(lines: Iterable[Line | Rejected], tally: Tally) -> Iterator[Line]:
    for line in lines:
        tally.lines += 1
        if isinstance(line, Rejected):
            tally.reject(line)
        else:
            yield line


class _Count:
    __slots__ = ("lines", "places")

    def __init__(self) -> None:
        self.lines = 0
        self.places: list[str] = []


def _add(counts: dict[str, _Count], item: Rejected | Ignored) -> None:
    count = counts.get(item.cause)
    if count is None:
        count = counts[item.cause] = _Count()
    count.lines += 1
    if len(count.places) < PLACES_KEPT:
        count.places.append(item.line.place)


def _frozen(counts: dict[str, _Count]) -> Mapping[str, CauseCount]:
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1].lines, entry[0]))
    return MappingProxyType(
        {cause: CauseCount(count.lines, tuple(count.places)) for cause, count in ordered}
    )
