"""Keycloak 4 and later: event lines of the server log, JSON logs, the events API and webhooks.

Logins are `LOGIN` and `LOGIN_ERROR`; every other type (CODE_TO_TOKEN, REFRESH_TOKEN, LOGOUT, ..) is
none. Successes are logged at level debug only, so a log of failures alone is normal. Values are
quoted since version 21. Without quotes a user name may hold `, key=value`: a key that stands twice
is refused, and Keycloak writes user id and address before the name.

Times of lines are local (`--timezone`). A line without a date (the console of WildFly) is of the
last day that is not after the time of the file. The address is the proxy's unless Keycloak trusts
its headers. Reference: Keycloak server administration guide, "Configuring auditing to track
events"; samples of CrowdSec (MIT).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.json_object import read_object
from authrisk.logs.json_records import json_objects
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Proven, Rejected
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.scalars import Scalar, text_of
from authrisk.logs.time_of_day import last_day_of
from authrisk.logs.timestamps import StampReader

# The first and third after samples of CrowdSec (hub, MIT).
_SAMPLE = """\
2023-05-25 22:24:19,357 WARN  [org.keycloak.events] (executor-thread-3121) type=LOGIN_ERROR,\
 realmId=keycloak, clientId=myweb-site, userId=null, ipAddress=192.168.1.1, error=user_not_found,\
 auth_method=openid-connect, auth_type=code, redirect_uri=https://example.com/?a=1,b=2,\
 code_id=8924e83e-4b25-45e0-8bea-c509bebbeea4, username=user-a, authSessionTabId=xxxxxxxx
2023-05-25 22:24:20,000 DEBUG [org.keycloak.events] (executor-thread-1) type=CODE_TO_TOKEN,\
 realmId=keycloak, clientId=myweb-site, userId=bb28055e, ipAddress=192.168.1.2
2024-05-08 06:16:19,457 WARN  [org.keycloak.events] (executor-thread-1) type="LOGIN_ERROR",\
 realmId="8735605f-6ae9-4f41-8436-db5d4cf50025", clientId="am-qa", userId="bb28055e-fdea",\
 ipAddress="192.168.1.4", error="invalid_user_credentials", auth_method="openid-connect",\
 redirect_uri="https://am116.example.net/oidc/callback/",\
 code_id="e44d80b4-058d-4b45-b2ee-fac3d174e10c", username="amy, the first"
{"@timestamp":"2024-05-08T07:00:00.123456789Z","log.logger":"org.keycloak.events",\
"log.level":"DEBUG","message":"type=\\"LOGIN\\", realmId=\\"r1\\", realmName=\\"corp\\",\
 clientId=\\"portal\\", userId=\\"u1\\", sessionId=\\"s1\\", ipAddress=\\"2001:db8::1\\",\
 auth_method=\\"openid-connect\\", username=\\"ann\\""}
{"id":"e9","time":1715151600500,"type":"LOGIN","realmId":"r1","clientId":"portal","userId":"u2",\
"sessionId":"s2","ipAddress":"203.0.113.8","details":{"auth_method":"saml","username":"bob",\
"code_id":"c2"}}
{"uid":"w1","time":1715151601000,"realmId":"corp","type":"access.LOGIN_ERROR",\
"error":"user_temporarily_disabled","authDetails":{"realmId":"r1","clientId":"portal",\
"userId":"u3","ipAddress":"203.0.113.9","username":"eve"},"details":{}}
21:01:45,403 WARN  [org.keycloak.events] (default task-5) type=LOGIN_ERROR, realmId=r1,\
 clientId=null, userId=null, ipAddress=203.0.113.10, error=client_not_found"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "user-a", "outcome": "failure", "failure_reason": "unknown_user",
        "src_ip": "192.168.1.1", "timestamp_ns": 1_685_053_459_357_000_000, "app": "myweb-site",
        "session_id": "8924e83e-4b25-45e0-8bea-c509bebbeea4", "tenant": "keycloak",
    },
    {
        "user_id": "bb28055e-fdea", "user_name": "amy, the first", "outcome": "failure",
        "failure_reason": "bad_credentials",
    },
    {
        "user_id": "u1", "user_name": "ann", "outcome": "success", "session_id": "s1",
        "timestamp_ns": 1_715_151_600_123_456_789, "src_ip": "2001:db8::1", "tenant": "corp",
    },
    {
        "event_id": "e9", "user_id": "u2", "user_name": "bob", "auth_protocol": "saml",
        "timestamp_ns": 1_715_151_600_500_000_000,
    },
    {"event_id": "w1", "user_id": "u3", "user_name": "eve", "failure_reason": "locked"},
    {
        "user_id": None, "failure_reason": "client_error", "src_ip": "203.0.113.10",
        "timestamp_ns": 1_735_592_505_403_000_000,
    },
)  # fmt: skip
_HOSTILE = """\
2023-05-25 22:24:19,357 WARN  [org.keycloak.events] (t) type=LOGIN_ERROR, realmId=k, clientId=c,\
 userId=null, ipAddress=1.2.3.4, error=user_not_found, username=x, userId=victim, username=victim
2023-05-25 22:24:19,357 WARN  [org.keycloak.events] (t) type="LOGIN_ERROR", userId="null",\
 ipAddress="1.2.3.4", error="user_not_found", username="x\\", username=\\"victim"
2023-05-25 22:24:19,357 WARN  [org.keycloak.events] (t) type="LOGIN_ERROR", userId="null",\
 username="x 2023-05-25 22:24:19,357 WARN  [org.keycloak.events] (t) type=\\"LOGIN\\",\
 username=\\"victim\\""
2023-05-25 22:24:19,357 WARN  [com.example.shop] (t) type=LOGIN, userId=victim, username=victim
{"time":1715151600500,"type":"UPDATE_PROFILE","userId":"victim","details":{"note":"LOGIN",\
"username":"victim"}}
{"@timestamp":"2024-05-08T07:00:00Z","log.logger":"com.example.shop","message":"type=\\"LOGIN\\",\
 username=\\"victim\\""}"""


