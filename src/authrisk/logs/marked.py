"""The lines that hold a mark of a format; all others are counted without being decoded.

Most lines of most logs are no login. They are looked at in blocks by a search for many literals
at once, some hundred MB a second, and only what has a mark becomes a `Line`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import repeat

import polars as pl

from authrisk.logs.columnar import LineBlock, read_blocks
from authrisk.logs.parser import Line, Rejected
from authrisk.logs.reader import MAX_LINE_BYTES, Source
from authrisk.logs.report import PLACES_KEPT, Skipped


def marked_lines(
    source: Source,
    marks: Sequence[str],
    *,
    block_bytes: int = 1 << 22,
    max_line_bytes: int = MAX_LINE_BYTES,
) -> Iterator[Line | Rejected | Skipped]:
    """The lines of one source as `reader.read_source` gives them, but for those without a mark.

    Those are told block by block, as `Skipped`, ahead of the others of their block. Raises
    InputError when the file cannot be opened.
    """
    for block in read_blocks(source, block_bytes=block_bytes, max_line_bytes=max_line_bytes):
        yield from block.rejected
        has_mark = has_any(block.texts, marks)
        yield from skipped_of(block, has_mark)
        kept = block.texts.filter(has_mark).to_list()
        numbers = block.numbers.filter(has_mark).to_list()
        yield from map(Line, repeat(block.file), numbers, kept)


def has_any(texts: pl.Series, marks: Sequence[str]) -> pl.Series:
    """Which texts hold one of the literals at least; Boolean."""
    return texts.str.contains("|".join(map(re.escape, marks)))


def skipped_of(block: LineBlock, kept: pl.Series) -> Sequence[Skipped]:
    """The lines of a block that are not kept, none or one count of them."""
    without = len(kept) - int(kept.sum())
    if not without:
        return ()
    first = block.numbers.filter(~kept).head(PLACES_KEPT)
    return (Skipped(without, tuple(f"{block.file}:{number}" for number in first)),)
