"""Exim 4 main and reject log, as files or through syslog: SMTP authentication.

`login authenticator failed for host (helo) [203.0.113.7]:5432: 535 Incorrect authentication data
(set_id=u)` is a failure; 4xx means that the server could not tell. Successes are not written: a
message that arrives with `A=login:u` tells one, and further messages of that client and user
within five minutes are of the same session. Refused recipients, senders and connections are mail,
not logins. Stamps are local time, with an offset where `log_timezone` is set.

HELO names have no spaces (Exim refuses them), so the address is read from the left and the user
to the right end.

Reference: chapters 52 and 33 of the Exim 4.98 specification; tried on 4.96. Most lines of the
sample are of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import NS_PER_S, Outcome
from authrisk.logs.daemon_line import read_daemon_line, tag_of
from authrisk.logs.joins import Recent
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import FOREIGN, OTHER, DaemonReaderFormat
from authrisk.logs.timestamps import StampReader


class _Sessions:
    """Reads lines, knowing which sessions were told by a message already."""

    def __init__(self, settings: ParseSettings) -> None:
        self._stamps = StampReader(settings)
        self._last = Recent[tuple[str, str], int]()

    def read(self, line: Line) -> Item:
        header = _HEADER.match(line.text)
        if header is not None:
            stamp, host, message = header[1], None, line.text[header.end() :]
        else:
            daemon = read_daemon_line(line.text)
            if daemon is None:
                return Rejected(line, "no header of Exim")
            if not _TAG.fullmatch(daemon.tag):
                return Ignored(line, FOREIGN)
            inner = _HEADER.match(daemon.message)
            stamp, host = daemon.stamp, daemon.host
            message = daemon.message[inner.end() if inner else 0 :]
        failure = _FAILURE.fullmatch(message)
        arrival = _ARRIVAL.match(message) if failure is None else None
        if failure is None and arrival is None:
            return Ignored(line, OTHER)
        ns = stamp if isinstance(stamp, int) else self._stamps.utc_ns(stamp)
        if failure is not None:
            method, source, code, user = failure.groups()
            return line_event(
                "exim", line, ns, user, Outcome.FAILURE,
                source=source, reason="bad_credentials" if code[0] == "5" else "other",
                failure_code=code, auth_method=method, app="exim", dst_host=host,
            )  # fmt: skip
        assert arrival is not None
        source = arrival[1]
        login = _authenticated(message, arrival.end())
        if login is None:
            return Ignored(line, OTHER)
        method, user = login
        before_ns = self._last.get((source, user))
        self._last.put((source, user), ns)
        if before_ns is not None and ns - before_ns <= _SESSION_NS:
            return Ignored(line, "session told by another line")
        return line_event(
            "exim", line, ns, user, Outcome.SUCCESS,
            source=source, auth_method=method, app="exim", dst_host=host,
        )  # fmt: skip


def _authenticated(message: str, at: int) -> tuple[str, str] | None:
    """Authenticator and user of an arrival's fields, which begin there."""
    while (field := _FIELD.match(message, at)) is not None:
        if field[1] == "A":
            named = _ACCOUNT.match(message, at)
            return (named[1], named[2]) if named is not None else None
        at = field.end()
    return None


def _is_exim(text: str) -> bool:
    header = _HEADER.match(text)
    if header is not None:
        message = text[header.end() :]
        return _OWN.match(message) is not None
    return _TAG.fullmatch(tag_of(text)) is not None