class _Auth(msgspec.Struct, rename="camel", gc=False):
    realm_id: Scalar = None
    client_id: Scalar = None
    user_id: Scalar = None
    ip_address: Scalar = None
    username: Scalar = None
    session_id: Scalar = None


class _Record(msgspec.Struct, rename="camel", gc=False):
    """An event of the API, a webhook, or a line of a JSON console that holds one."""

    type: Scalar = None
    time: Scalar = None
    id: Scalar = None
    uid: Scalar = None
    realm_id: Scalar = None
    realm_name: Scalar = None
    client_id: Scalar = None
    user_id: Scalar = None
    session_id: Scalar = None
    ip_address: Scalar = None
    error: Scalar = None
    details: dict[str, Any] | None = None
    auth_details: _Auth | None = None
    message: Scalar = None
    logger_name: Scalar = None
    timestamp: Scalar = None
    ecs_timestamp: Scalar = msgspec.field(default=None, name="@timestamp")
    ecs_logger: Scalar = msgspec.field(default=None, name="log.logger")


@dataclass(frozen=True, slots=True)
class Keycloak:
    """Reads Keycloak's events in each of its layouts."""

    name: str = "keycloak"
    title: str = "Keycloak: server log with or without quotes, JSON log, events API, webhooks"
    versions: str = "4 to 26"
    proven: Proven = "samples"
    sample: str = _SAMPLE
    expected: Sequence[dict[str, object]] = _EXPECTED
    hostile: str = _HOSTILE

    def claims(self, head: Sequence[str]) -> bool:
        """Whether a line is an event of Keycloak's logger, or a record of its API."""
        for piece in json_objects(Line("", 1, text) for text in head):
            if isinstance(piece, Rejected) and _LINE.match(piece.line.text):
                return True
            if isinstance(piece, Line):
                try:
                    record = _DECODER.decode(piece.text)
                except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
                    continue
                event = None not in (record.type, record.time, record.realm_id)
                if event or _is_keycloak(record.logger_name, record.ecs_logger):
                    return True
        return False

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a line or record."""
        stamps, clock = StampReader(settings), RecordClock(settings)
        for piece in json_objects(lines):
            if isinstance(piece, Ignored):
                yield piece
                continue
            line = piece.line if isinstance(piece, Rejected) else piece
            if "LOGIN" not in line.text:
                yield Ignored(line, "no login")
                continue
            try:
                if isinstance(piece, Line):
                    yield _of_record(line, clock)
                else:
                    yield _of_text(line, stamps, settings)
            except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
                yield Rejected(line, "damaged JSON")
            except ValueError as error:
                yield Rejected(line, str(error))


def _of_text(line: Line, stamps: StampReader, settings: ParseSettings) -> Item:
    match = _LINE.match(line.text)
    if match is None:
        return Ignored(line, "another logger")
    date, time, offset = match.groups()
    said = _pairs(line.text[match.end() :])
    if said.get("type") not in _LOGINS:
        return Ignored(line, "no login")
    day = date or last_day_of(time, settings)
    return _event(line, said, stamps.utc_ns(f"{day} {time}{offset or ''}"))


def _of_record(line: Line, clock: RecordClock) -> Item:
    record = _DECODER.decode(line.text)
    if record.message is not None and record.type is None:
        if not _is_keycloak(record.logger_name, record.ecs_logger):
            return Ignored(line, "another logger")
        said = _pairs(str(record.message))
        time = record.ecs_timestamp or record.timestamp
    else:
        auth = record.auth_details or _Auth()
        details = {k: v for k, v in (record.details or {}).items() if isinstance(v, str)}
        said = {
            "type": text_of(record.type),
            "id": text_of(record.id, record.uid),
            "realmId": text_of(record.realm_id, auth.realm_id),
            "realmName": text_of(record.realm_name),
            "clientId": text_of(record.client_id, auth.client_id),
            "userId": text_of(record.user_id, auth.user_id),
            "sessionId": text_of(record.session_id, auth.session_id),
            "ipAddress": text_of(record.ip_address, auth.ip_address),
            "error": text_of(record.error),
            "username": text_of(details.get("username"), auth.username),
            "auth_method": details.get("auth_method"),
            "code_id": details.get("code_id"),
        }
        time = record.time
    kind = (said.get("type") or "").removeprefix("access.")
    if kind not in _LOGINS:
        return Ignored(line, "no login")
    return _event(line, said | {"type": kind}, clock.ns(time))


def _event(line: Line, said: Mapping[str, str | None], ns: int) -> LoginEvent:
    failed = said.get("type") == "LOGIN_ERROR"
    error = text_of(said.get("error"))
    name = text_of(said.get("username"))
    protocol = text_of(said.get("auth_method"))
    origin = read_origin(text_of(said.get("ipAddress")) or "")
    own_id = text_of(said.get("id"))
    return LoginEvent(
        event_id=own_id or line.place,
        timestamp_ns=ns,
        user_id=text_of(said.get("userId"), name),
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        failure_reason=_REASONS.get(error, "other") if failed and error else None,
        failure_code=error if failed else None,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        auth_protocol=_PROTOCOLS.get(protocol, protocol) if protocol else None,
        app=text_of(said.get("clientId")),
        session_id=text_of(said.get("sessionId"), said.get("code_id")),
        source_type="keycloak",
        raw_event_id=own_id,
        tenant=text_of(said.get("realmName"), said.get("realmId")),
    )


def _pairs(text: str) -> dict[str, str | None]:
    """`key=value` or `key="value"`, with commas between; raises ValueError."""
    if text.startswith("JSON_EVENT::"):
        content = read_object(text.removeprefix("JSON_EVENT::"))
        return {key: value for key, value in content.items() if isinstance(value, str)}
    if not text.startswith("type="):
        return {}
    if text.startswith('type="'):
        found = []
        at = 0
        while at < len(text):
            match = _QUOTED.match(text, at)
            if match is None:
                raise ValueError("damaged key=value pairs")
            found.append((match[1], _ESCAPED.sub(r"\1", match[2])))
            at = match.end()
    else:
        parts = [part.partition("=") for part in _NEXT.split(text)]
        found = [(key, value) for key, _, value in parts]
    pairs: dict[str, str | None] = dict(found)
    if len(pairs) != len(found):
        raise ValueError("a key said twice")
    return pairs


def _is_keycloak(*loggers: Scalar) -> bool:
    return any(str(logger) in _LOGGERS for logger in loggers)


_DECODER = msgspec.json.Decoder(_Record)
_LOGINS = frozenset(("LOGIN", "LOGIN_ERROR"))
_LOGGERS = frozenset(("org.keycloak.events", "org.key.events"))
_LINE = re.compile(
    r"(?:([0-9]{4}-[0-9]{2}-[0-9]{2})[T ])?([0-9]{2}:[0-9]{2}:[0-9]{2}[.,][0-9]{3,9})"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})? {1,4}[A-Z]{4,5} {1,4}\[org\.key(?:cloak)?\.events\]"
    r" \([^()]{0,200}\) "
)
_QUOTED = re.compile(r'(\w{1,64})="((?:[^"\\]++|\\.)*+)"(?:, |\s*\Z)')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NEXT = re.compile(r", (?=\w{1,64}=)")
_PROTOCOLS = {"openid-connect": "oidc"}
_REASONS = {
    "invalid_user_credentials": "bad_credentials", "user_not_found": "unknown_user",
    "user_disabled": "disabled", "user_temporarily_disabled": "locked",
    "expired_code": "session_expired", "cookie_not_found": "session_expired",
    "session_expired": "session_expired", "invalid_redirect_uri": "client_error",
    "client_not_found": "client_error", "client_disabled": "client_error",
    "invalid_request": "client_error", "invalid_client": "client_error",
    "invalid_client_credentials": "client_error", "unauthorized_client": "client_error",
    "access_denied": "policy_denied", "not_allowed": "policy_denied",
    "resolve_required_actions": "policy_denied",
}  # fmt: skip

PARSER = Keycloak()
