r"""Apache httpd 2.2-2.4 error log: Basic, Digest and LDAP authentication that failed.

`[Thu Oct 13 12:24:49.880562 2022] [auth_basic:error] [pid 10:tid 14] [client 203.0.113.7:50229]
AH01618: user u not found: /`. Successes are not written; the access log has the user of each
request. AH01695/AH01694 of mod_authnz_ldap is told again by AH01617 or AH01618 of the same
request. AH01631 (`authorization failure`) is a known user without a right: no login failed.
Local time without zone. httpd escapes control characters and quotes in what it logs.

Reference: mod_auth_basic.c, mod_auth_digest.c, mod_authnz_ldap.c of httpd 2.4; tried on 2.4.
The first line of the sample is of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader
from authrisk.logs.user_pattern import UserPattern


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        header = _HEADER.match(line.text)
        if header is None:
            other = _OTHER.match(line.text) is not None
            return Ignored(line, OTHER) if other else Rejected(line, "no header of httpd")
        month, day, time, year, process, source = header.groups()
        port = None
        message = line.text[header.end() :]
        fault = _read_fault(message)
        if fault is None:
            return Ignored(line, OTHER)
        user, reason = fault
        if process is not None and source.count(":") > 1:
            # httpd writes IPv6 and its port without brackets.
            source, _, port = source.rpartition(":")
        code = _CODE.match(message)
        return line_event(
            "apache_auth", line, stamps.utc_ns(f"{month} {day} {year} {time}"),
            user, Outcome.FAILURE,
            source=source, src_port=port, reason=reason, failure_code=code[1] if code else None,
            auth_method="password", app="httpd",
        )  # fmt: skip

    return read


def _read_fault(message: str) -> tuple[str, str] | None:
    for expression, reason in _FAULTS:
        match = expression.fullmatch(message)
        if match is not None:
            return match["user"], reason
    return None


_HEADER = re.compile(
    r"\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ 0-9]?[0-9]) ([0-9:]{8}(?:\.[0-9]+)?) ([0-9]{4})\]"
    r" \[(?:[a-z_0-9]*:)?[a-z]+\](?: \[pid ([0-9]+)(?::tid [0-9]+)?\])? \[client ([^\]\s]+)\] "
)
_OTHER = re.compile(r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]?[0-9] [0-9:]{8}[0-9. ]{5,16}\] \[")
_CODE = re.compile(r"(AH[0-9]{5}): ")
_FAULTS = (
    (UserPattern(r"(?:AH01618: )?user <USER> not found: /.*"), "unknown_user"),
    (
        UserPattern(
            r'(?:AH01617: )?user <USER>: authentication failure for "/[^"]*": Password Mismatch'
            r"(?:, referer: .*)?"
        ),
        "bad_credentials",
    ),
    (
        UserPattern(
            r"(?:AH0179[0-9]: |Digest: )?user [`']<USER>' in realm [`'][^']*' not found: /.*"
        ),
        "unknown_user",
    ),
    (
        UserPattern(r"(?:AH0179[0-9]: |Digest: )?user <USER>: password mismatch: /.*"),
        "bad_credentials",
    ),
)

PARSER = ReaderFormat(
    name="apache_auth",
    title="Apache httpd error log: Basic, Digest, LDAP",
    versions="2.2-2.4",
    proven="samples",
    is_own=lambda text: _HEADER.match(text) is not None,
    opened=_opened,
    sample="""\
[Thu Oct 13 12:24:49.880562 2022] [auth_basic:error] [pid 10:tid 140120579262208] [client \
31.33.58.75:50229] AH01618: user sss not found: /
[Thu Oct 13 12:24:50.000001 2022] [auth_basic:error] [pid 10:tid 140120579262208] [client \
2001:db8::9:50230] AH01617: user ada l: authentication failure for "/x": Password Mismatch
[Wed Apr 16 16:09:40.056610 2025] [ssl:info] [pid 120974:tid 120974] (70014)End of file found: \
[client 192.168.1.1:17036] AH02006: SSL handshake stopped: connection was closed
[Thu Oct 13 12:24:51 2022] [error] [client 31.33.58.75] user bo: authentication failure for "/": \
Password Mismatch
[Thu Oct 13 12:24:52.000001 2022] [auth_digest:error] [pid 10] [client 10.0.0.9:50231] AH01794: \
user eve: password mismatch: /private/""",
    expected=(
        {
            "user_id": "sss", "outcome": "failure", "failure_reason": "unknown_user",
            "src_ip": "31.33.58.75", "src_port": 50229, "failure_code": "AH01618",
            "timestamp_ns": 1_665_663_889_880_562_000,
        },
        {
            "user_id": "ada l", "failure_reason": "bad_credentials", "src_ip": "2001:db8::9",
            "src_port": 50230,
        },
        {"user_id": "bo", "src_ip": "31.33.58.75"},
        {"user_id": "eve", "failure_reason": "bad_credentials", "src_ip": "10.0.0.9"},
    ),
    hostile="""\
[Thu Oct 13 12:24:49.880562 2022] [auth_basic:error] [pid 10:tid 14] [client 6.6.6.6:50229] \
AH01618: user victim not found: / not found: /
[Thu Oct 13 12:24:49.880562 2022] [auth_basic:error] [pid 10:tid 14] [client 6.6.6.6:50229] \
AH01618: user x [client 1.2.3.4:22] AH01618: user victim not found: /
[Thu Oct 13 12:24:49.880562 2022] [core:error] [pid 10:tid 14] [client 6.6.6.6:50229] AH00126: \
Invalid URI in request GET AH01618: user victim not found: / HTTP/1.1""",
)  # fmt: skip
