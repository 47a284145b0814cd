"""Lines of `key=value` pairs as Go programs write them (logfmt)."""

from __future__ import annotations

import re


def read_logfmt(text: str) -> dict[str, str]:
    """The pairs of a whole line; raises ValueError with the cause.

    A key that stands twice is refused: it could be said by a value that was not quoted.

    >>> read_logfmt('level=error msg="user \\\\"x\\\\" = none" path=/api')
    {'level': 'error', 'msg': 'user "x" = none', 'path': '/api'}
    """
    pairs: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _PAIR.match(text, at)
        if match is None:
            raise ValueError("not key=value pairs")
        key, quoted, plain = match.groups()
        if key in pairs:
            raise ValueError("a key said twice")
        pairs[key] = plain if quoted is None else _ESCAPE.sub(_plain, quoted)
        at = match.end()
    return pairs


def _plain(match: re.Match[str]) -> str:
    return _PLAIN.get(match[1], match[1])


_PAIR = re.compile(r'([^\s="]+)=(?:"((?:[^"\\]++|\\.)*+)"|([^\s"]*))(?:\s+|\Z)')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r"}
