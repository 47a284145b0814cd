"""Google Cloud audit log: logins of Google Workspace and Cloud Identity that are shared with it.

Logins are `google.login.LoginService.loginSuccess` and `loginFailure`. Tokens of service accounts,
OS Login checks (sshd tells the login itself) and API calls are none. Written from documentation:
Google Cloud, "Google Workspace audit logs, login audit"; samples of Panther show other methods.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of


class _Identity(msgspec.Struct, rename="camel", gc=False):
    principal_email: Scalar = None


class _Request(msgspec.Struct, rename="camel", gc=False):
    caller_ip: Scalar = None
    upper_caller_ip: Scalar = msgspec.field(default=None, name="callerIP")
    caller_supplied_user_agent: Scalar = None


class _Parameter(msgspec.Struct, rename="camel", gc=False):
    name: Scalar = None
    value: Scalar = None
    multi_str_value: list[Scalar] | None = None


class _Deed(msgspec.Struct, rename="camel", gc=False):
    event_name: Scalar = None
    parameter: list[_Parameter] | None = None


class _Metadata(msgspec.Struct, gc=False):
    event: list[_Deed] | None = None


class _Payload(msgspec.Struct, rename="camel", gc=False):
    method_name: Scalar = None
    service_name: Scalar = None
    authentication_info: _Identity | None = None
    request_metadata: _Request | None = None
    resource_name: Scalar = None
    metadata: _Metadata | None = None


class _Entry(msgspec.Struct, rename="camel", gc=False):
    insert_id: Scalar = None
    log_name: Scalar = None
    timestamp: Scalar = None
    receive_timestamp: Scalar = None
    proto_payload: _Payload | None = None


def _ours(entry: _Entry) -> bool:
    return entry.proto_payload is not None and entry.proto_payload.method_name is not None


def _read(entry: _Entry, place: str, clock: RecordClock) -> LoginEvent | str:
    payload = entry.proto_payload or _Payload()
    method = str(payload.method_name).removeprefix("google.login.LoginService.")
    if method not in _LOGINS or payload.service_name not in {None, "login.googleapis.com"}:
        return "no login"
    failed = method == "loginFailure"
    said = {
        str(one.name): text_of(one.value, *(one.multi_str_value or ()))
        for deed in (payload.metadata.event if payload.metadata else None) or ()
        for one in deed.parameter or ()
    }
    request = payload.request_metadata or _Request()
    user = text_of(
        payload.authentication_info.principal_email if payload.authentication_info else None,
        said.get("affected_email_address"),
    )
    code, kind = said.get("login_failure_type"), said.get("login_type")
    origin = read_origin(text_of(request.caller_ip, request.upper_caller_ip) or "")
    own_id = text_of(entry.insert_id)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(entry.timestamp, entry.receive_timestamp),
        user_id=user,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        failure_reason=_REASONS.get(code, "other") if failed and code else None,
        failure_code=code,
        user_name=user,
        account_kind="service" if str(user).endswith(".gserviceaccount.com") else None,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        user_agent=text_of(request.caller_supplied_user_agent),
        auth_method="password" if kind == "google_password" else kind,
        app="Google",
        source_type="gcp",
        raw_event_id=own_id,
        tenant=text_of(payload.resource_name),
    )


_LOGINS = frozenset(("loginSuccess", "loginFailure"))
_REASONS = {
    "login_failure_invalid_password": "bad_credentials",
    "login_failure_account_disabled": "disabled", "login_failure_access_code_disallowed":
    "policy_denied", "login_failure_invalid_second_factor": "mfa_failed",
}  # fmt: skip

_SAMPLE = """\
{"insertId":"1x1","logName":"organizations/123/logs/cloudaudit.googleapis.com%2Fdata_access",\
"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog",\
"authenticationInfo":{"principalEmail":"ann@example.com"},\
"metadata":{"@type":"type.googleapis.com/ccc_hosted_reporting.ActivityProto",\
"event":[{"eventName":"login_failure","eventType":"login","parameter":[{"label":"LABEL_OPTIONAL",\
"name":"login_type","type":"TYPE_STRING","value":"google_password"},\
{"name":"login_failure_type","value":"login_failure_invalid_password"}]}]},\
"methodName":"google.login.LoginService.loginFailure",\
"requestMetadata":{"callerIp":"203.0.113.95"},"resourceName":"organizations/123",\
"serviceName":"login.googleapis.com"},"resource":{"type":"audited_resource"},"severity":"NOTICE",\
"timestamp":"2024-02-26T17:15:16.314854Z"}
{"insertId":"1x2","logName":"projects/p/logs/cloudaudit.googleapis.com%2Fdata_access",\
"protoPayload":{"authenticationInfo":{"principalEmail":"sa@p.iam.gserviceaccount.com"},\
"methodName":"GenerateAccessToken","serviceName":"iamcredentials.googleapis.com"},\
"timestamp":"2024-08-29 19:30:36.339983306"}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "1x1", "user_id": "ann@example.com", "outcome": "failure",
        "failure_reason": "bad_credentials", "src_ip": "203.0.113.95", "auth_method": "password",
        "timestamp_ns": 1_708_967_716_314_854_000,
    },
)  # fmt: skip
_HOSTILE = """\
{"protoPayload":{"authenticationInfo":{"principalEmail":"m\\",\\"principalEmail\\":\\"victim"},\
"methodName":"google.login.LoginService.loginFailure"},"timestamp":"2024-02-26T17:15:16Z"}
{"protoPayload":{"authenticationInfo":{"principalEmail":"victim"},"methodName":"storage.get",\
"resourceName":"google.login.LoginService.loginSuccess"},"timestamp":"2024-02-26T17:15:16Z"}
{"protoPayload":{"authenticationInfo":{"principalEmail":"victim"},\
"methodName":"google.login.LoginService.loginSuccess"},"timestamp":"2024"}"""

PARSER = RecordFormat(
    name="gcp",
    title="Google Cloud audit log: login.googleapis.com",
    versions="audit log v1",
    proven="documentation",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Entry,
    ours=_ours,
    read=_read,
    telltales=("google.login.LoginService.login",),
    envelopes=("entries",),
)
