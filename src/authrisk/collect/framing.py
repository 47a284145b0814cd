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
        self._rest = bytearray()
        self._searched = 0
        """Octets of `_rest` that hold no line break."""
        self._skip = 0
        """Octets of a message that is passed over."""
        self._skipping_line = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The messages that end in these bytes; `TOO_LONG` for one beyond the limit.

        The bytes are walked over once and cut off once, however many messages they hold.
        """
        rest, at = self._rest, 0
        rest += data
        searched, self._searched = self._searched, 0
        try:
            while at < len(rest):
                if self._skip:
                    passed = min(self._skip, len(rest) - at)
                    at, self._skip = at + passed, self._skip - passed
                    continue
                if not self._skipping_line:
                    if _COUNT_BEGUN.fullmatch(rest, at):
                        return  # not yet known which kind it is
                    match = _COUNT.match(rest, at)
                    if match is not None:
                        size, start = int(match[1]), match.end(1) + 1
                        if size > self._limit:
                            at, self._skip = start, size
                            yield TOO_LONG
                            continue
                        end = start + size
                        if len(rest) < end:
                            return
                        at = end + rest.startswith(b"\n", end)
                        yield bytes(rest[start:end])
                        continue
                end = rest.find(b"\n", max(at, searched))
                if end < 0:
                    self._searched = len(rest) - at
                    if self._searched > self._limit:
                        at, self._searched = len(rest), 0
                        if not self._skipping_line:
                            self._skipping_line = True
                            yield TOO_LONG
                    return
                start, at = at, end + 1
                if not self._skipping_line:
                    yield bytes(rest[start:end]) if end - start <= self._limit else TOO_LONG
                self._skipping_line = False
        finally:
            del rest[:at]

    def end(self) -> Iterator[bytes]:
        """A last line without its line break; half of a counted message is none."""
        rest, self._rest = bytes(self._rest), bytearray()
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
