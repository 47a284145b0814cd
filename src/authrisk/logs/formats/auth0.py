"""Auth0 tenant logs: Management API (flat) and log streams (`{"log_id": .., "data": {..}}`).

The type of a record is a short code. Logins are `s` (success), `f`, `fp`, `fu` and `fc` (failed),
`sepft` and `fepft` (password grant), `fcoa` and `fco` (cross-origin). Machine clients (`seccft`),
token refresh, second factors (`gd_*`, `mfar`), silent checks (`ssa`), protection notices
(`limit_*`, `pwd_leak`) and the management API (`sapi`) are not.

The user is Auth0's id where it knows one, else the name that was typed. Failures without a user are
mostly a client's fault (callback mismatch) and marked `client_error`. Reference: Auth0
documentation, "Log Event Type Codes".
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, country_of, degrees_of, text_of


class _Place(msgspec.Struct, gc=False):
    country_code: Scalar = None
    city_name: Scalar = None
    latitude: Scalar = None
    longitude: Scalar = None


class _Details(msgspec.Struct, gc=False):
    session_id: Scalar = None


class _Event(msgspec.Struct, gc=False):
    type: Scalar = None
    log_id: Scalar = None
    date: Scalar = None
    description: Scalar = None
    ip: Scalar = None
    user_id: Scalar = None
    user_name: Scalar = None
    user_agent: Scalar = None
    client_id: Scalar = None
    client_name: Scalar = None
    connection: Scalar = None
    strategy: Scalar = None
    hostname: Scalar = None
    tenant_name: Scalar = None
    location_info: _Place | None = None
    details: _Details | None = None


class _Record(_Event, gc=False):
    data: _Event | None = None


def _ours(record: _Record) -> bool:
    event = record.data or record
    return None not in (event.log_id or record.log_id, event.type, event.date)


def _read(record: _Record, place: str, clock: RecordClock) -> LoginEvent | str:
    event = record.data or record
    kind = str(event.type)
    if kind not in _LOGINS:
        return _NONE.get(kind, "no login")
    outcome, reason = _LOGINS[kind]
    name, user_id = text_of(event.user_name), text_of(event.user_id)
    if reason == "other" and name is None and user_id is None:
        reason = "client_error"
    elif reason == "other" and text_of(event.description) in _WRONG:
        reason = "bad_credentials"
    origin = read_origin(text_of(event.ip) or "")
    where = event.location_info or _Place()
    latitude, longitude = degrees_of(where.latitude, where.longitude)
    own_id = text_of(event.log_id, record.log_id)
    details = event.details or _Details()
    strategy = text_of(event.strategy)
    grant = kind in {"sepft", "fepft"}
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(event.date),
        user_id=user_id or name,
        outcome=outcome,
        failure_reason=reason,
        failure_code=None if reason is None else kind,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        src_country=country_of(where.country_code),
        src_city=text_of(where.city_name),
        src_latitude=latitude,
        src_longitude=longitude,
        user_agent=text_of(event.user_agent),
        auth_method="password" if grant or strategy == "auth0" else strategy,
        auth_protocol="ropc" if grant else None,
        app=text_of(event.client_name, event.client_id),
        dst_host=text_of(event.hostname),
        session_id=text_of(details.session_id),
        source_type="auth0",
        raw_event_id=own_id,
        tenant=text_of(event.tenant_name),
    )


_FAILURE = Outcome.FAILURE
_LOGINS: dict[str, tuple[Outcome, str | None]] = {
    "s": (Outcome.SUCCESS, None), "sepft": (Outcome.SUCCESS, None),
    "f": (_FAILURE, "other"), "fc": (_FAILURE, "other"), "fp": (_FAILURE, "bad_credentials"),
    "fu": (_FAILURE, "unknown_user"), "fepft": (_FAILURE, "bad_credentials"),
    "fcoa": (_FAILURE, "other"), "fco": (_FAILURE, "other"),
}  # fmt: skip
_NONE = {
    "slo": "session closed", "seccft": "machine client", "feccft": "machine client",
    "sertft": "token renewed", "fertft": "token renewed", "ferrt": "token renewed",
    "seacft": "token of a login", "feacft": "token of a login", "ssa": "silent check",
    "fsa": "silent check", "scoa": "step of a login", "gd_auth_succeed": "step of a login",
    "gd_auth_failed": "step of a login", "gd_auth_rejected": "step of a login",
    "mfar": "step of a login", "limit_wc": "notice of blocked logins",
    "limit_mu": "notice of blocked logins", "limit_ui": "notice of blocked logins",
    "pwd_leak": "notice of a leaked password",
}  # fmt: skip
_WRONG = frozenset(("Wrong email or password.", "Invalid credentials", "invalid_grant"))

# The first after a sample of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"log_id": "90020241029185251974499000000000000001223372087732751235",\
 "data": {"client_id": "EmEDkk1wKV0bmzZut3rbEC5vxBE6UiZV", "client_name": "App Frontend",\
 "connection": "Username-Password-Authentication", "date": "2024-10-29 18:52:51.953000000",\
 "description": "Unable to configure verification page.", "details": {"body": {},\
 "session_id": "OJ0d2L-gDTvkmwEctP8d3XwtLD8Yu1qh"}, "hostname": "auth.clientdomain.com",\
 "ip": "2605:59c8:3075:214:d003:e902:2b01:dc14",\
 "log_id": "90020241029185251974499000000000000001223372087732751235", "type": "fcoa",\
 "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/130.0.0.0 Safari/537.36"}}
[{"_id": "1", "log_id": "9002024102919", "date": "2024-10-29T19:00:00.123Z", "type": "s",\
 "client_name": "App Frontend", "connection": "Username-Password-Authentication",\
 "strategy": "auth0", "ip": "203.0.113.9", "user_id": "auth0|5f1", "user_name": "ann@example.org",\
 "user_agent": "Chrome 130.0.0 / Mac OS X 10.15.7", "location_info": {"country_code": "DE",\
 "city_name": "Berlin", "latitude": 52.5, "longitude": 13.4}},
{"log_id": "9002024102920", "date": "2024-10-29T19:01:00.123Z", "type": "fp", "ip": "203.0.113.9",\
 "user_id": "auth0|5f1", "user_name": "ann@example.org"},
{"log_id": "9002024102921", "date": "2024-10-29T19:02:00.123Z", "type": "gd_auth_succeed",\
 "user_id": "auth0|5f1"}]"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "90020241029185251974499000000000000001223372087732751235", "user_id": None,
        "timestamp_ns": 1_730_227_971_953_000_000, "outcome": "failure",
        "failure_reason": "client_error", "src_ip": "2605:59c8:3075:214:d003:e902:2b01:dc14",
        "app": "App Frontend", "session_id": "OJ0d2L-gDTvkmwEctP8d3XwtLD8Yu1qh",
    },
    {
        "event_id": "9002024102919", "user_id": "auth0|5f1", "user_name": "ann@example.org",
        "outcome": "success", "auth_method": "password", "src_country": "DE", "src_city": "Berlin",
    },
    {"user_id": "auth0|5f1", "outcome": "failure", "failure_reason": "bad_credentials"},
)  # fmt: skip
_HOSTILE = """\
{"log_id": "1", "date": "2024-10-29T19:00:00Z", "type": "fu", "user_name": "m\\",\
\\"user_id\\":\\"victim", "user_agent": "\\",\\"user_name\\":\\"victim"}
{"log_id": "1", "date": "2024-10-29T19:00:00Z", "type": "sapi", "description": "s",\
 "user_name": "victim"}
{"log_id": "1", "date": "never", "type": "s", "user_name": "victim"}
{"log_id": "1", "data": {"type": "s", "date": "2024-10-29T19:00:00Z", "user_name": ["victim"]}}"""

PARSER = RecordFormat(
    name="auth0",
    title="Auth0 tenant logs: Management API, log streams, EventBridge",
    versions="API v2",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Record,
    ours=_ours,
    read=_read,
    envelopes=("detail", "logs"),
)
