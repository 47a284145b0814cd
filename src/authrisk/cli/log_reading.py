"""Logs to tables of events: by blocks where a format can, else line by line."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import msgspec

from authrisk.cli.treatment import Treat
from authrisk.eventlog import to_frame
from authrisk.logs.choice import FormatChoice, OpenLog, open_log
from authrisk.logs.columnar import ColumnarParser
from authrisk.logs.marked import marked_lines
from authrisk.logs.parse import read_log
from authrisk.logs.parser import Marked, ParseSettings, Rejected
from authrisk.logs.pause import LONGEST_S
from authrisk.logs.reader import Source
from authrisk.logs.redact import redact
from authrisk.logs.report import ParseReport, Tally

if TYPE_CHECKING:
    import polars as pl

    from authrisk.event import LoginEvent

FRAME_EVENTS = 8_192
KEPT_CHARACTERS = 4096
"""Of a rejected line that is written down."""


class Part(NamedTuple):
    """Some events of a log, and the labels that the log itself has for them."""

    events: pl.DataFrame
    labels: pl.DataFrame | None


class KeepingTally(Tally):
    """A tally that also writes each rejected line, as one JSON object, without leaked secrets."""

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
                "text": redact(item.line.text[:KEPT_CHARACTERS]),
            }
            self._file.write(msgspec.json.encode(row) + b"\n")

    def keep(self, rejected: Path) -> None:
        """Write down the lines that another reading wrote to that file, which then goes."""
        if self._file is not None:
            with rejected.open("rb") as file:
                shutil.copyfileobj(file, self._file)
        rejected.unlink()


def read_logs(
    sources: Sequence[Source],
    choice: FormatChoice,
    settings: ParseSettings,
    tally: Tally,
    treat: Treat,
) -> Iterator[Part]:
    """The treated events of all logs, in their order; `tally` counts what became of every line.

    Raises FormatError for a log that no format or several claim when its turn comes.
    """
    for source in sources:
        for part in read_log_parts(open_log(source, choice, settings), tally):
            yield part._replace(events=treat(part.events))


def read_log_parts(log: OpenLog, tally: Tally) -> Iterator[Part]:
    """The events of one log: by blocks where its format can, else line by line."""
    parser, path = log.parser, log.source.path
    if log.untouched and isinstance(parser, ColumnarParser):
        tally.formats[log.source.name] = parser.name
        for batch in parser.parse_columns(log.source, log.settings):
            batch.count(tally)
            yield Part(batch.events, batch.labels)
    elif isinstance(parser, Marked) and parser.marks and path is not None and path.is_file():
        yield from _frames(read_log(log, tally, marked_lines(log.source, parser.marks)))
    else:
        yield from _frames(read_log(log, tally))


def _frames(events: Iterator[LoginEvent | None]) -> Iterator[Part]:
    """Tables of many events, or of what there is where the log pauses."""
    some: list[LoginEvent] = []
    begun = time.monotonic()
    for event in events:
        if event is not None:
            some.append(event)
            if len(some) < FRAME_EVENTS and time.monotonic() - begun < LONGEST_S:
                continue
        if some:
            yield Part(to_frame(some), None)
            some = []
        begun = time.monotonic()
    if some:
        yield Part(to_frame(some), None)


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
