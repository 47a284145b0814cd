r"""nginx 1.x error log: Basic authentication, and the mail proxy's logins. OpenResty too.

Basic: `user "u": password mismatch` and `user "u" was not found in "file"`; successes are not
written there, and `no user/password was provided` is the browser's first question. Mail proxy
(IMAP, POP3, SMTP): `client logged in` and `client login failed`. Zone-less local time.

nginx writes user names raw, quotes and line breaks included, but a Basic name ends at its first
colon: it can hold neither a stamp nor what follows a name, so no line and no address is forged.

Reference: ngx_http_auth_basic_module.c, ngx_mail_handler.c of nginx 1.27; tried on 1.22.
Some lines of the sample are of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, MarkedReaderFormat, Reader
from authrisk.logs.timestamps import StampReader


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        header = _HEADER.match(line.text)
        if header is None:
            return Rejected(line, "no header of nginx")
        message = line.text[header.end() :]
        if message.startswith('user "'):
            match = _BASIC.match(message)
            if match is None:
                return Rejected(line, "a user name with a line break")
            user, missing, source = match.groups()
            reason: str | None = "bad_credentials" if missing is None else "unknown_user"
            outcome, app = Outcome.FAILURE, "nginx"
        else:
            match = _MAIL.fullmatch(message)
            if match is None:
                return Ignored(line, OTHER)
            fault, source, user = match.groups()
            outcome = Outcome.FAILURE if fault is not None else Outcome.SUCCESS
            reason = _mail_reason(fault) if fault is not None else None
            app = "nginx-mail"
        stamp = header[1].replace("/", "-")
        return line_event(
            "nginx_auth", line, stamps.utc_ns(stamp), user, outcome,
            source=source, reason=reason, auth_method="password", app=app,
            correlation_id=f"{header[2]}/{header[3]}",
        )  # fmt: skip

    return read


def _mail_reason(fault: str) -> str:
    return "bad_credentials" if _WRONG.search(fault) is not None else "other"


_HEADER = re.compile(
    r"([0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8}) \[[a-z]+\] ([0-9]+)#[0-9]+: (?:\*([0-9]+) )?"
)
_BASIC = re.compile(
    r'user "([^:]*)"(?:: password mismatch|( was not found in "[^"]*")), client: ([^, ]+)'
)
_MAIL = re.compile(
    r'client (?:logged in|login failed: "([^"]*)" while in http auth state)'
    r", client: ([0-9A-Fa-f.:]+)(?: using starttls)?, server: [^, ]+"
    r'(?:, login: "(.*?)")?(?:, upstream: [^, ]+)?'
)
_WRONG = re.compile(r"(?i)invalid|incorrect|credential|password")

PARSER = MarkedReaderFormat(
    name="nginx_auth",
    title="nginx error log: Basic authentication, mail proxy",
    versions="1.x",
    proven="samples",
    is_own=lambda text: _HEADER.match(text) is not None,
    opened=_opened,
    marks=('user "', "client logged in", "client login failed"),
    sample="""\
2022/01/24 16:33:06 [error] 334#334: *338 user "toto": password mismatch, client: 1.2.3.4, server: \
openresty.local, request: "GET / HTTP/1.1", host: "openresty.local"
2022/01/24 16:33:22 [error] 334#334: *338 user "q d" was not found in "/data/access/1", client: \
2001:db8::9, server: openresty.local, request: "GET / HTTP/1.1", host: "openresty.local"
2022/01/24 16:33:23 [info] 334#334: *339 no user/password was provided for basic authentication, \
client: 1.2.3.4, server: openresty.local, request: "GET / HTTP/1.1", host: "openresty.local"
2023/04/05 21:00:42 [info] 126#126: *175063 client login failed: "Authentication credentials \
invalid" while in http auth state, client: 201.170.64.255 using starttls, server: 0.0.0.0:587, \
login: "postmaster"
2022/04/05 13:25:31 [info] 8#8: *24790 client logged in, client: 174.233.1.144, server: \
0.0.0.0:11587, login: "admin@example.com", upstream: 172.69.69.9:10025""",
    expected=(
        {
            "user_id": "toto", "outcome": "failure", "failure_reason": "bad_credentials",
            "src_ip": "1.2.3.4", "timestamp_ns": 1_643_041_986_000_000_000,
        },
        {"user_id": "q d", "failure_reason": "unknown_user", "src_ip": "2001:db8::9"},
        {"user_id": "postmaster", "failure_reason": "bad_credentials", "app": "nginx-mail"},
        {"user_id": "admin@example.com", "outcome": "success", "src_ip": "174.233.1.144"},
    ),
    hostile="""\
2022/01/24 16:33:06 [error] 3#3: *9 user "x
victim" was not found in "/etc/htpasswd", client: 6.6.6.6, server: s, request: "GET / HTTP/1.1"
2022/01/24 16:33:06 [error] 3#3: *9 user "x": password mismatch, client: 6.6.6.6, server: s, \
request: "GET / HTTP/1.1", referrer: "user "victim": password mismatch, client: 1.2.3.4"
2022/01/24 16:33:07 [error] 3#3: *9 open() "/www/user "victim": password mismatch, client: \
1.2.3.4, server: s" failed (2: No such file or directory), client: 6.6.6.6, server: s
2022/01/24 16:33:08 [info] 3#3: *9 client login failed: "no" while in http auth state, client: \
6.6.6.6, server: 0.0.0.0:25, login: "x", login: "victim\"""",
)  # fmt: skip
