"""Puts the records of a JSON file that is one long line on lines of their own, in flat memory.

CloudTrail delivers files such as `{"Records":[{..},{..}]}` without a line break, of many MiB.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_LEAST_BYTES = 1 << 15
"""A shorter line is left as it is: it is read whole."""
_LONGEST_STRING = 1 << 20


def record_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, with a line break before and after each record of a one-line array.

    The array is the whole of the file, or the value of a key of an object. Bytes that begin in
    another way, or whose first 32 KiB have a line break or are all there is, stay as they are.
    Where the array ends, or a string does not within 1 MiB, the rest stays as it is.

    >>> text = b'{"Records":[' + b'{"a":"],"}, ' * 3000 + b'{}]}'
    >>> lines = b"".join(record_lines([text])).split(b"\\n")
    >>> lines[0], lines[1], lines[2], lines[-1]
    (b'{"Records":[', b'{"a":"],"}', b', {"a":"],"}', b']}')
    """
    stream = iter(blocks)
    first = next(stream, b"")
    while first[:1] in _OPENS and len(first) < _LEAST_BYTES and b"\n" not in first:
        more = next(stream, b"")
        if not more:
            break
        first += more
    opening = _OPENING.match(first) if len(first) >= _LEAST_BYTES else None
    if opening is None or b"\n" in first:
        yield first
        yield from stream
        return
    yield first[: opening.end()] + b"\n"
    rest, depth = first[opening.end() :], 0
    while True:
        begun = end = 0
        while (match := _TO_BRACKET.match(rest, end)) is not None:
            end = match.end()
            if match[1] in _OPENS:
                depth += 1
                continue
            depth -= 1
            if depth == 0:
                yield rest[begun:end] + b"\n"
                begun = end
            elif depth < 0:
                yield rest[begun:]
                yield from stream
                return
        yield rest[begun:end]
        rest = rest[end:]  # it ends within a string, or has no bracket
        more = next(stream, b"")
        if not more or len(rest) > _LONGEST_STRING:
            yield rest + more
            yield from stream
            return
        rest += more


_OPENING = re.compile(
    rb'(?:\{(?:\s{0,9}"[^"\\]{1,64}"\s{0,9}:\s{0,9}(?:"[^"\\]{0,256}"|[0-9a-z.]{1,32})\s{0,9},)'
    rb'{0,9}\s{0,9}"[^"\\]{1,64}"\s{0,9}:\s{0,9})?\[(?=\s{0,9}\{)'
)
_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+([\[\]{}])', re.DOTALL)
_OPENS = frozenset((b"[", b"{"))
