"""JumpCloud Directory Insights (API v1): logins to portals, applications, RADIUS, LDAP, systems.

Logins are `user_login_attempt`, `admin_login_attempt`, `sso_auth`, `radius_auth_attempt`,
`ldap_bind` and `login_attempt` (a system). The result is `success`, of `sso_auth` also
`sso_token_success`. The agent comes in parts, not as its text. The user is JumpCloud's id where one
is said, else the name or address. Written from documentation: JumpCloud, "Directory Insights API,
event types and attributes".
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.failure_words import reason_in
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, country_of, degrees_of, text_of, truth_of


class _Person(msgspec.Struct, gc=False):
    id: Scalar = None
    type: Scalar = None
    email: Scalar = None
    username: Scalar = None


class _Place(msgspec.Struct, gc=False):
    country_code: Scalar = None
    region_name: Scalar = None
    city: Scalar = None
    latitude: Scalar = None
    longitude: Scalar = None


class _Agent(msgspec.Struct, gc=False):
    name: Scalar = None
    version: Scalar = None
    os_name: Scalar = None
    os_version: Scalar = None
    os: Scalar = None


class _Named(msgspec.Struct, gc=False):
    name: Scalar = None
    display_label: Scalar = None


class _Event(msgspec.Struct, gc=False):
    event_type: Scalar = None
    service: Scalar = None
    id: Scalar = None
    timestamp: Scalar = None
    success: Scalar = None
    sso_token_success: Scalar = None
    mfa: Scalar = None
    initiated_by: _Person | None = None
    username: Scalar = None
    client_ip: Scalar = None
    src_ip: Scalar = None
    geoip: _Place | None = None
    useragent: _Agent | Scalar = None
    application: _Named | None = None
    error_message: Scalar = None
    auth_method: Scalar = None
    auth_type: Scalar = None
    organization: Scalar = None
    system: _Named | None = None


def _ours(event: _Event) -> bool:
    said = None not in (event.event_type, event.service, event.timestamp)
    return said and (event.organization is not None or event.initiated_by is not None)


def _read(event: _Event, place: str, clock: RecordClock) -> LoginEvent | str:
    kind = text_of(event.event_type)
    if kind not in _LOGINS:
        return "no login"
    passed = truth_of(event.sso_token_success if event.success is None else event.success)
    failed = passed is False
    person, where = event.initiated_by or _Person(), event.geoip or _Place()
    agent = event.useragent if isinstance(event.useragent, _Agent) else _Agent()
    name = text_of(person.username, person.email, event.username)
    latitude, longitude = degrees_of(where.latitude, where.longitude)
    message = text_of(event.error_message)
    origin = read_origin(text_of(event.client_ip, event.src_ip) or "")
    app = event.application or _Named()
    own_id = text_of(event.id)
    method = text_of(event.auth_method, event.auth_type)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(event.timestamp),
        user_id=text_of(person.id) or name,
        outcome=Outcome.UNKNOWN
        if passed is None
        else Outcome.SUCCESS
        if passed
        else Outcome.FAILURE,
        failure_reason=reason_in(message, _REASONS, "bad_credentials") if failed else None,
        failure_code=message if failed else None,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        src_country=country_of(where.country_code),
        src_region=text_of(where.region_name),
        src_city=text_of(where.city),
        src_latitude=latitude,
        src_longitude=longitude,
        user_agent=None if isinstance(event.useragent, _Agent) else text_of(event.useragent),
        browser=text_of(agent.name),
        browser_version=text_of(agent.version),
        os=text_of(agent.os_name, agent.os),
        os_version=text_of(agent.os_version),
        auth_method=method.casefold() if method else None,
        auth_protocol=_LOGINS[kind],
        mfa=truth_of(event.mfa),
        app=text_of(app.display_label, app.name) or "JumpCloud",
        dst_host=text_of(event.system.name if event.system else None),
        source_type="jumpcloud",
        raw_event_id=own_id,
        tenant=text_of(event.organization),
    )


_LOGINS = {
    "user_login_attempt": None, "admin_login_attempt": None, "sso_auth": "saml",
    "radius_auth_attempt": "radius", "ldap_bind": "ldap", "login_attempt": None,
}  # fmt: skip
_REASONS = (
    ("lock", "locked"), ("suspend", "disabled"), ("mfa", "mfa_failed"), ("totp", "mfa_failed"),
    ("expired", "expired_password"), ("not found", "unknown_user"), ("policy", "policy_denied"),
    ("denied", "policy_denied"),
)  # fmt: skip

_SAMPLE = """\
[{"initiated_by":{"id":"5f1a","type":"user","username":"ann","email":"ann@example.org"},\
"geoip":{"country_code":"US","region_name":"Colorado","latitude":39.7,"longitude":-105.0},\
"mfa":true,"event_type":"user_login_attempt","success":true,"service":"directory",\
"organization":"5e00","@version":"1","client_ip":"203.0.113.20","id":"60aa",\
"useragent":{"name":"Chrome","version":"90.0","os":"Mac","os_name":"Mac OS X",\
"os_version":"10.15"},"timestamp":"2021-05-27T15:43:07.012Z"},
{"initiated_by":{"type":"user","username":"eve"},"event_type":"radius_auth_attempt",\
"success":false,"error_message":"RADIUS authentication failed: user is locked out",\
"service":"radius","organization":"5e00","client_ip":"203.0.113.21","id":"60ab",\
"timestamp":"2021-05-27T15:44:07Z"},
{"initiated_by":{"id":"5f1a","type":"user","username":"ann"},"event_type":"sso_auth",\
"sso_token_success":true,"application":{"id":"7","name":"wiki","display_label":"Wiki"},\
"service":"sso","organization":"5e00","client_ip":"203.0.113.20","id":"60ac",\
"timestamp":"2021-05-27T15:45:07Z"},
{"initiated_by":{"id":"5f1a","type":"user"},"event_type":"user_update","success":true,\
"service":"directory","organization":"5e00","id":"60ad","timestamp":"2021-05-27T15:46:07Z"}]"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "60aa", "user_id": "5f1a", "user_name": "ann", "outcome": "success",
        "mfa": True, "src_country": "US", "browser": "Chrome", "os": "Mac OS X",
        "timestamp_ns": 1_622_130_187_012_000_000, "user_agent": None,
    },
    {
        "user_id": "eve", "outcome": "failure", "failure_reason": "locked",
        "auth_protocol": "radius",
    },
    {"user_id": "5f1a", "outcome": "success", "app": "Wiki"},
)  # fmt: skip
_HOSTILE = """\
{"initiated_by":{"username":"m\\"},\\"initiated_by\\":{\\"username\\":\\"victim"},\
"event_type":"user_login_attempt","success":false,"service":"directory",\
"timestamp":"2021-05-27T15:44:07Z"}
{"initiated_by":{"username":"victim"},"event_type":"user_update","success":true,\
"service":"user_login_attempt","timestamp":"2021-05-27T15:44:07Z"}
{"initiated_by":{"username":"victim"},"event_type":"user_login_attempt","success":true,\
"service":"directory","timestamp":"27.05.2021"}"""

PARSER = RecordFormat(
    name="jumpcloud",
    title="JumpCloud Directory Insights",
    versions="API v1",
    proven="documentation",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Event,
    ours=_ours,
    read=_read,
    telltales=tuple(_LOGINS),
)
