"""Access logs of web servers: the common and the combined log format."""

from __future__ import annotations

import re
from typing import NamedTuple

from authrisk.logs.address import canonical_ip
from authrisk.logs.timestamps import MONTHS


class AccessLine(NamedTuple):
    """One request."""

    stamp: str
    """RFC 3339 with its offset."""
    host: str | None
    """The virtual host, with its port, where the line starts with it."""
    source: str
    user: str | None
    """What the client sent in its Authorization header, right or wrong."""
    status: int
    agent: str | None


def read_access_line(text: str) -> AccessLine | None:
    """The request of one line, None when it is no access line.

    Servers escape quotes in what clients send, so the first quote of the line begins the request,
    and what stands before it ends with the stamp: no user name can move it.

    >>> read_access_line('1.2.3.4 - ada [08/Jun/2020:08:04:43 +0000] "GET / HTTP/1.1" 401 9')[2:5]
    ('1.2.3.4', 'ada', 401)
    """
    quote = text.find('"')
    if text[quote - 1 : quote] == "\\":  # a user name with a quote
        first = _FIRST_QUOTE.match(text)
        quote = first.end() - 1 if first is not None else -1
    stamp = _STAMP.fullmatch(text, quote - _STAMP_LENGTH, quote) if quote > _STAMP_LENGTH else None
    rest = _REST.match(text, quote) if stamp is not None else None
    if stamp is None or rest is None:
        return None
    day, month, year, time, offset = stamp.groups()
    words = text[: quote - _STAMP_LENGTH].rstrip(" ").split(" ", 2)
    host = None
    if canonical_ip(words[0]) is None and len(words) > 1 and canonical_ip(words[1]) is not None:
        host = words[0]
        words = words[1:2] + words[2].split(" ", 1) if len(words) > 2 else words[1:]
    if not words[0] or month not in MONTHS:
        return None
    user = words[2] if len(words) > 2 else "-"
    status, agent = rest.groups()
    return AccessLine(
        stamp=f"{year}-{MONTHS.index(month) + 1:02}-{day}T{time}{offset}",
        host=host,
        source=words[0],
        user=None if user in {"", "-", '""'} else user,
        status=int(status) if status != "-" else 0,
        agent=None if agent in {None, "", "-"} else agent,
    )


_STAMP_LENGTH = len("[08/Jun/2020:08:04:43 +0000] ")
_STAMP = re.compile(
    r"\[([0-9]{2})/([A-Z][a-z]{2})/([0-9]{4}):([0-9]{2}:[0-9]{2}:[0-9]{2}) ([+-][0-9]{4})\] "
)
_FIRST_QUOTE = re.compile(r'(?:[^"\\]|\\.)*+"')
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_REST = re.compile(
    rf'{_QUOTED} ([0-9]{{3}}|-) (?:[0-9]++|-)(?: {_QUOTED} "((?:[^"\\]|\\.)*+)")?(?= |$)'
)
