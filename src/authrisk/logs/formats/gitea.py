"""Gitea 1.10-1.24 and Forgejo 1-11 log: `Failed authentication attempt for u from ip:port: why`.

Successes are not written by name. Names are what the visitor typed; one that holds a copy of the
message is rejected. Local time without zone. Lines of the HTTP router are no logins.

Reference: routers/web/auth/auth.go of Gitea 1.22; fail2ban chapter of its documentation. Sample of
crowdsec's parser tests (MIT).
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
            return Rejected(line, "no header of Gitea")
        match = _FAILED.fullmatch(line.text[header.end() :])
        if match is None:
            return Ignored(line, OTHER)
        why = match["why"]
        return line_event(
            "gitea", line, stamps.utc_ns(header[1].replace("/", "-")), match["user"],
            Outcome.FAILURE,
            source=match["source"], reason="unknown_user" if "not exist" in why else _reason(why),
            auth_method="password", app="gitea",
        )  # fmt: skip

    return read


def _reason(why: str) -> str:
    return "disabled" if "prohibit" in why or "inactive" in why else "bad_credentials"


def _is_gitea(text: str) -> bool:
    header = _HEADER.match(text)
    return header is not None and (".go:" in header[2] or header[2].endswith("()"))


_HEADER = re.compile(
    r"([0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8}(?:\.[0-9]+)?) (\S{1,300}+) "
    r"\[[A-Z]\] (?:\[[0-9a-f-]+\] )?"
)
_FAILED = UserPattern(
    r"Failed authentication attempt for <USER> from (?P<source>[0-9.]+(?::[0-9]{1,5})?"
    r"|\[[0-9A-Fa-f:]+\](?::[0-9]{1,5})?): "
    r"(?P<why>(?:user does not exist|user's password is invalid|Email address does not exist"
    r"|email address does not exist|user is not active|user prohibit)[^\n]*?)"
)

PARSER = ReaderFormat(
    name="gitea",
    title="Gitea, Forgejo: server log",
    versions="1.10-1.24, 1-11",
    proven="samples",
    is_own=_is_gitea,
    opened=_opened,
    sample="""\
2022/03/01 12:57:58 ...ers/web/auth/auth.go:200:SignInPost() [I] Failed authentication attempt \
for test from 1.1.1.1:39522: user does not exist [uid: 0, name: test, keyid: 0]
2023/05/12 12:17:35 ...ers/web/auth/auth.go:206:SignInPost() [I] [645e123e] Failed authentication \
attempt for a b from [1234::5678]:0: user does not exist [uid: 0, name: asd, keyid: 0]
2023/10/05 16:48:46 ...ers/web/auth/auth.go:206:SignInPost() [I] Failed authentication attempt \
for toto from 1.1.1.1:39522: user's password is invalid [uid: 1, name: asd]
2023/10/05 16:48:47 ...eb/routing/logger.go:102:func1() [I] router: completed POST /user/login \
for 1.1.1.1:0, 200 OK in 9.1ms @ auth/auth.go:179(auth.SignInPost)""",
    expected=(
        {
            "user_id": "test", "outcome": "failure", "failure_reason": "unknown_user",
            "src_ip": "1.1.1.1", "src_port": 39522, "timestamp_ns": 1_646_139_478_000_000_000,
        },
        {"user_id": "a b", "src_ip": "1234::5678", "src_port": None},
        {"user_id": "toto", "failure_reason": "bad_credentials"},
    ),
    hostile="""\
2022/03/01 12:57:58 ...ers/web/auth/auth.go:200:SignInPost() [I] Failed authentication attempt \
for victim from 1.2.3.4:22: user does not exist from 6.6.6.6:39522: user does not exist [uid: 0, \
name: x, keyid: 0]
2022/03/01 12:57:58 ...eb/routing/logger.go:102:func1() [I] router: completed GET /Failed \
authentication attempt for victim from 1.2.3.4:22: user does not exist for 6.6.6.6:0""",
)  # fmt: skip
