"""Where one syslog message ends in a stream and the next begins (RFC 6587, RFC 5425)."""

from __future__ import annotations

import re
from collections.abc import Iterator

TOO_LONG = None
"""What stands for a message beyond the limit."""


class Framer:
    """Cuts a stream into messages: counted octets (`18 <38>1 2022-...`) or one a line.

    Each message is told apart by its own beginning, so senders of both kinds are welcome. Of a
    message that is too long only as much is kept as shows that. A counted message that claims to
    be longer than the limit is passed over by its count, so its content never starts a message.

    >>> framer = Framer(limit=100)
    >>> list(framer.feed(b"5 <3>ab<4>one\\n<4>t")), list(framer.feed(b"wo\\n")), list(framer.end())
    ([b'<3>ab', b'<4>one'], [b'<4>two'], [])
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rest = b""
        self._skip = 0
        """Octets of a message that is passed over."""
        self._skipping_line = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The messages that end in these bytes; `TOO_LONG` for one beyond the limit."""
        self._rest += data
        while self._rest:
            if self._skip:
                passed = min(self._skip, len(self._rest))
                self._rest, self._skip = self._rest[passed:], self._skip - passed
                continue
            if not self._skipping_line:
                if _COUNT_BEGUN.fullmatch(self._rest):
                    return  # not yet known which kind it is
                match = _COUNT.match(self._rest)
                if match is not None:
                    size, start = int(match[1]), match.end(1) + 1
                    if size > self._limit:
                        self._rest, self._skip = self._rest[start:], size
                        yield TOO_LONG
                        continue
                    if len(self._rest) < start + size:
                        return
                    yield self._rest[start : start + size]
                    self._rest = self._rest[start + size :].removeprefix(b"\n")
                    continue
            line, newline, rest = self._rest.partition(b"\n")
            if not newline:
                if len(line) > self._limit:
                    if not self._skipping_line:
                        yield TOO_LONG
                    self._rest, self._skipping_line = b"", True
                return
            self._rest = rest
            if not self._skipping_line:
                yield line if len(line) <= self._limit else TOO_LONG
            self._skipping_line = False

    def end(self) -> Iterator[bytes]:
        """A last line without its line break; half of a counted message is none."""
        rest, self._rest = self._rest, b""
        counted = _COUNT.match(rest) or _COUNT_BEGUN.fullmatch(rest)
        if rest and not (self._skipping_line or self._skip or counted):
            yield rest


def text_of(message: bytes) -> str:
    """One line of text: a line break inside a message is `#012`, as rsyslog writes it.

    Whoever can put a line break into a user name must not begin a message with it.

    >>> text_of(b"<38>login of a\\n<38>login of b\\r\\n")
    '<38>login of a#012<38>login of b'
    """
    text = message.rstrip(b"\r\n\0").decode("utf-8", "replace")
    return _CONTROL.sub(lambda match: f"#{ord(match[0]):03o}", text)


_COUNT = re.compile(rb"([1-9][0-9]{0,8}) <")
_COUNT_BEGUN = re.compile(rb"[1-9][0-9]{0,8} ?")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
