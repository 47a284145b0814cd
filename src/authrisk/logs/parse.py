"""From named logs to login events: the one way in for the command line."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from authrisk.errors import FormatError
from authrisk.event import LoginEvent
from authrisk.logs.discovery import format_named, formats
from authrisk.logs.parser import Ignored, Line, Parser, ParseSettings, Rejected
from authrisk.logs.reader import MAX_LINE_BYTES, Source, find_sources, read_source
from authrisk.logs.report import ParseReport, Tally, collect
from authrisk.logs.sniff import sniff


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

    `format` is a parser, the name of an installed format, or the path of a `.toml` description;
    without it each file is read by the one format that claims it. Yearless stamps of a file are
    counted back from its last change or `settings.reference`, whichever is earlier. `max_bytes`
    bounds each source after decompression.

    Raises InputError for missing files and FormatError for an unknown format at once; FormatError
    for a file that no format or several claim when that file's turn comes.
    """
    found = find_sources(sources)
    parser = format_named(format) if isinstance(format, str) else format
    tally = Tally()
    events = _events(
        found, parser, settings, tally, max_line_bytes=max_line_bytes, max_bytes=max_bytes
    )
    return ParseRun(events, tally)


def _events(
    found: Iterable[Source],
    parser: Parser | None,
    settings: ParseSettings,
    tally: Tally,
    *,
    max_line_bytes: int,
    max_bytes: int | None,
) -> Iterator[LoginEvent]:
    known: dict[str, Parser] | None = None
    for source in found:
        lines = read_source(source, max_line_bytes=max_line_bytes, max_bytes=max_bytes)
        chosen = parser
        if chosen is None:
            head, lines = _head(lines)
            texts = [line.text for line in head if isinstance(line, Line) and line.text.strip()]
            if not texts:
                _count_unreadable(lines, tally)
                continue
            known = formats() if known is None else known
            try:
                chosen = sniff(texts, known.values())
            except FormatError as error:
                raise FormatError(error.what, where=source.name, remedy=error.remedy) from None
        tally.formats[source.name] = chosen.name
        modified = source.modified
        of_file = settings
        if modified is not None and modified < settings.reference:
            of_file = dataclasses.replace(settings, reference=modified)
        yield from collect(chosen, lines, of_file, tally)


def _head(
    lines: Iterator[Line | Rejected],
) -> tuple[list[Line | Rejected], Iterator[Line | Rejected]]:
    head: list[Line | Rejected] = []
    size = 0
    for line in lines:
        head.append(line)
        size += len(line.text) if isinstance(line, Line) else 0
        if len(head) >= _HEAD_LINES or size >= _HEAD_CHARACTERS:
            break
    return head, itertools.chain(head, lines)


def _count_unreadable(lines: Iterable[Line | Rejected], tally: Tally) -> None:
    """A file whose head holds no text (empty, binary): no format could claim it."""
    for line in lines:
        tally.lines += 1
        if isinstance(line, Rejected):
            tally.reject(line)
        elif line.text.strip():
            tally.reject(Rejected(line, "no readable text at the head of the file"))
        else:
            tally.ignore(Ignored(line, "blank line"))


_HEAD_LINES = 1000
_HEAD_CHARACTERS = 1 << 20
