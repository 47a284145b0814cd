"""Apache Guacamole 0.9.14 and later: the web application's log.

Logins are `Authentication attempt from a for user "u" failed.` and `User "u" successfully
authenticated from a.` The addresses in brackets are the forwarding chain, the client first. Times
are local (`--timezone`) unless they end in Z; a line without a date is of the last day that is not
after the time of the file. Reference: samples of CrowdSec (MIT); the success from Guacamole's
source, `AuthenticationService`.
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings
from authrisk.logs.reader_format import OTHER, MarkedReaderFormat, Reader
from authrisk.logs.time_of_day import last_day_of
from authrisk.logs.timestamps import StampReader

# The first after a sample of CrowdSec (hub, MIT).
_SAMPLE = """\
2023-04-06T09:06:01,059Z [http-nio-8080-exec-10] WARN  o.a.g.r.auth.AuthenticationService - Authe\
ntication attempt from [127.0.0.1, 127.0.0.2] for user "test@example.com" failed.
09:07:00.120 [http-nio-8080-exec-2] INFO  o.a.g.r.auth.AuthenticationService - User "ann" success\
fully authenticated from 203.0.113.97.
09:07:01.120 [http-nio-8080-exec-2] INFO  o.a.g.tunnel.TunnelRequestService - User "ann" connecte\
d to connection "1"."""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "test@example.com", "outcome": "failure", "src_ip": "127.0.0.1",
        "timestamp_ns": 1_680_771_961_059_000_000,
    },
    {
        "user_id": "ann", "outcome": "success", "src_ip": "203.0.113.97",
        "timestamp_ns": 1_735_549_620_120_000_000,
    },
)  # fmt: skip
_HOSTILE = """\
2023-04-06T09:06:01,059Z [x] WARN  o.a.g.r.auth.AuthenticationService - Authentication attempt fr\
om 1.2.3.4 for user "x" failed. User "victim" successfully authenticated from 1.2.3.4.
2023-04-06T09:06:01,059Z [x] WARN  o.a.g.r.auth.AuthenticationService - Authentication attempt fr\
om 1.2.3.4 for user "x" failed. for user "victim" failed.
2023-04-06T09:06:01,059Z [x] INFO  c.e.Shop - User "victim" successfully authenticated from 1.2.3\
.4."""


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        match = _LINE.fullmatch(line.text)
        if match is None:
            return Ignored(line, OTHER)
        date, time, zone, failed_from, failed, passed, passed_from = match.groups()
        return line_event(
            "guacamole",
            line,
            stamps.utc_ns(f"{date or last_day_of(time, settings)} {time}{zone or ''}"),
            (failed if passed is None else passed).strip(),
            Outcome.FAILURE if passed is None else Outcome.SUCCESS,
            source=(failed_from or passed_from).strip("[]").partition(",")[0],
            app="Guacamole",
        )

    return read


_MARK = "AuthenticationService - "
_LINE = re.compile(
    r"(?:([0-9]{4}-[0-9]{2}-[0-9]{2})[T ])?([0-9]{2}:[0-9]{2}:[0-9]{2}[.,][0-9]{3})(Z)? "
    r"\[[\w.-]{1,128}\] [A-Z]{4,5} {1,2}o\.a\.g\.r\.(?:a|auth)\.AuthenticationService - "
    r'(?:Authentication attempt from (\[[^\]"]{1,512}\]|[^\s"]{1,64}) for user "(.*)" failed\.'
    r'|User "([^"]*)" successfully authenticated from (\[[^\]"]{1,512}\]|[^\s"]{1,64})\.)\s*'
)

PARSER = MarkedReaderFormat(
    name="guacamole",
    title="Apache Guacamole, web application log",
    versions="0.9.14 and later",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    is_own=lambda text: _MARK in text and _LINE.fullmatch(text) is not None,
    opened=_opened,
    marks=(_MARK,),
)
