"""The second, vectorised path of columnar formats: blocks of lines in, tables out.

It gives what the same format's `Parser` gives line by line; a property test holds each format to
that. Memory stays flat: one block at a time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast, runtime_checkable

import polars as pl
from polars.exceptions import PolarsError

from authrisk.errors import InputError
from authrisk.logs.inflate import StreamError
from authrisk.logs.parser import Ignored, Line, ParseSettings, Rejected
from authrisk.logs.pause import LONGEST_S, pauses
from authrisk.logs.reader import MAX_LINE_BYTES, Source, find_sources
from authrisk.logs.report import Skipped, Tally
from authrisk.logs.text_blocks import text_blocks

BLOCK_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class ColumnarBatch:
    """What one block of lines gave, in the order of the lines."""

    lines: int
    events: pl.DataFrame
    """`EVENT_SCHEMA`."""
    labels: pl.DataFrame | None
    """`LABEL_SCHEMA`; None when the format has no labels."""
    rejected: Sequence[Rejected]
    ignored: Sequence[Ignored]
    skipped: Sequence[Skipped] = ()
    """Lines that were never looked at one by one; `lines` counts them too."""

    def count(self, tally: Tally) -> None:
        """Add this batch to the count of a reading."""
        tally.lines += self.lines
        tally.events += self.events.height
        for rejected in self.rejected:
            tally.reject(rejected)
        for ignored in self.ignored:
            tally.ignore(ignored)
        for skipped in self.skipped:
            tally.lines -= skipped.lines
            tally.skip(skipped)


@runtime_checkable
class ColumnarParser(Protocol):
    """A format that can also be read by blocks; a `Parser` may be one too."""

    name: str

    def parse_columns(self, source: Source, settings: ParseSettings) -> Iterator[ColumnarBatch]:
        """Every line of one source; never raises for bad content."""


def parse_files(
    parser: ColumnarParser, sources: Iterable[str | Path], settings: ParseSettings
) -> Iterator[ColumnarBatch]:
    """The batches of paths, globs and `-`, in their order.

    Raises InputError for a missing source before the first batch.
    """
    found = find_sources(sources)
    return (batch for source in found for batch in parser.parse_columns(source, settings))


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Successive lines of one source."""

    file: str
    numbers: pl.Series
    """Of the lines in `texts`, counted from 1; Int64."""
    texts: pl.Series
    rejected: Sequence[Rejected]
    """Lines that are no text: they are in no other member."""
    data: bytes | None
    """The bytes of exactly the lines in `texts`, where nothing had to be replaced or left out."""

    def line(self, index: int) -> Line:
        """One of the lines."""
        return Line(self.file, self.numbers[index], self.texts[index])

    def lines(self) -> Iterator[Line]:
        """All of them."""
        for number, text in zip(self.numbers, self.texts, strict=True):
            yield Line(self.file, number, text)


def read_blocks(
    source: Source,
    *,
    block_bytes: int = BLOCK_BYTES,
    max_line_bytes: int = MAX_LINE_BYTES,
) -> Iterator[LineBlock]:
    """The lines of one source as `reader.read_source` gives them, many at a time.

    Raises InputError when the file cannot be opened.
    """
    if source.path is None:
        yield from _blocks(source.name, sys.stdin.buffer, block_bytes, max_line_bytes)
        return
    try:
        file = source.path.open("rb")
    except OSError as error:
        raise InputError(error.strerror or "cannot be opened", where=str(source.path)) from None
    with file:
        yield from _blocks(source.name, file, block_bytes, max_line_bytes)


def _blocks(
    name: str, file: BinaryIO, block_bytes: int, max_line_bytes: int
) -> Iterator[LineBlock]:
    number = 1
    for data in _whole_lines(file, max(block_bytes, 2 * max_line_bytes), max_line_bytes):
        if isinstance(data, str):
            broken = (Rejected(Line(name, number, ""), data),)
            texts = pl.Series([], dtype=pl.String)
            yield LineBlock(name, _range(number, 0), texts, broken, None)
        else:
            for block in _line_blocks(name, number, data, max_line_bytes):
                number += len(block.texts) + len(block.rejected)
                yield block


def _whole_lines(file: BinaryIO, block_bytes: int, max_line_bytes: int) -> Iterator[bytes | str]:
    """Pieces of some MiB that end with a line break, the last one perhaps without. Of a pipe that
    rests (`tail -f`), or gives little for long, what has come is a piece.

    Text instead of bytes is the reason why nothing more can be read; it comes last. Of a line
    that is too long only as much is kept as shows that.
    """
    pieces: list[bytes] = []
    size, begun = 0, time.monotonic()
    end: str | None = None
    try:
        for block in text_blocks(file):
            pieces.append(block)
            size += len(block)
            full = size >= block_bytes or time.monotonic() - begun >= LONGEST_S
            if full or pauses(file):
                data = b"".join(pieces)
                cut = data.rfind(b"\n") + 1
                if cut:
                    yield data[:cut]
                pieces = [data[cut:][: max_line_bytes + 1]]
                size, begun = len(pieces[0]), time.monotonic()
    except StreamError as broken:
        end = str(broken)
    if data := b"".join(pieces):
        yield data
    if end is not None:
        yield end


def _line_blocks(name: str, first: int, data: bytes, max_line_bytes: int) -> Iterator[LineBlock]:
    """One block where all is well; else the part that is not is read line by line."""
    block = _line_block(name, first, data, max_line_bytes)
    if block is not None:
        yield block
        return
    middle = data.rfind(b"\n", 0, len(data) // 2) + 1
    if not middle or len(data) <= _DOUBTFUL_BYTES:
        yield _doubtful_block(name, first, data, max_line_bytes)
        return
    for part in (data[:middle], data[middle:]):
        for block in _line_blocks(name, first, part, max_line_bytes):
            first += len(block.texts) + len(block.rejected)
            yield block


def _line_block(name: str, first: int, data: bytes, max_line_bytes: int) -> LineBlock | None:
    if b"\0" in data:
        return None
    try:
        texts = pl.read_lines(data)["line"]
    except PolarsError:  # not UTF-8 throughout
        return None
    if cast(int, texts.str.len_bytes().max()) >= max_line_bytes:
        return None
    return LineBlock(name, _range(first, len(texts)), texts, (), data)


def _doubtful_block(name: str, first: int, data: bytes, max_line_bytes: int) -> LineBlock:
    """As the reader does it, line by line."""
    numbers, texts, rejected = [], [], []
    for number, raw in enumerate(data.removesuffix(b"\n").split(b"\n"), start=first):
        line = line_of(name, number, raw, max_line_bytes)
        if isinstance(line, Rejected):
            rejected.append(line)
        else:
            numbers.append(number)
            texts.append(line.text)
    return LineBlock(
        name,
        pl.Series(numbers, dtype=pl.Int64),
        pl.Series(texts, dtype=pl.String),
        rejected,
        None,
    )


def line_of(name: str, number: int, raw: bytes, max_line_bytes: int) -> Line | Rejected:
    """One line as `reader.read_source` gives it."""
    if len(raw) > max_line_bytes:
        return Rejected(Line(name, number, ""), "line longer than the limit")
    if b"\0" in raw:
        return Rejected(Line(name, number, ""), "NUL byte, so not text")
    return Line(name, number, raw.removesuffix(b"\r").decode("utf-8", "replace"))


def _range(first: int, length: int) -> pl.Series:
    return pl.int_range(first, first + length, dtype=pl.Int64, eager=True)


_DOUBTFUL_BYTES = 1 << 16
