"""Log files, globs and pipes -> numbered lines, streamed with flat memory.

Compression and binary logs (wtmp, EVTX: `binary_log.py`) are told by the first bytes, not by the
name, so it works in a pipe too. Whatever an
attacker can put into a log (endless lines, NUL bytes, a decompression bomb) becomes a `Rejected`;
only what the operator asked for and is not there is an error.
"""

from __future__ import annotations

import datetime as dt
import glob
import itertools
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from authrisk.errors import InputError
from authrisk.logs.binary_log import binary_reader
from authrisk.logs.inflate import StreamError
from authrisk.logs.parser import PAUSE, Line, Rejected
from authrisk.logs.pause import pauses
from authrisk.logs.record_lines import record_lines
from authrisk.logs.text_blocks import text_blocks

MAX_LINE_BYTES = 1 << 20
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """One log to read. `path` None is standard input."""

    name: str
    """Short and unique among the sources: the first part of event ids."""
    path: Path | None

    @property
    def modified(self) -> dt.datetime | None:
        """When the file was last written (aware, UTC); None for pipes."""
        if self.path is None or not self.path.is_file():
            return None
        return dt.datetime.fromtimestamp(self.path.stat().st_mtime, dt.UTC)


def find_sources(sources: Iterable[str | Path]) -> list[Source]:
    """The logs that paths, globs (`**` too) and `-` name, each once, globs in sorted order.

    A source is named by its base name, and by as many folders in front as tell it from the
    others. Raises InputError for a path that is missing or a folder, and a glob without a match.
    """
    paths: dict[str, Path | None] = {}
    for source in sources:
        text = str(source)
        if text == STDIN:
            paths.setdefault(STDIN, None)
            continue
        for path in _expand(text):
            paths.setdefault(str(path.absolute()), path)
    names = _short_names([key for key in paths if key != STDIN])
    return [Source("stdin" if path is None else names[key], path) for key, path in paths.items()]


def read_lines(
    sources: Iterable[str | Path],
    *,
    max_line_bytes: int = MAX_LINE_BYTES,
    max_bytes: int | None = None,
) -> Iterator[Line | Rejected]:
    """Every line of every source, in order.

    `max_bytes` bounds what is read of all sources together, after decompression. Raises
    InputError before the first line when a source is missing.
    """
    found = find_sources(sources)
    return (item for item in _read_all(found, max_line_bytes, max_bytes) if item is not PAUSE)


def read_source(
    source: Source, *, max_line_bytes: int = MAX_LINE_BYTES, max_bytes: int | None = None
) -> Iterator[Line | Rejected]:
    """The lines of one source, from 1.

    A line longer than `max_line_bytes`, with a NUL byte, or after damage in a compressed file is
    a `Rejected` without text; what stood before it is kept. Of a binary log each record is a line,
    of a JSON array of one long line each element (`record_lines`). UTF-16 is told by its byte order
    mark. Undecodable bytes become U+FFFD, a byte order mark and the carriage return of CRLF go.
    Where a pipe that is still written has nothing more to give just now (`tail -f`), a `PAUSE`
    comes.
    """
    if source.path is None:
        yield from _lines(source.name, sys.stdin.buffer, max_line_bytes, max_bytes)
        return
    try:
        file = source.path.open("rb")
    except OSError as error:
        raise InputError(error.strerror or "cannot be opened", where=str(source.path)) from None
    with file:
        yield from _lines(source.name, file, max_line_bytes, max_bytes)


def _read_all(
    found: Sequence[Source], max_line_bytes: int, max_bytes: int | None
) -> Iterator[Line | Rejected]:
    left = max_bytes
    for source in found:
        for item in read_source(source, max_line_bytes=max_line_bytes, max_bytes=left):
            if left is not None and isinstance(item, Line):
                left = max(0, left - len(item.text.encode()) - 1)
            yield item


def _lines(
    name: str, file: BinaryIO, max_line_bytes: int, max_bytes: int | None
) -> Iterator[Line | Rejected]:
    number = 0
    rest = b""
    skipping = False  # inside a line that is already known to be too long
    try:
        blocks = _at_most(max_bytes, record_lines(text_blocks(file)))
        for block in blocks:
            if number == 0 and not rest and not skipping:
                records = binary_reader(block)
                if records is not None:
                    yield from records(name, itertools.chain([block], blocks))
                    return
            pieces = block.split(b"\n")
            if len(pieces) == 1:
                if not skipping:
                    rest += block
            else:
                if skipping:
                    number += 1
                    yield Rejected(Line(name, number, ""), _TOO_LONG)
                else:
                    pieces[0] = rest + pieces[0]
                rest = pieces.pop()
                for raw in pieces[1:] if skipping else pieces:
                    number += 1
                    yield _line(name, number, raw, max_line_bytes)
                skipping = False
            if len(rest) > max_line_bytes:
                rest, skipping = b"", True
            if pauses(file):
                yield PAUSE
    except StreamError as broken:
        if skipping:
            number += 1
            yield Rejected(Line(name, number, ""), _TOO_LONG)
        elif rest:
            number += 1
            yield _line(name, number, rest, max_line_bytes)
        yield Rejected(Line(name, number + 1, ""), str(broken))
        return
    if skipping:
        yield Rejected(Line(name, number + 1, ""), _TOO_LONG)
    elif rest:
        yield _line(name, number + 1, rest, max_line_bytes)


def _at_most(max_bytes: int | None, blocks: Iterator[bytes]) -> Iterator[bytes]:
    if max_bytes is None:
        yield from blocks
        return
    left = max_bytes
    for block in blocks:
        yield block[:left]
        if len(block) > left:
            raise StreamError("more bytes than the limit allows")
        left -= len(block)


def _line(name: str, number: int, raw: bytes, max_line_bytes: int) -> Line | Rejected:
    if len(raw) > max_line_bytes:
        return Rejected(Line(name, number, ""), _TOO_LONG)
    if b"\0" in raw:
        return Rejected(Line(name, number, ""), "NUL byte, so not text")
    return Line(name, number, raw.removesuffix(b"\r").decode("utf-8", "replace"))


def _expand(text: str) -> list[Path]:
    path = Path(text)
    if path.is_dir():
        raise InputError("is a folder", where=text, remedy=f"name its logs: '{text}/*.log'")
    if path.exists():
        return [path]
    if glob.has_magic(text):
        found = [Path(name) for name in sorted(glob.glob(text, recursive=True))]  # noqa: PTH207 - Path.glob takes no absolute pattern
        files = [file for file in found if not file.is_dir()]
        if files:
            return files
        raise InputError("no file matches", where=text, remedy="quote the pattern, check the path")
    raise InputError("no such file", where=text, remedy="check the path")


def _short_names(keys: Sequence[str]) -> dict[str, str]:
    """The shortest trailing part of each path that no other path has."""
    parts = {key: Path(key).parts for key in keys}
    names: dict[str, str] = {}
    depth = 1
    while len(names) < len(keys):
        tails = {key: "/".join(parts[key][-depth:]) for key in keys if key not in names}
        seen = Counter(tails.values())
        names |= {key: tail for key, tail in tails.items() if seen[tail] == 1}
        depth += 1
    return names


_TOO_LONG = "line longer than the limit"
