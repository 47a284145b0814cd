"""MongoDB Atlas: database access history and organisation events, JSON lines.

Access history (`accessTracking`): `authResult` true or false, `username`, `ipAddress`,
`authSource`, `timestamp`, `failureReason`; one entry of the API's `accessLogs` a line.
Organisation events tell administrators' changes (`ORG_TWO_FACTOR_AUTH_REQUIRED`), no logins.

Reference: Atlas Administration API v2, "Access Tracking", "Events". The event of the sample is of
Panther's tests (Apache-2.0).
"""

from __future__ import annotations

import re

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
        good = content.get("authResult")
        if not isinstance(good, bool):
            event = "eventTypeName" in content
            return Ignored(line, OTHER) if event else Rejected(line, "no entry of Atlas")
        why = text_at(content, "failureReason") or ""
        return line_event(
            "mongodb_atlas", line, stamps.utc_ns(_stamp(text_at(content, "timestamp") or "")),
            text_at(content, "username"), Outcome.SUCCESS if good else Outcome.FAILURE,
            source=text_at(content, "ipAddress"), reason=None if good else _reason(why),
            failure_code=why or None, user_domain=text_at(content, "authSource"),
            dst_host=text_at(content, "hostname"), app="mongodb",
            tenant=text_at(content, "groupId"),
        )  # fmt: skip

    return read


def _stamp(text: str) -> str:
    """RFC 3339, or as Java prints it: `Tue Oct 04 14:22:14 GMT 2022`."""
    match = _JAVA.fullmatch(text)
    if match is None:
        return text
    month, day, time, year = match.groups()
    return f"{month} {day} {year} {time}"


def _reason(why: str) -> str:
    return "unknown_user" if "UserNotFound" in why or "not find user" in why else "bad_credentials"


def _is_atlas(text: str) -> bool:
    content = (object_of(text) if text.startswith("{") else None) or {}
    if "authResult" in content:
        return "ipAddress" in content
    return "eventTypeName" in content and "links" in content


_JAVA = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([0-9]{2}) ([0-9:]{8}) (?:GMT|UTC) ([0-9]{4})")

PARSER = ReaderFormat(
    name="mongodb_atlas",
    title="MongoDB Atlas: access history, organisation events (JSON lines)",
    versions="2",
    proven="documentation",
    is_own=_is_atlas,
    opened=_opened,
    sample="""\
{"authResult":true,"authSource":"admin","failureReason":"","groupId":"5e0","hostname":"c0-shard-00\
.example.net","ipAddress":"203.0.113.7","logLine":"{}","timestamp":"Tue Oct 04 14:22:14 GMT 2022",\
"username":"ada"}
{"authResult":false,"authSource":"admin","failureReason":"UserNotFound: Could not find \
user","groupId"\
:"5e0","hostname":"c0-shard-00.example.net","ipAddress":"198.51.100.9","timestamp":\
"2022-10-04T14:23:14Z","username":"eve"}
{"created": "2023-06-07 16:57:55", "currentValue": {}, "eventTypeName": \
"ORG_TWO_FACTOR_AUTH_REQUIRED", "id": "6480b7139bd8a012345ABCDE", "isGlobalAdmin": false, "links": \
[], "orgId": "1", "remoteAddress": "1.2.3.4", "username": "user@company.com"}""",
    expected=(
        {
            "user_id": "ada", "outcome": "success", "src_ip": "203.0.113.7", "tenant": "5e0",
            "timestamp_ns": 1_664_893_334_000_000_000,
        },
        {"user_id": "eve", "outcome": "failure", "failure_reason": "unknown_user"},
    ),
    hostile="""\
{"authResult":true,"ipAddress":"6.6.6.6","timestamp":"2022-10-04T14:23:14Z","username":"x",\
"username":"victim"}
{"authResult":"true","ipAddress":"6.6.6.6","timestamp":"2022-10-04T14:23:14Z","username":"victim"}
{"eventTypeName":"X","links":[],"username":"victim","remoteAddress":"6.6.6.6"}""",
)  # fmt: skip
