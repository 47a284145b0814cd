"""Nextcloud 20-31 and ownCloud 10: `nextcloud.log` and `audit.log`, JSON lines.

`Login failed: u (Remote IP: ip)` is a failure. With the app `admin_audit`, `Login successful: "u"`
is a success (`Login attempt` is the step before it). Brute-force and trusted-domain notices are no
logins. The address is `remoteAddr`, which is right behind proxies only when they are configured.

Reference: admin_audit and core/Controller/LoginController of Nextcloud 29. The first two lines of
the sample are of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re
from typing import Any

from authrisk.event import Outcome
from authrisk.logs.json_object import object_of, read_object, text_at
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        content = read_object(line.text)
        if not content.keys() >= _MARKS:
            return Rejected(line, "no entry of Nextcloud")
        message = _text(content, "message") or ""
        failure = _FAILED.fullmatch(message)
        success = _GOOD.fullmatch(message) if failure is None else None
        match = failure or success
        if match is None or (success is not None and content.get("app") != "admin_audit"):
            return Ignored(line, OTHER)
        user = match[match.lastindex or 1]
        return line_event(
            "nextcloud", line, stamps.utc_ns(_text(content, "time") or ""), user,
            Outcome.SUCCESS if failure is None else Outcome.FAILURE,
            source=_text(content, "remoteAddr"),
            reason=None if failure is None else "bad_credentials",
            user_agent=_text(content, "userAgent"), auth_method="password", app="nextcloud",
            correlation_id=_text(content, "reqId"),
        )  # fmt: skip

    return read


def _text(fields: dict[str, Any], name: str) -> str | None:
    text = text_at(fields, name)
    return None if text == "--" else text


def _is_nextcloud(text: str) -> bool:
    if not text.startswith("{") or '"reqId"' not in text:
        return False
    return (object_of(text) or {}).keys() >= _MARKS


_MARKS = {"reqId", "level", "time", "remoteAddr", "app", "message"}
_FAILED = re.compile(
    r"Login failed: (?:'(.*)' \(Remote IP: '[0-9A-Fa-f.:]+'\)|(.*) \(Remote IP: [0-9A-Fa-f.:]+\))"
)
_GOOD = re.compile(r'Login successful: "(.*)"')

PARSER = ReaderFormat(
    name="nextcloud",
    title="Nextcloud, ownCloud: nextcloud.log, audit.log (JSON)",
    versions="20-31, 10",
    proven="samples",
    is_own=_is_nextcloud,
    opened=_opened,
    sample="""\
{"reqId":"U1rsiIxFtovEqTt77CJN","level":2,"time":"2022-01-16T15:42:37+00:00","remoteAddr":"2001:d\
b8::d71","user":"--","app":"no app in context","method":"POST","url":"/login","message":"Login \
failed: foo (Remote IP: 2001:db8::d71)","userAgent":"Mozilla/5.0 (X11; Linux x86_64; rv:95.0) \
Gecko/20100101 Firefox/95.0","version":"23.0.0.10"}
{"reqId":"U1rsiI1FtovEqT312412","level":2,"time":"2022-01-16T15:42:38+00:00","remoteAddr":"2001:d\
b8::d71","user":"--","app":"no app in context","method":"POST","url":"/login","message":"Login \
failed: 'foo@example.com' (Remote IP: '2001:db8::d71')","userAgent":"curl/8","version":"23.0.0.10"}
{"reqId":"U1rsiI1FtovEqT312413","level":1,"time":"2022-01-16T15:42:39+00:00","remoteAddr":"203.0.\
113.7","user":"ada","app":"admin_audit","method":"POST","url":"/login","message":"Login attempt: \
\\"ada\\"","userAgent":"curl/8","version":"29.0.0"}
{"reqId":"U1rsiI1FtovEqT312413","level":1,"time":"2022-01-16T15:42:39+00:00","remoteAddr":"203.0.\
113.7","user":"ada","app":"admin_audit","method":"POST","url":"/login","message":"Login \
successful: \\"ada\\"","userAgent":"curl/8","version":"29.0.0"}
{"reqId":"U1rsiI1FtovEqT312414","level":1,"time":"2022-01-16T15:42:40+00:00","remoteAddr":"203.0.\
113.7","user":"--","app":"core","method":"POST","url":"/login","message":"Bruteforce attempt from \
\\"203.0.113.7\\" detected for action \\"login\\".","userAgent":"x","version":"23.0.0.10"}""",
    expected=(
        {
            "user_id": "foo", "outcome": "failure", "src_ip": "2001:db8::d71",
            "timestamp_ns": 1_642_347_757_000_000_000,
        },
        {"user_id": "foo@example.com", "user_agent": "curl/8"},
        {"user_id": "ada", "outcome": "success", "src_ip": "203.0.113.7"},
    ),
    hostile="""\
{"reqId":"1","level":2,"time":"2022-01-16T15:42:37+00:00","remoteAddr":"6.6.6.6","user":"--","app\
":"core","message":"Login failed: victim (Remote IP: 1.2.3.4) (Remote IP: 6.6.6.6)","userAgent":"x"}
{"reqId":"1","level":2,"time":"2022-01-16T15:42:37+00:00","remoteAddr":"6.6.6.6","user":"--","app\
":"files","message":"Login successful: \\"victim\\"","userAgent":"x"}
{"reqId":"1","level":2,"time":"2022-01-16T15:42:37+00:00","remoteAddr":"6.6.6.6","app":"core","me\
ssage":"Login failed: x (Remote IP: 6.6.6.6)","userAgent":"x","message":"Login failed: victim \
(Remote IP: 1.2.3.4)"}""",
)  # fmt: skip
