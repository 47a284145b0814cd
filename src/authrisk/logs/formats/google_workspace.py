"""Google Workspace: login and SAML activities of the Admin SDK Reports API.

Logins are `login_success` and `login_failure`, of the applications `login` and `saml`. Challenges
and verifications are steps of a login; warnings (`suspicious_login`, `account_disabled_*`) and
`logout` are none. `events` may hold several or be one object, and shippers may lift it to the top;
parameters are a list of name and value or an object. Google says no user agent.

The user is the e-mail address (`actor.email`, else the parameter `affected_email_address`), since
failures have no profile id. Reference: Google for Developers, "Reports API, Login Audit Activity
Events", "SAML Audit Activity Events".
"""

from __future__ import annotations

from typing import Any

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of


class _Id(msgspec.Struct, rename="camel", gc=False):
    application_name: Scalar = None
    time: Scalar = None
    unique_qualifier: Scalar = None
    customer_id: Scalar = None


class _Actor(msgspec.Struct, rename="camel", gc=False):
    email: Scalar = None
    profile_id: Scalar = None


class _Parameter(msgspec.Struct, rename="camel", gc=False):
    name: Scalar = None
    value: Scalar = None
    bool_value: Scalar = None
    multi_value: list[Scalar] | None = None


class _Activity(msgspec.Struct, gc=False):
    type: Scalar = None
    name: Scalar = None
    parameters: dict[str, Any] | list[_Parameter] | None = None


class _Record(_Activity, rename="camel", gc=False):
    id: _Id | Scalar = None
    actor: _Actor | Scalar = None
    ip_address: Scalar = None
    events: list[_Activity] | _Activity | None = None


def _ours(record: _Record) -> bool:
    return isinstance(record.id, _Id) and record.id.application_name is not None


def _read(record: _Record, place: str, clock: RecordClock) -> LoginEvent | str:
    activity = _login(record)
    if activity is None:
        return "no login"
    failed = activity.name == "login_failure"
    said = _parameters(activity)
    identity = record.id if isinstance(record.id, _Id) else _Id()
    actor = record.actor if isinstance(record.actor, _Actor) else _Actor()
    user = text_of(actor.email, _one(said.get("affected_email_address")))
    code = text_of(_one(said.get("login_failure_type")), _one(said.get("failure_type")))
    kind = text_of(_one(said.get("login_type")))
    saml = identity.application_name == "saml"
    factors = _all(said.get("login_challenge_method"))
    origin = read_origin(text_of(record.ip_address) or "")
    return LoginEvent(
        event_id=place,
        timestamp_ns=clock.ns(identity.time),
        user_id=user,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        failure_reason=_REASONS.get(code, "other") if failed and code else None,
        failure_code=code,
        user_name=user,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        auth_method="saml" if saml else _METHODS.get(kind or "", kind),
        auth_protocol="saml" if saml or kind == "saml" else None,
        mfa=any(factor not in _SINGLE for factor in factors) if factors else None,
        app=text_of(_one(said.get("application_name"))) or "Google Workspace",
        source_type="google_workspace",
        raw_event_id=text_of(identity.unique_qualifier),
        tenant=text_of(identity.customer_id),
    )


def _login(record: _Record) -> _Activity | None:
    events = record.events
    activities = events if isinstance(events, list) else [record if events is None else events]
    return next((activity for activity in activities if activity.name in _LOGINS), None)


def _parameters(activity: _Activity) -> dict[str, Any]:
    parameters = activity.parameters
    if not isinstance(parameters, list):
        return parameters or {}
    return {
        str(one.name): one.multi_value or (one.value if one.bool_value is None else one.bool_value)
        for one in parameters
    }


def _one(value: Any) -> Scalar:
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, str | int | float | bool) else None


def _all(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


_LOGINS = frozenset(("login_success", "login_failure"))
_SINGLE = frozenset(("none", "password", "reenter_password"))
_METHODS = {"google_password": "password", "exchange": "token", "reauth": "password"}
_REASONS = {
    "login_failure_invalid_password": "bad_credentials",
    "login_failure_account_disabled": "disabled",
    "login_failure_invalid_second_factor": "mfa_failed",
    "login_failure_access_code_disallowed": "policy_denied",
    "failure_app_not_enabled_for_user": "policy_denied",
    "failure_app_not_configured_for_user": "client_error",
    "failure_malformed_request": "client_error",
}

# The second and third after samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"kind":"admin#reports#activities","items":[{"kind":"admin#reports#activity",\
"id":{"time":"2024-05-26T15:26:09.421Z","uniqueQualifier":"-887","applicationName":"login",\
"customerId":"C03az79cb"},"actor":{"email":"liz@example.com","profileId":"1160"},\
"ipAddress":"2001:db8::9","events":[{"type":"login","name":"login_challenge",\
"parameters":[{"name":"login_challenge_method","value":"password"}]},{"type":"login",\
"name":"login_success","parameters":[{"name":"login_type","value":"google_password"},\
{"name":"login_challenge_method","multiValue":["password","google_prompt"]},\
{"name":"is_suspicious","boolValue":false}]}]}]}
{"actor": {"email": "some.user@somedomain.com"}, "id": {"applicationName": "saml",\
 "time": "2022-05-26 15:26:09.421000000"}, "ipAddress": "10.10.10.10",\
 "kind": "admin#reports#activity", "name": "login_success",\
 "parameters": {"application_name": "Some SAML Application", "initiated_by": "sp",\
 "orgunit_path": "/SomeOrgUnit", "saml_status_code": "SUCCESS_URI"}, "type": "login"}
{"actor": {"email": "bob@example.com"}, "id": {"applicationName": "login"},\
 "ipAddress": "111.111.111.111", "type": "login", "name": "login_failure",\
 "parameters": {"login_failure_type": "login_failure_invalid_second_factor",\
 "login_challenge_method": ["none"]}}
{"id": {"applicationName": "login"}, "type": "login", "name": "logout",\
 "parameters": {"login_type": "saml"}}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "liz@example.com", "outcome": "success", "mfa": True, "tenant": "C03az79cb",
        "timestamp_ns": 1_716_737_169_421_000_000, "src_ip": "2001:db8::9",
        "auth_method": "password", "raw_event_id": "-887",
    },
    {
        "user_id": "some.user@somedomain.com", "outcome": "success", "auth_protocol": "saml",
        "app": "Some SAML Application", "mfa": None,
    },
    {
        "user_id": "bob@example.com", "outcome": "failure", "failure_reason": "mfa_failed",
        "mfa": False,
    },
)  # fmt: skip
_HOSTILE = """\
{"actor":{"email":"mallory@example.com\\",\\"email\\":\\"victim"},"id":{"applicationName":"login",\
"time":"2024-05-26T15:26:09Z"},"name":"login_failure"}
{"actor":{"email":"victim"},"id":{"applicationName":"drive","time":"2024-05-26T15:26:09Z"},\
"name":"edit","parameters":{"doc_title":"login_success"}}
{"actor":{"email":"victim"},"id":{"applicationName":"login","time":"yesterday"},\
"name":"login_success"}
{"actor":{"email":["victim"]},"id":{"applicationName":"login","time":"2024-05-26T15:26:09Z"},\
"name":"login_success"}"""

PARSER = RecordFormat(
    name="google_workspace",
    title="Google Workspace login and SAML activities, Admin SDK Reports API",
    versions="API v1",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Record,
    ours=_ours,
    read=_read,
    telltales=tuple(sorted(_LOGINS)),
    envelopes=("items",),
)
