"""What became of every line that was read: counted by cause, with the first places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from authrisk.event import LoginEvent
from authrisk.logs.parser import BLANK, PAUSE, Ignored, Line, Parser, ParseSettings, Rejected

PLACES_KEPT = 5
UNMARKED = "nothing of this format"


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


@dataclass(frozen=True, slots=True)
class Skipped:
    """Lines that were never decoded: none has a mark of the format."""

    lines: int
    places: tuple[str, ...]
    """Of the first of them."""


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
        _add(self._rejected, item.cause, 1, (item.line.place,))

    def ignore(self, item: Ignored) -> None:
        """Count a line that is no login."""
        _add(self._ignored, item.cause, 1, (item.line.place,))

    def skip(self, skipped: Skipped) -> None:
        """Count lines that hold nothing of the format."""
        self.lines += skipped.lines
        _add(self._ignored, UNMARKED, skipped.lines, skipped.places)

    def add(self, other: ParseReport) -> None:
        """Count what another reading counted, as if it came next."""
        self.lines += other.lines
        self.events += other.events
        self.formats |= other.formats
        for counts, causes in ((self._rejected, other.rejected), (self._ignored, other.ignored)):
            for cause, count in causes.items():
                _add(counts, cause, count.lines, count.places)

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
    parser: Parser,
    lines: Iterable[Line | Rejected | Skipped],
    settings: ParseSettings,
    tally: Tally,
) -> Iterator[LoginEvent]:
    """The events of the lines, while `tally` counts every line and what became of it.

    Streams: an event is given as soon as the parser has it. The counts are whole once the
    iterator has ended.
    """
    return filter(None, collect_live(parser, lines, settings, tally))


def collect_live(
    parser: Parser,
    lines: Iterable[Line | Rejected | Skipped],
    settings: ParseSettings,
    tally: Tally,
) -> Iterator[LoginEvent | None]:
    """The same, and None where the log pauses: nothing that it said is held back then."""
    for item in parser.parse(_counted(lines, tally), settings):
        if isinstance(item, LoginEvent):
            tally.events += 1
            yield item
        elif isinstance(item, Rejected):
            tally.reject(item)
        elif item.line is PAUSE:
            yield None
        elif item.line is not BLANK:
            tally.ignore(item)


def _counted(lines: Iterable[Line | Rejected | Skipped], tally: Tally) -> Iterator[Line]:
    for line in lines:
        if isinstance(line, Line):
            tally.lines += line is not PAUSE
            yield line
        elif isinstance(line, Rejected):
            tally.lines += 1
            tally.reject(line)
        else:
            tally.skip(line)


class _Count:
    __slots__ = ("lines", "places")

    def __init__(self) -> None:
        self.lines = 0
        self.places: list[str] = []


def _add(counts: dict[str, _Count], cause: str, lines: int, places: Sequence[str]) -> None:
    count = counts.get(cause)
    if count is None:
        count = counts[cause] = _Count()
    count.lines += lines
    if len(count.places) < PLACES_KEPT:
        count.places += places[: PLACES_KEPT - len(count.places)]


def _frozen(counts: dict[str, _Count]) -> Mapping[str, CauseCount]:
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1].lines, entry[0]))
    return MappingProxyType(
        {cause: CauseCount(count.lines, tuple(count.places)) for cause, count in ordered}
    )
