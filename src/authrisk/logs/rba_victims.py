"""A first look through an RBA file for the users with a takeover, before it is read in earnest.

Who has one is known only at the end, but their past is needed from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from authrisk.errors import InputError
from authrisk.logs.inflate import StreamError, plain_blocks

_ENDS = (b"rue\n", b"rue\r\n", b"RUE\n", b"RUE\r\n")
_USER = 2
_LONGEST = 1 << 16
"""Bytes of a line that are looked at."""


def takeover_users(path: Path) -> frozenset[str]:
    """The users of all lines that end in True, as text: those of takeovers, and perhaps a few more.

    Compressed or not. Raises InputError when the file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return frozenset(_users(plain_blocks(file)))
    except OSError as error:
        raise InputError(error.strerror or "cannot be opened", where=str(path)) from None


def _users(blocks: Iterator[bytes]) -> Iterator[str]:
    kept = b""
    try:
        for block in blocks:
            data = kept + block
            yield from _of_block(data)
            kept = data[data.rfind(b"\n") + 1 :][-_LONGEST:]
    except StreamError:
        pass  # reading in earnest says what is wrong
    yield from _of_block(kept + b"\n")


def _of_block(data: bytes) -> Iterator[str]:
    for end in _ENDS:
        at = data.find(end)
        while at >= 0:
            begin = data.rfind(b"\n", max(0, at - _LONGEST), at) + 1
            fields = data[begin:at].split(b",", _USER + 1)
            if len(fields) > _USER:
                yield fields[_USER].strip(b'"').decode("utf-8", "replace")
            at = data.find(end, at + 1)
