"""A table kept as one Parquet file that says which table and which version it is."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import polars as pl
from polars.exceptions import PolarsError
from polars.io.plugins import register_io_source

from authrisk.errors import InputError
from authrisk.eventlog.frame import check_schema
from authrisk.eventlog.sibling import replacing

T = TypeVar("T")

KIND_KEY = "authrisk.table"
VERSION_KEY = "authrisk.schema_version"
ROW_GROUP_ROWS = 131_072
COMPRESSION_LEVEL = 1
"""Of zstd: a tenth faster to write than the usual 3, and 2 % larger."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a Parquet file of ours holds; name and version stand in the file's metadata.

    A later version appends columns and changes none; those are null in files of before.
    """

    name: str
    version: int
    schema: pl.Schema


class TableWriter:
    """A Parquet file that grows frame by frame, with bounded memory, in the order of writing.

    A context manager. Rows go to a sibling file on a thread of their own; the sibling takes the
    path's place when the block ends well and disappears when it does not. Raises InputError when
    the place cannot be written or a frame has other columns than the table.
    """

    def __init__(self, path: Path, table: Table) -> None:
        self.path, self.table, self.rows = path, table, 0
        self._frames: queue.Queue[pl.DataFrame | None] = queue.Queue(maxsize=2)
        self._stack = ExitStack()
        self._abandoned = False
        self._sink: Future[None]

    def __enter__(self) -> TableWriter:
        with ExitStack() as stack:
            partial = stack.enter_context(replacing(self.path))
            executor = stack.enter_context(ThreadPoolExecutor(1, "parquet"))
            self._sink = executor.submit(self._write_file, partial)
            stack.push(self._close)
            self._stack = stack.pop_all()
        return self

    def write(self, frame: pl.DataFrame) -> None:
        """Append the rows of a frame that has exactly the table's columns."""
        check_schema(frame.schema, self.table.schema)
        if frame.height:
            self._hand_over(frame)
            self.rows += frame.height

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _close(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._abandoned = error is not None
        self._hand_over(None)
        if not self._abandoned:
            self._finish()

    def _hand_over(self, frame: pl.DataFrame | None) -> None:
        """Queue a frame for the thread; raises what ended the thread when it is gone."""
        while not self._sink.done():
            try:
                return self._frames.put(frame, timeout=0.2)
            except queue.Full:
                continue
        return None if self._abandoned else self._finish()

    def _finish(self) -> None:
        try:
            self._sink.result()
        except (OSError, PolarsError) as error:
            what = f"cannot be written: {error}"
            raise InputError(what, where=str(self.path), remedy="see that there is room") from error

    def _write_file(self, partial: Path) -> None:
        source = register_io_source(self._source, schema=self.table.schema)
        source.sink_parquet(
            partial,
            row_group_size=ROW_GROUP_ROWS,
            compression_level=COMPRESSION_LEVEL,
            metadata={KIND_KEY: self.table.name, VERSION_KEY: str(self.table.version)},
            sync_on_close="all",
        )

    def _source(self, *_pushdown: Any) -> Iterator[pl.DataFrame]:
        # Ends well also when the writing is given up: a source that fails leaves Polars opening the
        # file on another thread, which may come after the file was taken away.
        while (frame := self._frames.get()) is not None:
            yield frame


def gather(
    items: Iterable[T | pl.DataFrame], to_frame: Callable[[list[T]], pl.DataFrame], rows: int
) -> Iterator[pl.DataFrame]:
    """Frames as they come; single items joined to frames of at most `rows`; order is kept."""
    single: list[T] = []
    for item in items:
        if not isinstance(item, pl.DataFrame):
            single.append(item)
            if len(single) < rows:
                continue
        if single:
            yield to_frame(single)
            single = []
        if isinstance(item, pl.DataFrame):
            yield item
    if single:
        yield to_frame(single)


def write_table(path: Path, table: Table, frames: Iterable[pl.DataFrame]) -> int:
    """Write frames one after the other as one file; answers the number of rows."""
    with TableWriter(path, table) as writer:
        for frame in frames:
            writer.write(frame)
    return writer.rows


def scan_table(path: Path, table: Table) -> pl.LazyFrame:
    """The file's rows, not yet read. Raises InputError when it is not this table, or too new."""
    where = str(path)
    if not path.exists():
        raise InputError("no such file", where=where, remedy="check the path")
    if path.is_dir():
        raise InputError("is a directory, not a file", where=where, remedy="name one Parquet file")
    remedy = "make it with `authrisk parse` or `authrisk simulate`"
    try:
        notes = pl.read_parquet_metadata(path)
        schema = pl.Schema(pl.read_parquet_schema(path))
    except (OSError, PolarsError) as error:
        raise InputError("not a readable Parquet file", where=where, remedy=remedy) from error
    kind, version = notes.get(KIND_KEY), notes.get(VERSION_KEY, "")
    if kind is None:
        what = "a Parquet file, but not one that authrisk wrote"
        raise InputError(what, where=where, remedy=remedy)
    if kind != table.name:
        what = f"holds {kind}, not {table.name}"
        raise InputError(what, where=where, remedy=f"name the file of {table.name}")
    if not (version.isascii() and version.isdigit()):
        raise InputError("has no schema version", where=where, remedy=remedy)
    if int(version) > table.version:
        what = f"has schema version {version}; this authrisk reads up to {table.version}"
        raise InputError(what, where=where, remedy="upgrade authrisk")
    wanted = dict(table.schema)
    added = list(wanted)[len(schema) :] if int(version) < table.version else []
    check_schema(schema, pl.Schema({k: v for k, v in wanted.items() if k not in added}), where)
    rows = pl.scan_parquet(path, glob=False)
    return rows.with_columns(pl.lit(None, wanted[name]).alias(name) for name in added)


def read_batches(
    path: Path, table: Table, rows: int, columns: Sequence[str] | None = None
) -> Iterator[pl.DataFrame]:
    """The file's rows in order, `rows` at a time (the last batch may be shorter); all columns, or
    those named."""
    scan = scan_table(path, table)
    if columns is not None:
        scan = scan.select(columns)
    try:
        # One slice at a time: `collect_batches` reads ahead, and holds half a gigabyte by it.
        total = int(scan.select(pl.len()).collect().item())
        for begin in range(0, total, rows):
            yield scan.slice(begin, rows).collect()
    except PolarsError as error:
        raise damaged(path, error) from error


def read_table(path: Path, table: Table) -> pl.DataFrame:
    """All rows of the file."""
    try:
        return scan_table(path, table).collect()
    except PolarsError as error:
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> InputError:
    """The error of a file whose head is right and whose rows cannot be read."""
    reason = str(error).partition("\n")[0]
    return InputError(f"is damaged: {reason}", where=str(path), remedy="make the file again")
