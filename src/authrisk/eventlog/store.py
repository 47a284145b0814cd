"""The event log: login events in a Parquet file, written and read in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from authrisk.event import LoginEvent
from authrisk.eventlog.frame import EVENT_SCHEMA, to_frame
from authrisk.eventlog.parquet import (
    Table,
    TableWriter,
    gather,
    read_batches,
    read_table,
    scan_table,
    write_table,
)

EVENTS = Table("events", 1, EVENT_SCHEMA)

FRAME_ROWS = 32_768
"""Single events are gathered to frames of this many rows before they are written."""


def open_events(path: Path) -> TableWriter:
    """A writer of event frames: `with open_events(p) as log: log.write(frame)`."""
    return TableWriter(path, EVENTS)


def write_events(path: Path, events: Iterable[LoginEvent | pl.DataFrame]) -> int:
    """Write events, given one by one or in frames of `EVENT_SCHEMA`; answers how many.

    Memory stays bounded however long the iterable is. The file appears when all is written.
    """
    return write_table(path, EVENTS, gather(events, to_frame, FRAME_ROWS))


def scan_events(path: Path) -> pl.LazyFrame:
    """The events of a file, not yet read; raises InputError when it is no event log."""
    return scan_table(path, EVENTS)


def read_events(path: Path) -> pl.DataFrame:
    """All events of a file, in the order written; raises InputError when it is no event log."""
    return read_table(path, EVENTS)


def scan_batches(
    path: Path, rows: int = 131_072, columns: Sequence[str] | None = None
) -> Iterator[pl.DataFrame]:
    """The events of a file in order, `rows` at a time, with bounded memory; all columns, or those
    named."""
    return read_batches(path, EVENTS, rows, columns)
