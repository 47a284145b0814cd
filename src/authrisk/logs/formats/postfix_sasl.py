"""Postfix 2.3-3.10 smtpd: SASL authentication, in a mail log or the journal.

`warning: host[203.0.113.7]: SASL LOGIN authentication failed: reason, sasl_username=u` is a failure
(the user since 3.5 only). Successes are not written: a message's `client=..., sasl_username=u`
tells one, once per connection of the process (`connect from` begins another). Rejected recipients,
`lost connection after AUTH` and Cyrus SASL's own warnings tell nothing new.

Reference: smtpd_sasl_glue.c and smtpd.c of Postfix 3.10; tried on 3.7. Two lines of the sample are
of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.daemon_line import read_daemon_line, tag_of
from authrisk.logs.joins import Recent
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import FOREIGN, OTHER, DaemonReaderFormat
from authrisk.logs.timestamps import StampReader


class _Processes:
    """Reads lines, knowing whose login each smtpd process told since its client connected."""

    def __init__(self, settings: ParseSettings) -> None:
        self._stamps = StampReader(settings)
        self._told = Recent[tuple[str | None, str | None], tuple[str, str]]()

    def read(self, line: Line) -> Item:
        if "smtpd" not in line.text:
            return Ignored(line, FOREIGN)
        daemon = read_daemon_line(line.text)
        if daemon is None:
            return Rejected(line, "no syslog header")
        if not _TAG.fullmatch(daemon.tag):
            return Ignored(line, FOREIGN)
        process, message = (daemon.host, daemon.pid), daemon.message
        if message.startswith(("connect from ", "disconnect from ")):
            self._told.pop(process)
            return Ignored(line, OTHER)
        match = _FAILED.fullmatch(message)
        if match is not None:
            host, source, method, fault, user = match.groups()
            outcome, reason = Outcome.FAILURE, _reason(fault)
        else:
            match = _ACCEPTED.fullmatch(message)
            if match is None:
                return Ignored(line, OTHER)
            host, source, method, user = match.groups()
            if self._told.get(process) == (source, user):
                return Ignored(line, "session told by another line")
            self._told.put(process, (source, user))
            outcome, reason = Outcome.SUCCESS, None
        named = None if user == "(unavailable)" else user
        return line_event(
            "postfix_sasl", line, daemon.time_ns(self._stamps), named, outcome,
            source=source, reason=reason, src_host=None if host == "unknown" else host,
            auth_method=method.lower(), app="postfix", dst_host=daemon.host,
            correlation_id=f"{daemon.host}/{daemon.pid}" if daemon.pid else None,
        )  # fmt: skip


def _reason(fault: str) -> str:
    if "temporar" in fault or "Connection lost" in fault or "generic failure" in fault:
        return "other"
    wrong = "mechanism" in fault or "base64" in fault
    return "client_error" if wrong else "bad_credentials"


def _is_postfix(text: str) -> bool:
    return _TAG.fullmatch(tag_of(text)) is not None


_TAG = re.compile(r"postfix[\w.-]*/(?:[\w.-]+/)?smtpd")
_PEER = r"([^\s\[\]]+)\[([0-9A-Fa-f.:]+|unknown)\](?::[0-9]{1,5})?"
_FAILED = re.compile(
    rf"warning: {_PEER}: SASL (\S{{1,40}}) authentication failed: (.*?)(?:, sasl_username=(.*))?"
)
_ACCEPTED = re.compile(
    rf"(?:[0-9A-Za-z]{{5,20}}|NOQUEUE): client={_PEER}, sasl_method=(\S{{1,40}})"
    r", sasl_username=(.*?)(?:, sasl_sender=.*)?(?:, orig_queue_id=.*)?"
)

PARSER = DaemonReaderFormat(
    name="postfix_sasl",
    title="Postfix smtpd: mail log or journal",
    versions="2.3-3.10",
    proven="samples",
    programs=("postfix*/smtpd",),
    is_own=lambda text: "smtpd" in text and _is_postfix(text),
    opened=lambda settings: _Processes(settings).read,
    sample="""\
May 11 04:02:36 host1 postfix/smtpd[26897]: connect from unknown[192.168.1.1]
May 11 04:02:36 host1 postfix/smtpd[26897]: warning: unknown[192.168.1.1]: SASL LOGIN \
authentication failed: authentication failure
May 11 04:02:37 host1 postfix/smtpd[26897]: NOQUEUE: reject: RCPT from unknown[192.168.1.1]: 554 \
5.7.1 Service unavailable
May 11 04:03:37 host1 postfix/submission/smtpd[26899]: warning: a.example.org[2001:db8::9]: SASL \
PLAIN authentication failed: (reason unavailable), sasl_username=ada@example.org
May 11 04:04:00 host1 postfix/submission/smtpd[26899]: 4XyZ12345k: \
client=a.example.org[2001:db8::9], \
sasl_method=PLAIN, sasl_username=ada@example.org
Nov 24 14:11:31 box postfix/smtpd[13705]: warning: localhost[127.0.0.1]: SASL LOGIN authentication \
failed: Invalid base64 data in initial response, sasl_username=(unavailable)
May 11 04:04:01 host1 postfix/submission/smtpd[26899]: 4XyZ12346k: \
client=a.example.org[2001:db8::9], \
sasl_method=PLAIN, sasl_username=ada@example.org""",
    expected=(
        {"user_id": None, "outcome": "failure", "src_ip": "192.168.1.1", "auth_method": "login"},
        {"user_id": "ada@example.org", "outcome": "failure", "src_host": "a.example.org"},
        {"user_id": "ada@example.org", "outcome": "success", "src_ip": "2001:db8::9"},
        {"user_id": None, "failure_reason": "client_error"},
    ),
    hostile="""\
May 11 04:04:00 mx postfix/smtpd[2]: warning: unknown[6.6.6.6]: SASL LOGIN authentication failed: \
no, sasl_username=x, sasl_username=victim
May 11 04:04:00 mx postfix/smtpd[2]: warning: non-SMTP command from unknown[6.6.6.6]: warning: \
unknown[1.2.3.4]: SASL LOGIN authentication failed: no, sasl_username=victim
May 11 04:04:00 mx postfix/smtpd[2]: NOQUEUE: reject: RCPT from unknown[6.6.6.6]: 504 5.5.2 \
<4XyZ12345k: client=unknown[1.2.3.4], sasl_method=PLAIN, sasl_username=victim>: Helo rejected
May 11 04:04:00 mx imapd[2]: postfix/smtpd[2]: 4XyZ12345k: client=unknown[1.2.3.4], \
sasl_method=PLAIN, sasl_username=victim""",
)  # fmt: skip
