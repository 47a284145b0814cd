"""Microsoft Entra ID (Azure AD) sign-in logs: diagnostic settings and Microsoft Graph.

Logins are the categories SignInLogs and ADFSSignInLogs, and interactive sign-ins of Graph; not
tokens renewed without the user (NonInteractiveUserSignInLogs) nor workloads (service principals,
managed identities). Three outcomes: 0 is a success; a code that asks for something more (second
factor, consent, "stay signed in?") is `interrupted`; every other code is a failure.

The user is the object id; where Entra gives none, the principal name. The time is
`createdDateTime`: `time` is when the record was delivered, minutes later. Keys may have lost
their capitals. Reference: Microsoft Learn, "Sign-in log schema in Azure Monitor", Graph resource
type `signIn`, "Microsoft Entra authentication and authorization error codes".
"""

from __future__ import annotations

import re

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, country_of, degrees_of, number_of, text_of, truth_of


class _Status(msgspec.Struct, rename="camel", gc=False):
    error_code: Scalar = None
    failure_reason: Scalar = None


class _Coordinates(msgspec.Struct, gc=False):
    latitude: Scalar = None
    longitude: Scalar = None


class _Location(msgspec.Struct, rename="camel", gc=False):
    city: Scalar = None
    state: Scalar = None
    country_or_region: Scalar = None
    geo_coordinates: _Coordinates | None = None


class _Device(msgspec.Struct, rename="camel", gc=False):
    device_id: Scalar = None
    operating_system: Scalar = None
    browser: Scalar = None


class _Step(msgspec.Struct, rename="camel", gc=False):
    authentication_method: Scalar = None
    succeeded: Scalar = None


class _SignIn(msgspec.Struct, rename="camel", gc=False):
    """`properties` of the envelope; Graph's record itself."""

    id: Scalar = None
    created_date_time: Scalar = None
    user_principal_name: Scalar = None
    user_id: Scalar = None
    ip_address: Scalar = None
    user_agent: Scalar = None
    app_display_name: Scalar = None
    authentication_protocol: Scalar = None
    authentication_requirement: Scalar = None
    authentication_details: list[_Step] | Scalar = None
    client_app_used: Scalar = None
    correlation_id: Scalar = None
    session_id: Scalar = None
    status: _Status | None = None
    location: _Location | Scalar = None
    device_detail: _Device | Scalar = None
    autonomous_system_number: Scalar = None
    sign_in_event_types: list[Scalar] | Scalar = None


class _Record(_SignIn, rename="camel", gc=False):
    time: Scalar = None
    category: Scalar = None
    result_type: Scalar = None
    caller_ip_address: Scalar = None
    tenant_id: Scalar = None
    properties: _SignIn | None = None
    lower_result_type: Scalar = msgspec.field(default=None, name="resulttype")
    lower_caller: Scalar = msgspec.field(default=None, name="calleripaddress")
    lower_tenant: Scalar = msgspec.field(default=None, name="tenantid")


def _ours(record: _Record) -> bool:
    if record.properties is None:
        return None not in (record.created_date_time, record.user_principal_name, record.status)
    return str(record.category).endswith("SignInLogs")


def _read(record: _Record, place: str, clock: RecordClock) -> LoginEvent | str:
    sign_in = record.properties or record
    types = sign_in.sign_in_event_types
    if record.category not in _LOGINS:
        return _NONE.get(str(record.category), "no login")
    if record.category is None and sign_in.status is None:
        return "no login"
    if isinstance(types, list) and types and "interactiveUser" not in types:
        return "token renewed or workload"
    status = sign_in.status or _Status()
    code = text_of(status.error_code, record.result_type, record.lower_result_type)
    outcome = _outcome(code)
    failed = outcome is Outcome.FAILURE
    name = text_of(sign_in.user_principal_name)
    location = sign_in.location if isinstance(sign_in.location, _Location) else _Location()
    coordinates = location.geo_coordinates or _Coordinates()
    latitude, longitude = degrees_of(coordinates.latitude, coordinates.longitude)
    device = sign_in.device_detail if isinstance(sign_in.device_detail, _Device) else _Device()
    steps = sign_in.authentication_details
    methods = [
        text_of(step.authentication_method)
        for step in (steps if isinstance(steps, list) else ())
        if truth_of(step.succeeded) is not False
    ]
    caller = text_of(sign_in.ip_address, record.caller_ip_address, record.lower_caller)
    origin = read_origin(caller or "")
    own_id = text_of(sign_in.id)
    requirement = text_of(sign_in.authentication_requirement)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=_time(clock, sign_in.created_date_time, record.time),
        user_id=_object_id(sign_in.user_id) or name,
        outcome=outcome,
        failure_reason=_REASONS.get(code, "other") if failed and code else None,
        failure_code=None if code in _SUCCESSES else code,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        src_country=country_of(location.country_or_region),
        src_region=text_of(location.state),
        src_city=text_of(location.city),
        src_latitude=latitude,
        src_longitude=longitude,
        src_asn=number_of(sign_in.autonomous_system_number),
        user_agent=text_of(sign_in.user_agent),
        browser=text_of(device.browser),
        os=text_of(device.operating_system),
        device_id=text_of(device.device_id),
        auth_method=_method(methods),
        auth_protocol=_PROTOCOLS.get(str(sign_in.authentication_protocol).casefold()),
        mfa=requirement == "multiFactorAuthentication" if requirement else None,
        app=text_of(sign_in.app_display_name),
        session_id=text_of(sign_in.session_id),
        correlation_id=text_of(sign_in.correlation_id),
        source_type="entra_signin",
        raw_event_id=own_id,
        tenant=text_of(record.tenant_id, record.lower_tenant),
    )


