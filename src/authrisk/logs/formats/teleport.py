"""Teleport 4.3 and later, audit events: `user.login` (local, SAML, OIDC, GitHub, headless).

Sessions, commands and certificates follow a login and are none. Until version 11 the address is
missing. Keys with a dot (`addr.remote`) may have an underscore. Reference: Teleport documentation,
"Audit Events"; codes T1000I and T1000W (local), T1001I and T1001W (single sign-on).
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.failure_words import reason_in
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of, truth_of


class _Device(msgspec.Struct, gc=False):
    mfa_device_type: Scalar = None
    mfa_device_uuid: Scalar = None


class _Event(msgspec.Struct, gc=False):
    event: Scalar = None
    code: Scalar = None
    time: Scalar = None
    uid: Scalar = None
    user: Scalar = None
    success: Scalar = None
    method: Scalar = None
    error: Scalar = None
    message: Scalar = None
    user_agent: Scalar = None
    cluster_name: Scalar = None
    mfa_device: _Device | None = None
    address: Scalar = msgspec.field(default=None, name="addr.remote")
    plain_address: Scalar = msgspec.field(default=None, name="addr_remote")


def _ours(event: _Event) -> bool:
    code = str(event.code)
    return event.event is not None and event.uid is not None and code[:1] in "Tt" and len(code) > 3


def _read(event: _Event, place: str, clock: RecordClock) -> LoginEvent | str:
    if event.event != "user.login":
        return "no login"
    passed = truth_of(event.success)
    if passed is None:
        passed = str(event.code).upper().endswith("I")
    origin = read_origin(text_of(event.address, event.plain_address) or "")
    user, own_id = text_of(event.user), text_of(event.uid)
    error = text_of(event.error, event.message)
    method = text_of(event.method)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(event.time),
        user_id=user,
        outcome=Outcome.SUCCESS if passed else Outcome.FAILURE,
        failure_reason=None if passed else reason_in(error, _REASONS),
        failure_code=None if passed else error,
        user_name=user,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        user_agent=text_of(event.user_agent),
        auth_method=_METHODS.get(method or "", method),
        auth_protocol=method if method in {"saml", "oidc"} else None,
        mfa=True if event.mfa_device is not None else None,
        app="Teleport",
        source_type="teleport",
        raw_event_id=own_id,
        tenant=text_of(event.cluster_name),
    )


_METHODS = {"local": "password", "github": "oauth2"}
_REASONS = (
    ("locked", "locked"),
    ("not found", "unknown_user"),
    ("invalid username, password or second factor", "bad_credentials"),
    ("invalid credentials", "bad_credentials"),
    ("access denied", "policy_denied"),
)

# The first two after samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"addr.remote": "[2001:db8:face:face:face:face:face:face]:65123",\
 "cluster_name": "teleport.example.com", "code": "T1000I", "ei": 0, "event": "user.login",\
 "method": "local", "mfa_device": {"mfa_device_name": "1Password", "mfa_device_type": "WebAuthn",\
 "mfa_device_uuid": "88888888-4444-4444-4444-222222222222"}, "success": true,\
 "time": "2023-09-20T19:00:00.123456Z", "uid": "88888888-4444-4444-4444-222222222222",\
 "user": "max.mustermann", "user_agent": "Examplecorp Spacedeck-web/99.9 (Hackintosh; ARM Cortex \
A1000)"}
{"attributes": {"firstName": [""], "groups": ["employees"]},\
 "cluster_name": "teleport.example.com", "code": "T1001I", "ei": 0, "event": "user.login",\
 "method": "saml", "success": true, "time": "2023-09-18 00:00:00",\
 "uid": "88888888-4444-4444-4444-222222222223", "user": "jane.doe@example.com"}
{"addr_remote": "203.0.113.4:4000", "code": "T1000W", "event": "user.login",\
 "error": "invalid username, password or second factor", "method": "local", "success": false,\
 "time": "2023-09-20T19:00:09Z", "uid": "88888888-4444-4444-4444-222222222224", "user": "eve"}
{"argv": [], "code": "T4000I", "ei": 15, "event": "session.command", "login": "root",\
 "path": "/bin/echo", "time": "2020-08-17T17:40:37.491Z",\
 "uid": "8eaf8f39-09d4-4a42-a22a-65163d2af702", "user": "panther"}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "88888888-4444-4444-4444-222222222222", "user_id": "max.mustermann",
        "outcome": "success", "src_ip": "2001:db8:face:face:face:face:face:face",
        "src_port": 65123, "mfa": True, "timestamp_ns": 1_695_236_400_123_456_000,
        "auth_method": "password", "tenant": "teleport.example.com",
    },
    {"user_id": "jane.doe@example.com", "outcome": "success", "auth_method": "saml", "mfa": None},
    {
        "user_id": "eve", "outcome": "failure", "failure_reason": "bad_credentials",
        "src_ip": "203.0.113.4",
    },
)  # fmt: skip
_HOSTILE = """\
{"code": "T1000W", "event": "user.login", "success": false, "time": "2023-09-20T19:00:09Z",\
 "uid": "1", "user": "m\\",\\"user\\":\\"victim"}
{"code": "T4000I", "event": "session.command", "argv": ["user.login"],\
 "time": "2023-09-20T19:00:09Z", "uid": "2", "user": "victim"}
{"code": "T1000I", "event": "user.login", "success": true, "time": "0001-01-01T00:00:00Z",\
 "uid": "3", "user": "victim"}
{"code": "T1000I", "event": "user.login", "success": true, "time": "2023-09-20T19:00:09Z",\
 "user": {"name": "victim"}}"""

PARSER = RecordFormat(
    name="teleport",
    title="Teleport audit events: user.login",
    versions="4.3 and later",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Event,
    ours=_ours,
    read=_read,
    telltales=("user.login",),
)