_SESSION_NS = 300 * NS_PER_S
_TAG = re.compile(r"exim4?|exim-[a-z]+")
_HEADER = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?:\.[0-9]{1,6})?(?: [+-][0-9]{4})?) (?:\[[0-9]+\] )?"
)
_PEER = r"(?:[^\s()\[\]]+ )?(?:\(\S*\) )?(\[[0-9A-Fa-f.:]+\](?::[0-9]{1,5})?)"
_FAILURE = re.compile(
    rf"([\w.-]+) authenticator failed for (?:H=)?{_PEER}(?: [IU]=\S+)*"
    r": ([45][0-9]{2}) [^()]*(?:\(set_id=(.*)\))?(?:: [^()]*)?"
)
_ARRIVAL = re.compile(
    r'[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} <= (?:"(?:[^"\\]|\\.)*+"@\S+|[^\s"]+)'
    rf" H={_PEER}(?= )"
)
_FIELD = re.compile(r' ([A-Za-z0-9]+)=("[^"]*"|[^\s"]*)(?= |$)')
_ACCOUNT = re.compile(r" A=([^:\s]+):(.+?)(?= S=[0-9]+(?: |$))")
"""Accounts may have spaces; the message's size follows."""
_OWN = re.compile(
    r"[\w.-]+ authenticator failed for |exim [0-9.]+ daemon started|H=\S"
    r"|[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} (?:<=|=>|Completed)"
)

PARSER = DaemonReaderFormat(
    name="exim",
    title="Exim: mainlog, rejectlog, syslog",
    versions="4",
    proven="samples",
    programs=("exim", "exim4", "exim-*"),
    is_own=_is_exim,
    opened=lambda settings: _Sessions(settings).read,
    sample="""\
2022-06-29 16:04:19 dovecot_login authenticator failed for ([1.2.3.5]) [1.2.3.4]:55379: 535 \
Incorrect authentication data (set_id=abuse@test.com)
2023-05-30 06:10:13.345 login authenticator failed for millis.example.org [192.0.2.12]: 535 \
Incorrect authentication data (set_id=a b)
2022-06-29 14:34:58 H=imfo.test.biz [1.2.3.4]:35328 X=TLS1.2:ECDHE-RSA-AES256-GCM-SHA384:256 CV=no \
F=<jack@test.biz> rejected RCPT <sales@toto.com.au>: No Such User Here
Jun 29 16:07:05 server exim[1234]: dovecot_login authenticator failed for ppp-1-2-3-4.test.co.th \
([127.0.0.1]) [1.2.3.4]:51451: 535 Incorrect authentication data (set_id=info@test.com)
2022-06-29 16:10:00 +0200 1o6Yfg-0004aa-Bc <= ada@test.com H=(pc.lan) [2001:db8::7]:51452 \
P=esmtpsa \
X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no A=plain:ada l S=700 id=1@pc.lan
2022-06-29 16:10:03 +0200 1o6Yfh-0004ab-Cd <= ada@test.com H=(pc.lan) [2001:db8::7]:51452 \
P=esmtpsa \
X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no A=plain:ada l S=700 id=2@pc.lan""",
    expected=(
        {
            "user_id": "abuse@test.com", "outcome": "failure", "src_ip": "1.2.3.4",
            "src_port": 55379, "timestamp_ns": 1_656_518_659_000_000_000,
        },
        {"user_id": "a b", "failure_reason": "bad_credentials", "src_ip": "192.0.2.12"},
        {"user_id": "info@test.com", "dst_host": "server", "src_ip": "1.2.3.4"},
        {
            "user_id": "ada l", "outcome": "success", "auth_method": "plain",
            "src_ip": "2001:db8::7", "timestamp_ns": 1_656_511_800_000_000_000,
        },
    ),
    hostile="""\
2022-06-29 16:04:19 login authenticator failed for ([1.2.3.5]) [6.6.6.6]:55379: 535 Incorrect \
authentication data (set_id=x) [1.2.3.4]: 535 Incorrect authentication data (set_id=victim)
2022-06-29 16:10:00 1o6Yfg-0004aa-Bc <= "x H=h [1.2.3.4] P=esmtpsa A=plain:victim S=1"@e.org \
H=(pc.lan) [6.6.6.6]:51452 P=esmtp S=700
2022-06-29 16:10:00 1o6Yfg-0004aa-Bc <= x@e.org H=(pc.lan) [6.6.6.6]:51452 P=esmtps X=T CV=no \
DN="CN=x A=plain:victim S=1" S=700
2022-06-29 16:10:00 1o6Yfg-0004aa-Bc <= x@e.org H=(pc.lan) [6.6.6.6]:51452 P=esmtp S=700 \
T="x A=plain:victim" A=plain:x""",
)  # fmt: skip
