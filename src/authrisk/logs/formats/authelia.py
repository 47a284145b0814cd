"""Authelia 4.30 and later, log format text (logfmt) or json.

First and second factor are separate lines of one user; each decision is an event, `mfa` says which.
Successes are written at log level debug only, so a log of failures alone is normal. The user name
stands in quotes inside a sentence: it is read from the sentence's first quote to its last.
Reference: Authelia source, `internal/handlers/response.go`; samples of CrowdSec (MIT).
"""

from __future__ import annotations

import re

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.line_event import line_event
from authrisk.logs.logfmt import read_logfmt
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings
from authrisk.logs.reader_format import OTHER, MarkedReaderFormat, Reader
from authrisk.logs.timestamps import StampReader

# The first four after samples of CrowdSec (hub, MIT).
_SAMPLE = """\
time="2025-03-13T14:01:02+02:00" level=error msg="Error occurred getting details for user with us\
ername input 'fakeuser' which usually indicates they do not exist" error="user not found" method=\
POST path=/api/firstfactor remote_ip=192.0.2.1 stack="longstacktrace"
time="2022-03-30T14:28:52+02:00" level=debug msg="Successful 1FA authentication attempt made by u\
ser 'realuser'" method=POST path=/api/firstfactor remote_ip=127.0.0.1
{"level":"error","method":"POST","msg":"Unsuccessful Duo authentication attempt by user 'realuser\
@example.com': duo auth result: deny, status: deny, message: Login request denied.",\
"path":"/api/secondfactor/duo","remote_ip":"192.0.2.1","time":"2022-02-16T12:32:13+02:00"}
{"level":"error","method":"POST","msg":"Unsuccessful 1FA authentication attempt by user 'o'brien'\
","path":"/api/firstfactor","remote_ip":"192.0.2.1","stack":[{"File":"response.go","Line":181}],\
"time":"2022-02-16T12:31:58+02:00"}
{"level":"error","msg":"Unsuccessful 1FA authentication attempt by user 'eve' and they are banned\
 until 10:00:00AM on February 16 2022","remote_ip":"192.0.2.1","time":"2022-02-16T12:33:58+02:00"}
time="2022-03-30T14:28:53+02:00" level=info msg="Authelia v4.34.6 is starting\""""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "fakeuser", "outcome": "failure", "failure_reason": "unknown_user",
        "src_ip": "192.0.2.1", "timestamp_ns": 1_741_867_262_000_000_000,
    },
    {
        "user_id": "realuser", "outcome": "success", "auth_method": "password", "mfa": False,
        "src_ip": "127.0.0.1", "timestamp_ns": 1_648_643_332_000_000_000,
    },
    {
        "user_id": "realuser@example.com", "outcome": "failure", "failure_reason": "mfa_failed",
        "auth_method": "push", "mfa": True,
    },
    {"user_id": "o'brien", "outcome": "failure", "failure_reason": "bad_credentials"},
    {"user_id": "eve", "outcome": "failure", "failure_reason": "locked"},
)  # fmt: skip
_HOSTILE = """\
time="2022-02-14T13:47:54+02:00" level=error msg="Unsuccessful 1FA authentication attempt by user\
 'x': user not found' by user 'victim': user not found" remote_ip=192.0.2.1
time="2022-02-14T13:47:54+02:00" level=error msg="Unsuccessful 1FA authentication attempt by user\
 'x\\" msg=\\"Successful 1FA authentication attempt made by user 'victim'\\" '" remote_ip=192.0.2.1
time="2022-02-14T13:47:54+02:00" level=error msg="x" msg="Successful 1FA authentication attempt m\
ade by user 'victim'" remote_ip=192.0.2.1
time="2022-02-14T13:47:54+02:00" level=info msg="said: Successful 1FA authentication attempt made\
 by user 'victim'" remote_ip=192.0.2.1
{"msg":"Successful 1FA authentication attempt made by user 'victim'","remote_ip":"192.0.2.1",\
"time":"today"}"""


class _Entry(msgspec.Struct, gc=False):
    time: str
    msg: str
    level: str | None = None
    remote_ip: str | None = None
    error: str | None = None


def _is_own(text: str) -> bool:
    try:
        return any(mark in text for mark in _MARKS) and bool(_ATTEMPT.fullmatch(_entry(text).msg))
    except ValueError:
        return False


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        entry = _entry(line.text)
        match = _ATTEMPT.fullmatch(entry.msg)
        return Ignored(line, OTHER) if match is None else _event(line, entry, match, stamps)

    return read


def _entry(text: str) -> _Entry:
    if text.lstrip()[:1] == "{":
        try:
            return _DECODER.decode(text)
        except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
            raise ValueError("damaged JSON") from None
    pairs = read_logfmt(text)
    if "time" not in pairs or "msg" not in pairs:
        raise ValueError("no time or no message")
    return _Entry(
        time=pairs["time"], msg=pairs["msg"], remote_ip=pairs.get("remote_ip"),
        error=pairs.get("error"),
    )  # fmt: skip


def _event(line: Line, entry: _Entry, match: re.Match[str], stamps: StampReader) -> LoginEvent:
    verdict, factor, known, banned, reason, unknown = match.groups()
    method = _METHODS.get((factor or "1FA").casefold(), (factor or "").casefold())
    failed = verdict != "Successful"
    said = reason or entry.error or ""
    return line_event(
        "authelia",
        line,
        stamps.utc_ns(entry.time),
        (unknown if known is None else known).strip(),
        Outcome.FAILURE if failed else Outcome.SUCCESS,
        source=entry.remote_ip,
        reason=_reason(said, method, unknown is not None, banned) if failed else None,
        failure_code=said or None,
        auth_method=method,
        mfa=method != "password",
        app="Authelia",
    )


def _reason(said: str, method: str, unknown: bool, banned: str | None) -> str:
    if banned is not None:
        return "locked"
    if unknown or "user not found" in said:
        return "unknown_user"
    return "bad_credentials" if method == "password" else "mfa_failed"


_DECODER = msgspec.json.Decoder(_Entry)
_MARKS = (" authentication attempt ", "username input '")
_ATTEMPT = re.compile(
    r"(?:(Successful|Unsuccessful) (\w{1,32}) authentication attempt (?:made )?by user '(.*)'"
    r"( and they are banned until [^']*)?(?:: ([^']*))?"
    r"|Error occurred getting details for user with username input '(.*)' which usually .*)",
    re.DOTALL,
)
_METHODS = {
    "1fa": "password", "totp": "otp", "duo": "push", "webauthn": "webauthn", "u2f": "webauthn",
    "passkey": "webauthn",
}  # fmt: skip

PARSER = MarkedReaderFormat(
    name="authelia",
    title="Authelia: first and second factor, log format text or json",
    versions="4.30 and later",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    is_own=_is_own,
    opened=_opened,
    marks=_MARKS,
)
