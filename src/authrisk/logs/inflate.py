"""Plain bytes of a plain, gzip or zstd stream, in blocks of bounded size."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from authrisk.zstd import ZstdDecompressor, ZstdError

COMPRESSED_MARKS = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""What gzip and zstd streams begin with."""


class StreamError(Exception):
    """The stream cannot be read further; its text is the cause. What came before is good."""


def plain_blocks(file: BinaryIO) -> Iterator[bytes]:
    """The decompressed content; the kind of compression is told by the first bytes.

    Concatenated members and frames follow one another. No block exceeds some MiB, however well
    the input was compressed. Raises StreamError where the input is damaged or ends too early, after
    every byte before that has been given.
    """
    head = file.read(4)
    if head.startswith(_GZIP):
        yield from _gunzip(head, file)
    elif head == _ZSTD:
        yield from _unzstd(head, file)
    else:
        while len(head) < 4 and (more := file.read(4 - len(head))):  # a slow pipe
            head += more
        if head:
            yield from _plain(head, file)


def _plain(head: bytes, file: BinaryIO) -> Iterator[bytes]:
    read = getattr(file, "read1", file.read)  # a pipe gives what it has
    yield head + read(_BLOCK)
    while block := read(_BLOCK):
        yield block


def _gunzip(head: bytes, file: BinaryIO) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=31)
    data = head + file.read(_BLOCK)
    while data:
        try:
            out = member.decompress(data, _BLOCK)
        except zlib.error:
            raise StreamError("damaged gzip data") from None
        if out:
            yield out
        if member.eof:
            data = member.unused_data.lstrip(b"\0") or file.read(_BLOCK).lstrip(b"\0")
            if data:
                member = zlib.decompressobj(wbits=31)
        else:
            data = member.unconsumed_tail or file.read(_BLOCK)
    if not member.eof:
        raise StreamError("gzip data ends too early")


def _unzstd(head: bytes, file: BinaryIO) -> Iterator[bytes]:
    frame = ZstdDecompressor()
    data = head + file.read(_BLOCK)
    while data or not frame.needs_input:
        try:
            out = frame.decompress(data, _BLOCK)
        except ZstdError:
            raise StreamError("damaged zstd data") from None
        if out:
            yield out
        data = b""
        if frame.eof:
            data = frame.unused_data or file.read(_BLOCK)
            if not data:
                return
            frame = ZstdDecompressor()
        elif frame.needs_input:
            data = file.read(_BLOCK)
    raise StreamError("zstd data ends too early")


_BLOCK = 1 << 16
_GZIP, _ZSTD = COMPRESSED_MARKS
