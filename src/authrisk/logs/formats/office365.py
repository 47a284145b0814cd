"""Microsoft 365 unified audit log: `UserLoggedIn` and `UserLoginFailed` (Management Activity API).

The operation decides, not `ResultStatus`, which says Success of failures too. A failed login that
only asks for more (`ErrorNumber` 50140 and such) is `interrupted`. Other operations are no logins.
The user is `UserKey` (the object id) where one is said, else `UserId` (the principal name). Times
are UTC without a zone. The sign-in log of Entra ID tells the same logins with more detail: read one
of the two. Reference: Microsoft Learn, "Office 365 Management Activity API schema".
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of


class _Property(msgspec.Struct, rename="pascal", gc=False):
    name: Scalar = None
    value: Scalar = None


class _Record(msgspec.Struct, rename="pascal", gc=False):
    operation: Scalar = None
    creation_time: Scalar = None
    id: Scalar = None
    user_id: Scalar = None
    user_key: Scalar = None
    organization_id: Scalar = None
    client_ip: Scalar = msgspec.field(default=None, name="ClientIP")
    actor_ip_address: Scalar = None
    logon_error: Scalar = None
    error_number: Scalar = None
    application_id: Scalar = None
    inter_systems_id: Scalar = None
    extended_properties: list[_Property] | None = None
    device_properties: list[_Property] | None = None
    record_type: Scalar = None


def _ours(record: _Record) -> bool:
    return None not in (record.operation, record.creation_time, record.record_type)


def _read(record: _Record, place: str, clock: RecordClock) -> LoginEvent | str:
    if record.operation not in _LOGINS:
        return "no login"
    said = {
        str(one.name): one.value
        for one in (*(record.extended_properties or ()), *(record.device_properties or ()))
    }
    error, number = text_of(record.logon_error), text_of(record.error_number)
    code = error or number
    outcome = _LOGINS[str(record.operation)]
    if outcome is Outcome.FAILURE and number in _INTERRUPTS:
        outcome = Outcome.INTERRUPTED
    failed = outcome is Outcome.FAILURE
    name, key = text_of(record.user_id), text_of(record.user_key)
    name = None if name in _NOBODY else name
    origin = read_origin(text_of(record.client_ip, record.actor_ip_address) or "")
    own_id = text_of(record.id)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(record.creation_time),
        user_id=name if key is None or key in _NOBODY else key,
        outcome=outcome,
        failure_reason=_REASONS.get(code, "other") if failed and code else None,
        failure_code=code if outcome is not Outcome.SUCCESS else None,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        user_agent=text_of(said.get("UserAgent")),
        browser=text_of(said.get("BrowserType")),
        os=text_of(said.get("OS")),
        device_id=text_of(said.get("Id")),
        app=text_of(record.application_id),
        session_id=text_of(said.get("SessionId")),
        correlation_id=text_of(record.inter_systems_id),
        source_type="office365",
        raw_event_id=own_id,
        tenant=text_of(record.organization_id),
    )


_LOGINS = {"UserLoggedIn": Outcome.SUCCESS, "UserLoginFailed": Outcome.FAILURE}
_NOBODY = frozenset(("Not Available", "Unknown", "00000000-0000-0000-0000-000000000000"))
_INTERRUPTS = frozenset(("50058", "50072", "50074", "50076", "50079", "50097", "50140", "65001"))
_REASONS = {
    "InvalidUserNameOrPassword": "bad_credentials", "50126": "bad_credentials",
    "UserAccountNotFound": "unknown_user", "50034": "unknown_user", "IdsLocked": "locked",
    "50053": "locked", "UserDisabled": "disabled", "50057": "disabled",
    "InvalidPasswordExpiredPassword": "expired_password", "50055": "expired_password",
    "BlockedByConditionalAccess": "policy_denied", "53003": "policy_denied",
    "AuthenticationFailedSasError": "mfa_failed", "500121": "mfa_failed",
    "UserStrongAuthClientAuthNRequired": "mfa_failed", "SsoArtifactExpiredDueToConditionalAccess":
    "session_expired", "InvalidReplyTo": "client_error",
}  # fmt: skip

# After samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"ActorIpAddress": "1.2.3.4", "ApplicationId": "123-abc-sfa-321",\
 "AzureActiveDirectoryEventType": 1, "ClientIP": "1.2.3.4", "CreationTime": "2022-12-12 15:57:57",\
 "ExtendedProperties": [{"Name": "ResultStatusDetail", "Value": "Success"}, {"Name": "UserAgent",\
 "Value": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/107.0.0.0 Safari/537.36"},\
 {"Name": "RequestType", "Value": "Login:login"}], "Id": "abc-def-123",\
 "LogonError": "InvalidUserNameOrPassword", "Operation": "UserLoginFailed",\
 "OrganizationId": "11-aa-22-bb", "RecordType": 15, "ResultStatus": "Success",\
 "UserId": "sample.user@yourorg.onmicrosoft.com", "UserKey": "012345-abcde-543-xyz",\
 "UserType": 0, "Workload": "AzureActiveDirectory"}
[{"ClientIP": "[2001:db8::7]:51234", "CreationTime": "2022-12-12T15:58:57", "Id": "abc-def-124",\
 "Operation": "UserLoggedIn", "RecordType": 15, "ResultStatus": "Success",\
 "UserId": "sample.user@yourorg.onmicrosoft.com", "UserKey": "012345-abcde-543-xyz",\
 "DeviceProperties": [{"Name": "OS", "Value": "Windows 10"}, {"Name": "SessionId",\
 "Value": "s-1"}]},
{"CreationTime": "2022-12-12T15:59:57", "Id": "abc-def-125", "Operation": "Update user.",\
 "RecordType": 8, "UserId": "ServicePrincipal_123-abc"}]"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "abc-def-123", "user_id": "012345-abcde-543-xyz", "outcome": "failure",
        "user_name": "sample.user@yourorg.onmicrosoft.com", "failure_reason": "bad_credentials",
        "timestamp_ns": 1_670_860_677_000_000_000, "src_ip": "1.2.3.4",
    },
    {"outcome": "success", "src_ip": "2001:db8::7", "os": "Windows 10", "session_id": "s-1"},
)  # fmt: skip
_HOSTILE = """\
{"CreationTime": "2022-12-12T15:57:57", "Operation": "UserLoginFailed", "RecordType": 15,\
 "UserId": "m\\",\\"UserId\\":\\"victim", "ExtendedProperties": [{"Name": "UserKey",\
 "Value": "victim"}]}
{"CreationTime": "2022-12-12T15:57:57", "Operation": "FileAccessed", "RecordType": 6,\
 "ObjectId": "UserLoggedIn", "UserId": "victim"}
{"CreationTime": "15:57", "Operation": "UserLoggedIn", "RecordType": 15, "UserId": "victim"}
{"CreationTime": "2022-12-12T15:57:57", "Operation": "UserLoggedIn",\
 "ExtendedProperties": {"UserId": "victim"}, "UserId": "victim"}"""

PARSER = RecordFormat(
    name="office365",
    title="Microsoft 365 unified audit log (Management Activity API)",
    versions="API v1.0",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Record,
    ours=_ours,
    read=_read,
    telltales=tuple(_LOGINS),
    envelopes=("value",),
)
