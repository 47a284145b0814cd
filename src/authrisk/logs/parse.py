"""From named logs to login events: the one way in for the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from authrisk.event import LoginEvent
from authrisk.logs.choice import FormatChoice, OpenLog, choose_formats, open_log
from authrisk.logs.mixed import MixedParser
from authrisk.logs.parser import PAUSE, Ignored, Line, Parser, ParseSettings, Rejected
from authrisk.logs.reader import MAX_LINE_BYTES, Source, find_sources
from authrisk.logs.report import ParseReport, Skipped, Tally, collect_live


@dataclass(frozen=True, slots=True)
class ParseRun:
    """Events as they are read, and the count of what became of every line."""

    events: Iterator[LoginEvent]
    """May be gone through once; nothing is read ahead but the head of each file."""
    tally: Tally

    @property
    def report(self) -> ParseReport:
        """The counts so far; whole once `events` has ended."""
        return self.tally.report()


def parse_events(
    sources: Iterable[str | Path],
    *,
    settings: ParseSettings,
    format: str | Parser | None = None,
    max_line_bytes: int = MAX_LINE_BYTES,
    max_bytes: int | None = None,
) -> ParseRun:
    """The login events of files, globs and `-` (standard input), in the order of the sources.

    `format` is a parser, or what `choice.choose_formats` takes: a name, several, the path of a
    `.toml` description; without it each file is read by the one format that claims it. Yearless
    stamps of a file are counted back from its last change or `settings.reference`, whichever is
    earlier. `max_bytes` bounds each source after decompression.

    Raises InputError for missing files and FormatError for an unknown format at once; FormatError
    for a file that no format or several claim when that file's turn comes.
    """
    found = find_sources(sources)
    choice = FormatChoice(format) if isinstance(format, Parser) else choose_formats(format)
    tally = Tally()
    events = _events(
        found, choice, settings, tally, max_line_bytes=max_line_bytes, max_bytes=max_bytes
    )
    return ParseRun(events, tally)


def _events(
    found: Iterable[Source],
    choice: FormatChoice,
    settings: ParseSettings,
    tally: Tally,
    *,
    max_line_bytes: int,
    max_bytes: int | None,
) -> Iterator[LoginEvent]:
    for source in found:
        log = open_log(source, choice, settings, max_line_bytes=max_line_bytes, max_bytes=max_bytes)
        yield from filter(None, read_log(log, tally))


def read_log(
    log: OpenLog, tally: Tally, lines: Iterable[Line | Rejected | Skipped] | None = None
) -> Iterator[LoginEvent | None]:
    """The events of one log, while `tally` counts its lines and notes its format.

    None stands where a pipe pauses. `lines` are the log's lines read in another way than line by
    line.
    """
    if log.parser is None:
        return _count_unreadable(log.lines, tally)
    tally.formats[log.source.name] = log.parser.name
    events = collect_live(log.parser, log.lines if lines is None else lines, log.settings, tally)
    return _noting(events, log, tally) if isinstance(log.parser, MixedParser) else events


def _noting(
    events: Iterator[LoginEvent | None], log: OpenLog, tally: Tally
) -> Iterator[LoginEvent | None]:
    """The events of several formats, which are noted when they first appear."""
    seen: dict[str | None, None] = {}
    for event in events:
        if event is not None and event.source_type not in seen:
            seen[event.source_type] = None
            tally.formats[log.source.name] = " + ".join(filter(None, seen))
        yield event


def _count_unreadable(lines: Iterable[Line | Rejected], tally: Tally) -> Iterator[LoginEvent]:
    """Counts the lines of a log whose head holds no text (empty, binary); there are no events."""
    for line in lines:
        if line is PAUSE:
            continue
        tally.lines += 1
        if isinstance(line, Rejected):
            tally.reject(line)
        elif line.text.strip():
            tally.reject(Rejected(line, "no readable text at the head of the file"))
        else:
            tally.ignore(Ignored(line, "blank line"))
    yield from ()
