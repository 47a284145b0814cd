"""A log that is still written, line by line, through every kind of rotation.

- renamed, and a new file made: the old one is read to its end, then the new one;
- copied and cut to nothing: what was not read yet is read from the copy;
- rotated while nobody read, compressed or not: what is left is read from the copies, in order.

What nobody can read any more is told as a `Rejected`, not passed over.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec.structs

from authrisk.logs.columnar import line_of
from authrisk.logs.inflate import StreamError, plain_blocks
from authrisk.logs.parser import PAUSE, Line, Rejected
from authrisk.logs.position import HEAD_BYTES, Position, copies_of, digest, start_of
from authrisk.logs.reader import MAX_LINE_BYTES

LOST = "no copy of the file that was being read: what it still held is lost"
TOO_LONG = "line longer than the limit"


class Follower:
    """Reads one log from a position on, and says how far it came.

    `name` begins the ids of lines; `new_token` gives each file that appears under the log's name
    one of its own, so that line 1 of today is not line 1 of yesterday.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        new_token: Callable[[], str],
        position: Position | None = None,
        max_line_bytes: int = MAX_LINE_BYTES,
    ) -> None:
        self.position = position
        self._path, self._name, self._new_token = path, name, new_token
        self._max_line_bytes = max_line_bytes
        self._file: BinaryIO | None = None
        self._left: Position | None = None
        """The end of a file after which nothing has been written under the log's name."""

    def lines(self, wait: Callable[[], bool]) -> Iterator[Line | Rejected]:
        """Every line from the position on, and a `PAUSE` where there is none.

        There is one too before the first line of each file, so that its token is kept before it
        appears in an event, and now and then where the log never rests. When the iterator is
        asked for more after a `PAUSE`, everything before `position` has been dealt with. `wait`
        is called then: it returns when it is worth looking again, False to stop.
        """
        try:
            while True:
                yield from self._new_lines()
                yield PAUSE
                if not wait():
                    return
        finally:
            self._close()

    def _new_lines(self) -> Iterator[Line | Rejected]:
        if self._file is None:
            self._file = _opened(self._path)
            if self._file is None:
                return
            if self.position is not None and not self.position.is_of(self._file):
                yield from self._from_copies(self._file)
        while True:
            yield from self._read(self._file)
            current = _opened(self._path)
            if current is None:  # between rename and create
                return
            with current:
                same, empty = _same(current, self._file), _is_empty(current)
            if same:
                if self.position is None or self.position.is_of(self._file):
                    return
                if not empty:
                    yield from self._from_copies(self._file)
                    continue
                if self.position != self._left:
                    yield from self._from_copies(self._file)
                return
            if empty:
                return  # the writer may still be at the old file
            yield from self._read(self._file)
            yield from self._last_line(self._file)
            self._close()
            self._file = _opened(self._path)
            if self._file is None:
                return
            yield from self._later_files(self._copies() if self.position else [], self._file)

    def _read(self, file: BinaryIO) -> Iterator[Line | Rejected]:
        """The whole lines of a plain file from the position on."""
        if self.position is None:
            if _is_empty(file):
                return
            self.position = start_of(file, self._new_token())
            yield PAUSE
        for chunk in itertools.count(1):
            if chunk % _CHUNKS_PER_PAUSE == 0:
                yield PAUSE
            at = self.position.offset
            data = os.pread(file.fileno(), max(_CHUNK, self._max_line_bytes + 2), at)
            if data and not self.position.is_of(file):
                return  # cut to nothing and written again since
            end = data.rfind(b"\n") + 1
            if not end:
                if len(data) > self._max_line_bytes:
                    if not self.position.skipping:
                        yield self._rejected(TOO_LONG)
                    self._move(len(data), 0, skipping=True)
                    continue
                break
            yield from self._lines(data[:end])
        self._know_better(file)

    def _lines(self, data: bytes) -> Iterator[Line | Rejected]:
        assert self.position is not None
        for raw in data.removesuffix(b"\n").split(b"\n"):
            if self.position.skipping:
                self._move(len(raw) + 1, 0, skipping=False)
                continue
            number = self.position.lines + 1
            bare = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
            self._move(len(raw) + 1, 1)
            yield line_of(self._id, number, bare, self._max_line_bytes)

    def _last_line(self, file: BinaryIO) -> Iterator[Line | Rejected]:
        """What stands after the last line break of a file that nobody writes to any more."""
        if self.position is None:
            return
        data = os.pread(file.fileno(), self._max_line_bytes + 1, self.position.offset)
        if data:
            yield from self._lines(data)

    def _from_copies(self, current: BinaryIO) -> Iterator[Line | Rejected]:
        """The rest of the file of the position, then the files after it; from copies."""
        copies = self._copies()
        if not copies:
            yield self._rejected(LOST)
        else:
            yield from self._rest_of_copy(copies[0])
        yield from self._later_files(copies, current)

    def _copies(self) -> list[Path]:
        """The copy of the file of the position, and those that rotation made after it."""
        assert self.position is not None
        copies: list[Path] = []
        for copy in copies_of(self._path):
            with contextlib.suppress(OSError):
                if copy.samefile(self._path):
                    continue
            if copies or self.position.is_of_copy(copy):
                copies.append(copy)
        return copies

    def _later_files(self, copies: Sequence[Path], current: BinaryIO) -> Iterator[Line | Rejected]:
        """The files of all copies but the first, whole; then the position is before `current`."""
        for copy in copies[1:]:
            head = _head(copy)
            if not head or (self.position is not None and self.position.is_of_copy(copy)):
                continue  # the same once more, while it is being compressed
            self.position = Position(
                token=self._new_token(), inode=0, head=digest(head), head_bytes=len(head)
            )
            yield PAUSE
            yield from self._rest_of_copy(copy)
        if not _is_empty(current):
            self.position = start_of(current, self._new_token())
            yield PAUSE
        else:
            self._left = self.position

    def _rest_of_copy(self, copy: Path) -> Iterator[Line | Rejected]:
        assert self.position is not None
        skip, rest = self.position.offset, b""
        try:
            with copy.open("rb") as file:
                for block in plain_blocks(file):
                    data = rest + block[min(skip, len(block)) :]
                    skip -= min(skip, len(block))
                    end = data.rfind(b"\n") + 1
                    if end:
                        yield from self._lines(data[:end])
                    rest = data[end:][: self._max_line_bytes + 1]
        except (OSError, StreamError) as error:
            yield self._rejected(str(error))
        if rest:
            yield from self._lines(rest)

    @property
    def _id(self) -> str:
        assert self.position is not None
        return f"{self._name}#{self.position.token}"

    def _rejected(self, cause: str) -> Rejected:
        assert self.position is not None
        number = self.position.lines + 1
        self._move(0, 1)
        return Rejected(Line(self._id, number, ""), cause)

    def _move(self, size: int, lines: int, skipping: bool | None = None) -> None:
        assert self.position is not None
        self.position = msgspec.structs.replace(
            self.position,
            offset=self.position.offset + size,
            lines=self.position.lines + lines,
            skipping=self.position.skipping if skipping is None else skipping,
        )

    def _know_better(self, file: BinaryIO) -> None:
        """Remember more first bytes of a file that was short when it was first seen."""
        position = self.position
        if position is None or position.head_bytes >= HEAD_BYTES:
            return
        head = os.pread(file.fileno(), HEAD_BYTES, 0)[: max(position.offset, position.head_bytes)]
        if len(head) > position.head_bytes and position.is_of(file):
            self.position = msgspec.structs.replace(
                position, head=digest(head), head_bytes=len(head)
            )

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _opened(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _is_empty(file: BinaryIO) -> bool:
    return not os.fstat(file.fileno()).st_size


def _head(copy: Path) -> bytes:
    try:
        with copy.open("rb") as file:
            return next(plain_blocks(file), b"")[:HEAD_BYTES]
    except (OSError, StreamError):
        return b""


def _same(one: BinaryIO, other: BinaryIO) -> bool:
    return os.path.sameopenfile(one.fileno(), other.fileno())


_CHUNK = 1 << 20
_CHUNKS_PER_PAUSE = 16