def _outcome(code: str | None) -> Outcome:
    if code is None:
        return Outcome.UNKNOWN
    if code in _SUCCESSES:
        return Outcome.SUCCESS
    return Outcome.INTERRUPTED if code in _INTERRUPTS else Outcome.FAILURE


def _object_id(value: Scalar) -> str | None:
    text = text_of(value)
    return None if text is None or not text.strip("0-") else text


def _method(methods: list[str | None]) -> str | None:
    method = next((method for method in methods if method), None)
    return _METHODS.get(method.casefold(), method.casefold()) if method else None


def _time(clock: RecordClock, *values: Scalar) -> int:
    """As `clock.ns`, and US dates such as `1/9/2007 9:41:00 PM`, which are UTC too."""
    value = text_of(*values)
    match = _US_TIME.fullmatch(value) if value is not None and "/" in value[:3] else None
    if match is None:
        return clock.ns(*values)
    month, day, year, hour, rest, half, zone = match.groups()
    hours = int(hour) % 12 + 12 * (half == "PM") if half else int(hour)
    return clock.ns(f"{year}-{month:0>2}-{day:0>2}T{hours:02}:{rest}{zone or 'Z'}")


_LOGINS = frozenset((None, "SignInLogs", "ADFSSignInLogs"))
_NONE = {
    "NonInteractiveUserSignInLogs": "token renewed",
    "ServicePrincipalSignInLogs": "workload",
    "ManagedIdentitySignInLogs": "workload",
}
_SUCCESSES = frozenset(("0", "Success"))
_INTERRUPTS = frozenset((
    "16000", "16001", "16003", "50058", "50072", "50074", "50076", "50079", "50097", "50125",
    "50127", "50129", "50140", "50143", "50144", "50158", "50199", "50203", "51006", "65001",
    "65004", "81010",
))  # fmt: skip
_REASONS = {
    "50126": "bad_credentials", "50056": "bad_credentials", "50034": "unknown_user",
    "51004": "unknown_user", "90072": "unknown_user", "50053": "locked", "50057": "disabled",
    "50055": "expired_password", "500121": "mfa_failed", "50088": "mfa_failed",
    "53000": "policy_denied", "53001": "policy_denied", "53002": "policy_denied",
    "53003": "policy_denied", "53004": "policy_denied", "530032": "policy_denied",
    "50105": "policy_denied", "50173": "session_expired", "700082": "session_expired",
    "70043": "session_expired", "70044": "session_expired", "50133": "session_expired",
    "50132": "session_expired", "7000215": "client_error", "7000218": "client_error",
    "50011": "client_error", "700016": "client_error", "90002": "client_error",
}  # fmt: skip
_METHODS = {
    "password": "password", "text message": "otp", "mobile app notification": "push",
    "mobile app verification code": "otp", "oath verification code": "otp",
    "oath software token": "otp", "oath hardware token": "otp", "phone call approval": "phone",
    "fido2 security key": "webauthn", "passkey (device-bound)": "webauthn",
    "windows hello for business": "webauthn", "x.509 certificate": "cert",
    "temporary access pass": "otp", "previously satisfied": "session",
}  # fmt: skip
_PROTOCOLS = {
    "oauth2": "oauth2", "ropc": "ropc", "rpoc": "ropc", "devicecode": "device_code",
    "saml20": "saml", "wsfederation": "ws-federation", "authenticationtransfer": "oauth2",
}  # fmt: skip
_US_TIME = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}),? ([0-9]{1,2}):([0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?)"
    r"(?: ([AP]M))?(?: ?(Z|[+-][0-9]{2}:[0-9]{2}))?"
)

