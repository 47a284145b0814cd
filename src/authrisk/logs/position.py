"""How far a log that is still written has been read, and by what it is known again.

A log keeps its name while files come and go under it. A file is known by its first bytes, which
rotation, compression and restoring from a copy leave as they are, and by its inode where those
bytes are too few to tell two files apart.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from authrisk.errors import InputError
from authrisk.eventlog.sibling import replacing
from authrisk.logs.inflate import StreamError, plain_blocks

HEAD_BYTES = 1024
TELLING_BYTES = 256
"""So many equal first bytes are one file's, whatever its inode."""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A place in one file: everything before it has been read and written."""

    token: str
    """Names the file in event ids: `auth.log#token:line`."""
    inode: int
    head: str
    """Digest of the first `head_bytes` bytes."""
    head_bytes: int
    offset: int = 0
    """Bytes, after decompression."""
    lines: int = 0
    skipping: bool = False
    """Inside a line that is too long."""

    def is_of(self, file: BinaryIO) -> bool:
        """Whether an open plain file is the one, as long as it was or longer."""
        status = os.fstat(file.fileno())
        if status.st_size < max(self.offset, self.head_bytes):
            return False
        if status.st_ino != self.inode and self.head_bytes < TELLING_BYTES:
            return False
        return digest(os.pread(file.fileno(), self.head_bytes, 0)) == self.head

    def is_of_copy(self, path: Path) -> bool:
        """Whether a file, compressed or not, begins with the same bytes."""
        try:
            with path.open("rb") as file:
                head = b""
                for block in plain_blocks(file):
                    head += block
                    if len(head) >= self.head_bytes:
                        break
        except (OSError, StreamError):
            return False
        return len(head) >= self.head_bytes and digest(head[: self.head_bytes]) == self.head


def start_of(file: BinaryIO, token: str) -> Position:
    """The beginning of an open plain file that is not empty."""
    head = os.pread(file.fileno(), HEAD_BYTES, 0)
    inode = os.fstat(file.fileno()).st_ino
    return Position(token=token, inode=inode, head=digest(head), head_bytes=len(head))


def digest(head: bytes) -> str:
    """A short name of the first bytes of a file."""
    return hashlib.blake2b(head, digest_size=16).hexdigest()


def copies_of(path: Path) -> list[Path]:
    """The files that rotation made of a log, oldest first: `x.log.1`, `x.log.2.gz`, `x-26.log`."""
    found = []
    for other in _siblings(path):
        name = other.name
        dated = name.startswith(f"{path.stem}-") and path.suffix and path.suffix in name
        if name != path.name and (name.startswith((f"{path.name}.", f"{path.name}-")) or dated):
            try:
                found.append((other.stat().st_mtime_ns, name, other))
            except OSError:
                continue
    return [other for _, _, other in sorted(found)]


def _siblings(path: Path) -> Iterator[Path]:
    try:
        yield from (other for other in path.parent.iterdir() if other.is_file())
    except OSError:
        return


def read_positions(path: Path) -> dict[str, Position]:
    """The positions of a state file by log; none where there is no file.

    Raises InputError when it is no state file.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        return msgspec.json.decode(content, type=dict[str, Position])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"is no state file: {error}", where=str(path), remedy="name another, or remove it"
        ) from None


def write_positions(path: Path, positions: dict[str, Position]) -> None:
    """Keep positions so that a crash leaves the old ones or the new ones whole."""
    with replacing(path) as partial, partial.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(positions)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
