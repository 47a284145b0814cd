"""What the body of a request to the HTTP collector holds: its content, and the lines of that."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager

from authrisk.collect.inbox import line_of
from authrisk.logs.parser import Line, Rejected
from authrisk.logs.record_lines import record_lines


class BodyError(Exception):
    """A body that is not taken: the status of the answer, and the cause."""

    def __init__(self, status: int, cause: str) -> None:
        self.status, self.cause = status, cause
        super().__init__(cause)


class Room:
    """Bytes that all bodies may hold together while they arrive or wait."""

    def __init__(self, size: int) -> None:
        self.left = size


def check_size(size: int, largest: int) -> None:
    """Raises BodyError for a body that is too large."""
    if size > largest:
        raise BodyError(413, f"The body is larger than {largest} bytes.")


@asynccontextmanager
async def received(
    parts: AsyncIterable[bytes], largest: int, patience_s: float, room: Room
) -> AsyncIterator[bytes]:
    """A body whose parts arrive; it holds its room while the block runs.

    Raises BodyError where it grows too large, is not whole in time, or finds no room.
    """
    taken: list[bytes] = []
    size = 0
    try:
        try:
            async with asyncio.timeout(patience_s):
                async for part in parts:
                    check_size(size + len(part), largest)
                    if len(part) > room.left:
                        raise BodyError(503, "Too many bodies wait; send it again.")
                    room.left -= len(part)
                    size += len(part)
                    taken.append(part)
        except TimeoutError:
            raise BodyError(408, f"The body took longer than {patience_s:g} s.") from None
        yield b"".join(taken)
    finally:
        room.left += size


def content_of(body: bytes, encoding: str, largest: int) -> bytes:
    """The content of a body, `largest` bytes at most, by its Content-Encoding.

    Raises BodyError where it is damaged, larger or encoded in another way.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise BodyError(415, "Content-Encoding must be gzip or identity.")
    member = zlib.decompressobj(wbits=31)
    try:
        content = member.decompress(body, largest + 1)
    except zlib.error:
        raise BodyError(400, "The body is no gzip data.") from None
    if len(content) > largest:
        raise BodyError(413, f"The content is larger than {largest} bytes.")
    if not member.eof or member.unused_data:
        raise BodyError(400, "The gzip data ends too early, or goes on.")
    return content


def content_lines(content: bytes, longest: int, most: int) -> Iterator[Line | Rejected]:
    """The lines of a content, one at a time, each known by its text.

    As of files, one with more than `longest` bytes or a NUL byte is a `Rejected` without text, and
    the elements of a JSON array of one long line are lines of their own. Raises BodyError once
    there are more than `most`.

    >>> [line.text for line in content_lines(b"one\\r\\n\\ntwo", 1024, 3)]
    ['one', '', 'two']
    """
    for number, raw in enumerate(_raw_lines(content, longest)):
        if number == most:
            raise BodyError(413, f"The content has more than {most} lines.")
        if raw is None:
            yield Rejected(_NOWHERE, "line longer than the limit")
        elif b"\0" in raw:
            yield Rejected(_NOWHERE, "NUL byte, so not text")
        else:
            text = raw.removesuffix(b"\r").decode("utf-8", "replace")
            yield line_of(text) if text.strip() else _NOWHERE


def _raw_lines(content: bytes, longest: int) -> Iterator[bytes | None]:
    """The bytes of each line; None for one that is too long."""
    rest: bytes | None = b""
    for block in record_lines(_blocks(content)):
        first, *more = block.split(b"\n")
        rest = None if rest is None or len(rest) + len(first) > longest else rest + first
        for piece in more:
            yield rest
            rest = piece if len(piece) <= longest else None
    if rest != b"":
        yield rest


def _blocks(content: bytes) -> Iterator[bytes]:
    begin = len(_BYTE_ORDER_MARK) if content.startswith(_BYTE_ORDER_MARK) else 0
    for at in range(begin, len(content), _BLOCK):
        yield content[at : at + _BLOCK]


_BLOCK = 1 << 16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NOWHERE = Line("http", 0, "")