# After samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"callerIpAddress": "4.4.4.4", "category": "SignInLogs", "correlationId": "a1b2c3d4",\
 "durationMs": 0, "Level": "4", "location": "RU", "operationName": "Sign-in activity",\
 "operationVersion": "1.0", "properties": {"id": "s1",\
 "userId": "8105c513-d24b-4b8d-9035-f8d48854d703", "userPrincipalName": "john@justice.org",\
 "authenticationProtocol": "oAuth2", "authenticationDetails": [{"authenticationMethod": "Password\
", "succeeded": true}], "authenticationRequirement": "singleFactorAuthentication",\
 "correlationId": "a1b2c3d4", "createdDateTime": "2025-01-15T14:23:10.1234567Z",\
 "ipAddress": "4.4.4.4:53922", "isInteractive": true, "location": {"city": "Moscow",\
 "countryOrRegion": "RU", "geoCoordinates": {"latitude": 55.7558, "longitude": 37.6173},\
 "state": "Moscow"}, "appDisplayName": "Microsoft 365", "status": {"errorCode": 0},\
 "clientAppUsed": "Browser"}, "resultSignature": "SUCCESS", "resultType": "0",\
 "tenantId": "tenant-id-123", "time": "2025-01-15 14:30:10.123"}
{"calleripaddress": "3.3.3.3", "category": "SignInLogs", "operationname": "Sign-in activity",\
 "properties": {"userId": "", "userPrincipalName": "peregrin@lotr.com",\
 "authenticationRequirement": "multiFactorAuthentication",\
 "location": {"geoCoordinates": {"latitude": 0, "longitude": 0}},\
 "autonomousSystemNumber": "7018", "createdDateTime": "1/15/2025 9:30:45 PM"},\
 "resulttype": 50034, "tenantid": "t2", "time": "2025-01-15 21:40:00.123"}
{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#auditLogs/signIns",\
 "value": [{"id": "g1", "createdDateTime": "2025-01-15T10:00:30.7890123Z",\
 "userPrincipalName": "employee@company.com", "userId": "user-456", "ipAddress": "2001:db8::7",\
 "status": {"errorCode": 50076, "failureReason": "MFA required"},\
 "deviceDetail": {"browser": "Edge 120", "operatingSystem": "Windows 11"}}, {"id": "g2",\
 "createdDateTime": "2025-01-15T10:00:31Z", "userPrincipalName": "employee@company.com",\
 "signInEventTypes": ["nonInteractiveUser"], "status": {"errorCode": 0}}]}
{"category": "NonInteractiveUserSignInLogs", "operationName": "Sign-in activity",\
 "properties": {"userId": "user-abc-123", "userPrincipalName": "sam@lotr.com",\
 "createdDateTime": "2025-01-15T14:30:25.1234567Z", "status": {"errorCode": 0}},\
 "resultType": "0", "time": "2025-01-15 14:30:25.123"}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "s1", "user_id": "8105c513-d24b-4b8d-9035-f8d48854d703",
        "user_name": "john@justice.org", "timestamp_ns": 1_736_950_990_123_456_700,
        "outcome": "success", "src_ip": "4.4.4.4", "src_port": 53922, "src_country": "RU",
        "src_city": "Moscow", "src_latitude": 55.7558, "mfa": False, "auth_method": "password",
        "app": "Microsoft 365", "correlation_id": "a1b2c3d4", "failure_code": None,
    },
    {
        "event_id": "log:2", "user_id": "peregrin@lotr.com", "outcome": "failure",
        "timestamp_ns": 1_736_976_645_000_000_000, "failure_reason": "unknown_user", "mfa": True,
        "failure_code": "50034", "src_ip": "3.3.3.3", "src_asn": 7018, "src_latitude": None,
    },
    {
        "event_id": "g1", "user_id": "user-456", "outcome": "interrupted", "failure_reason": None,
        "failure_code": "50076", "src_ip": "2001:db8::7", "browser": "Edge 120",
    },
)  # fmt: skip
_HOSTILE = """\
{"category": "SignInLogs", "properties": {"userPrincipalName": "m\\",\
\\"userPrincipalName\\":\\"victim", "userAgent": "\\"},\\"userId\\":\\"victim\\"",\
 "createdDateTime": "2025-01-15T14:23:10Z", "status": {"errorCode": 50126}}}
{"category": "AuditLogs", "properties": {"userPrincipalName": "victim", "category": "SignInLogs",\
 "createdDateTime": "2025-01-15T14:23:10Z"}}
{"category": "SignInLogs", "properties": {"userPrincipalName": "victim",\
 "createdDateTime": "13/13/2025 9:41:00 AM"}, "time": "2025-01-15T14:23:10Z"}
{"category": "SignInLogs", "properties": ["victim"], "time": "2025-01-15T14:23:10Z"}"""

PARSER = RecordFormat(
    name="entra_signin",
    title="Microsoft Entra ID sign-in logs: diagnostic settings, Graph",
    versions="2019 and later, Graph v1.0 and beta",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Record,
    ours=_ours,
    read=_read,
    telltales=("SignInLogs", "userPrincipalName"),
    envelopes=("records", "value"),
)
