"""The bytes of a log as UTF-8, whatever Windows wrote it in.

A byte order mark tells UTF-16: SQL Server writes its ERRORLOG so, and `>` in Windows PowerShell.
"""

from __future__ import annotations

import codecs
import itertools
from collections.abc import Iterator
from typing import BinaryIO

from authrisk.logs.inflate import plain_blocks

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_blocks(file: BinaryIO) -> Iterator[bytes]:
    """The blocks of `inflate.plain_blocks`, UTF-16 as UTF-8, without a byte order mark.

    What is no UTF-16 becomes U+FFFD. Raises StreamError as `plain_blocks` does.
    """
    blocks = plain_blocks(file)
    first = next(blocks, None)
    if first is None:
        return
    if not first.startswith(UTF16_MARKS):
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    for block in itertools.chain([first], blocks):
        yield decoder.decode(block).encode()
    yield decoder.decode(b"", final=True).encode()
