"""The lines that hold a mark of a format; all others are counted without being decoded.

Most lines of most logs are no login. They are looked at in blocks by a search for many literals
at once (Aho-Corasick), some hundred MB a second, and only what has a mark becomes a `Line`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat

from authrisk.logs.columnar import read_blocks
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
    literals = list(marks)
    for block in read_blocks(source, block_bytes=block_bytes, max_line_bytes=max_line_bytes):
        yield from block.rejected
        has_mark = block.texts.str.contains_any(literals)
        without = len(has_mark) - int(has_mark.sum())
        if without:
            first = block.numbers.filter(~has_mark).head(PLACES_KEPT)
            yield Skipped(without, tuple(f"{block.file}:{number}" for number in first))
            if without == len(has_mark):
                continue
        kept = block.texts.filter(has_mark).to_list()
        numbers = block.numbers.filter(has_mark).to_list()
        yield from map(Line, repeat(block.file), numbers, kept)
