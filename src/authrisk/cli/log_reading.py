"""Logs to tables of events: by blocks where a format can, else line by line."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, NamedTuple

import msgspec

from authrisk.errors import FormatError
from authrisk.eventlog import to_frame
from authrisk.logs.columnar import ColumnarParser
from authrisk.logs.discovery import format_named, formats
from authrisk.logs.parser import Line, Parser, ParseSettings, Rejected
from authrisk.logs.reader import Source, find_sources, read_source
from authrisk.logs.report import ParseReport, Tally, collect
from authrisk.logs.sniff import sniff

if TYPE_CHECKING:
    import polars as pl

FRAME_EVENTS = 32_768
HEAD_LINES = 1_000


class Part(NamedTuple):
    """Some events of a log, and the labels that the log itself has for them."""

    events: pl.DataFrame
    labels: pl.DataFrame | None


class KeepingTally(Tally):
    """A tally that also writes each rejected line, as one JSON object."""

    def __init__(self, file: IO[bytes] | None) -> None:
        super().__init__()
        self._file = file

    def reject(self, item: Rejected) -> None:
        """Count the line, and write it down."""
        super().reject(item)
        if self._file is not None:
            row = {
                "file": item.line.file,
                "line": item.line.number,
                "cause": item.cause,
                "text": item.line.text,
            }
            self._file.write(msgspec.json.encode(row) + b"\n")


def read_logs(
    logs: Sequence[str], format: str | None, settings: ParseSettings, tally: Tally
) -> Iterator[Part]:
    """The events of all logs, in their order; `tally` counts what became of every line.

    Raises InputError for a missing log and FormatError for an unknown format at once, FormatError
    for a log that no format or several claim when its turn comes.
    """
    found = find_sources(logs)
    parser = None if format is None else format_named(format)
    return _parts(found, parser, settings, tally)


def _parts(
    found: Sequence[Source], parser: Parser | None, settings: ParseSettings, tally: Tally
) -> Iterator[Part]:
    known = formats() if parser is None else {}
    for source in found:
        head: list[Line | Rejected] = []
        chosen, lines = parser, iter(head)
        if chosen is None:
            lines = read_source(source)
            head = list(itertools.islice(lines, HEAD_LINES))
            texts = [line.text for line in head if isinstance(line, Line) and line.text.strip()]
            if not texts:
                _count_unreadable(itertools.chain(head, lines), tally)
                continue
            chosen = _sniffed(source, texts, known.values())
        tally.formats[source.name] = chosen.name
        modified = source.modified
        of_file = settings
        if modified is not None and modified < settings.reference:
            of_file = dataclasses.replace(settings, reference=modified)
        # What was read of a pipe to tell its format cannot be read again by blocks.
        if isinstance(chosen, ColumnarParser) and (parser is not None or source.path is not None):
            for batch in chosen.parse_columns(source, of_file):
                batch.count(tally)
                yield Part(batch.events, batch.labels)
            continue
        rest = itertools.chain(head, lines) if head else read_source(source)
        events = collect(chosen, rest, of_file, tally)
        while some := list(itertools.islice(events, FRAME_EVENTS)):
            yield Part(to_frame(some), None)


def _sniffed(source: Source, texts: Sequence[str], known: Iterable[Parser]) -> Parser:
    try:
        return sniff(texts, known)
    except FormatError as error:
        raise FormatError(error.what, where=source.name, remedy=error.remedy) from None


def _count_unreadable(lines: Iterable[Line | Rejected], tally: Tally) -> None:
    """A log whose head holds no text at all: empty, or binary."""
    from authrisk.logs.parser import Ignored

    for line in lines:
        tally.lines += 1
        if isinstance(line, Rejected):
            tally.reject(line)
        elif line.text.strip():
            tally.reject(Rejected(line, "no readable text at the head of the file"))
        else:
            tally.ignore(Ignored(line, "blank line"))


def told(report: ParseReport) -> list[str]:
    """The report for people: what was read as what, and what became of the lines."""
    lines = [f"{name}: {format}" for name, format in report.formats.items()]
    lines.append(f"{report.lines:,} lines, {report.events:,} events")
    for word, causes in (("rejected", report.rejected), ("ignored", report.ignored)):
        if not causes:
            continue
        lines.append(f"{word} {sum(count.lines for count in causes.values()):,} lines:")
        lines += [
            f"  {count.lines:,} {cause} ({', '.join(count.places)}"
            + (", ..." if count.lines > len(count.places) else "") + ")"
            for cause, count in causes.items()
        ]  # fmt: skip
    return lines
