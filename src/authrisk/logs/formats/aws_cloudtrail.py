"""AWS CloudTrail, event version 1.05 and later: logins to the console and through a federation.

Logins are `ConsoleLogin`, `AssumeRoleWithSAML`, and of IAM Identity Center `UserAuthentication`
and a failed `CredentialVerification`. Not logins: its other steps and `Authenticate`, which opens
the portal for a login already told; role changes (`AssumeRole`); API calls.

A user of IAM is `name@account`, as is root; a federated one is the name of the role's session,
mostly an e-mail address. AWS hides the name when nobody is called so: the user is then None.

Files (`{"Records": [..]}`), EventBridge (`{"detail": {..}}`) and one event a line are read.
Reference: AWS CloudTrail user guide, "AWS Management Console sign-in events"; AWS IAM Identity
Center user guide, "Understanding IAM Identity Center sign-in events".
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import NOWHERE, Origin, read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of, truth_of


class _Behalf(msgspec.Struct, rename="camel", gc=False):
    user_id: Scalar = None


class _Identity(msgspec.Struct, rename="camel", gc=False):
    type: Scalar = None
    user_name: Scalar = None
    account_id: Scalar = None
    arn: Scalar = None
    principal_id: Scalar = None
    on_behalf_of: _Behalf | None = None


class _Response(msgspec.Struct, rename="pascal", gc=False):
    console_login: Scalar = None


class _Details(msgspec.Struct, rename="pascal", gc=False):
    user_authentication: Scalar = None
    credential_verification: Scalar = None


class _Additional(msgspec.Struct, rename="pascal", gc=False):
    mfa_used: Scalar = msgspec.field(default=None, name="MFAUsed")
    saml_provider_arn: Scalar = None
    credential_type: Scalar = None
    user_name: Scalar = None
    auth_workflow_id: Scalar = msgspec.field(default=None, name="AuthWorkflowID")


class _Request(msgspec.Struct, rename="camel", gc=False):
    role_arn: Scalar = None
    role_session_name: Scalar = None


class _Event(msgspec.Struct, rename="camel", gc=False):
    event_name: Scalar = None
    event_source: Scalar = None
    event_time: Scalar = None
    event_id: Scalar = msgspec.field(default=None, name="eventID")
    event_version: Scalar = None
    event_type: Scalar = None
    user_identity: _Identity | None = None
    source_ip: Scalar = msgspec.field(default=None, name="sourceIPAddress")
    user_agent: Scalar = None
    error_code: Scalar = None
    error_message: Scalar = None
    recipient_account_id: Scalar = None
    response_elements: _Response | None = None
    service_event_details: _Details | None = None
    additional_event_data: _Additional | None = None
    request_parameters: _Request | None = None


def _ours(event: _Event) -> bool:
    named = event.event_name is not None and event.user_identity is not None
    return named and str(event.event_source).endswith(".amazonaws.com")


def _read(event: _Event, place: str, clock: RecordClock) -> LoginEvent | str:
    outcome = _outcome(event)
    if isinstance(outcome, str) and not isinstance(outcome, Outcome):
        return outcome
    identity = event.user_identity or _Identity()
    additional = event.additional_event_data or _Additional()
    name, hidden = _name(identity, additional)
    account = text_of(identity.account_id, event.recipient_account_id)
    owned = identity.type in _OWNED and name is not None and account is not None
    message = text_of(event.error_code, event.error_message)
    saml = event.event_name == _FEDERATED or text_of(additional.saml_provider_arn) is not None
    origin = _origin(text_of(event.source_ip))
    request = event.request_parameters or _Request()
    own_id = text_of(event.event_id)
    credential = text_of(additional.credential_type)
    failed = outcome is Outcome.FAILURE
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(event.event_time),
        user_id=f"{name}@{account}" if owned else name,
        outcome=outcome,
        failure_reason=_reason(hidden, message) if failed else None,
        failure_code=message,
        user_name=name,
        user_domain=account if owned else None,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        user_agent=text_of(event.user_agent),
        auth_method="saml" if saml else _METHODS.get(credential or str(identity.type)),
        auth_protocol="saml" if saml else None,
        mfa=truth_of(additional.mfa_used),
        app=text_of(request.role_arn) or "AWS console",
        correlation_id=text_of(additional.auth_workflow_id),
        source_type="aws_cloudtrail",
        raw_event_id=own_id,
        tenant=text_of(event.recipient_account_id, identity.account_id),
    )


def _outcome(event: _Event) -> Outcome | str:
    """What became of the login, or why the record is none."""
    response = event.response_elements or _Response()
    details = event.service_event_details or _Details()
    if event.event_name == "ConsoleLogin" or response.console_login is not None:
        said = response.console_login or ("Failure" if event.error_message else None)
    elif event.event_name == "UserAuthentication":
        said = details.user_authentication
    elif event.event_name == "CredentialVerification":
        said = details.credential_verification
        if said != "Failure":
            return "step of a login"
    elif event.event_name == _FEDERATED:
        return Outcome.FAILURE if event.error_code else Outcome.SUCCESS
    else:
        return "no login"
    return _OUTCOMES.get(str(said), Outcome.UNKNOWN)


def _name(identity: _Identity, additional: _Additional) -> tuple[str | None, bool]:
    """Who logged in, and whether AWS hid the name since nobody has it."""
    if identity.type == "Root":
        return "root", False
    name = text_of(identity.user_name, additional.user_name)
    if name == _HIDDEN:
        return None, True
    if name is None and identity.type == "AssumedRole":
        arn, principal = text_of(identity.arn) or "", text_of(identity.principal_id) or ""
        name = arn.rpartition("/")[2] or principal.rpartition(":")[2] or None
    if name is None and identity.on_behalf_of is not None:
        name = text_of(identity.on_behalf_of.user_id)  # a user of IAM Identity Center
    return name, False


def _reason(hidden: bool, message: str | None) -> str | None:
    if hidden or message == "No username found in supplied account":
        return "unknown_user"
    if message is None:
        return None
    if message.startswith(("AccessDenied", "ExpiredToken")):
        return "policy_denied"
    return "bad_credentials" if message == "Failed authentication" else "other"


def _origin(text: str | None) -> Origin:
    if text is None or text == "AWS Internal" or text.endswith(".amazonaws.com"):
        return NOWHERE  # a service of AWS on the user's behalf
    return read_origin(text)


_FEDERATED = "AssumeRoleWithSAML"
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_OWNED = frozenset(("IAMUser", "Root"))
_OUTCOMES = {"Success": Outcome.SUCCESS, "Failure": Outcome.FAILURE}
_METHODS = {
    "IAMUser": "password", "Root": "password", "PASSWORD": "password", "TOTP": "otp",
    "WEBAUTHN": "webauthn", "EXTERNAL_IDP": "saml", "EMAIL_OTP": "otp", "RESYNC_TOTP": "otp",
}  # fmt: skip

# The first two after samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"additionalEventData": {"LoginTo": "https://console.aws.amazon.com/console/home?state=hashArgs%2\
3&isauthcode=true", "MFAIdentifier": "arn:aws:iam::111122223333:u2f/user/anaya/default-AAAAAAAABB\
BBBBBBCCCCCCCCDD", "MFAUsed": "Yes", "MobileVersion": "No"}, "awsRegion": "us-east-1",\
 "eventID": "fed06f42-cb12-4764-8c69-121063dc79b9", "eventName": "ConsoleLogin",\
 "eventSource": "signin.amazonaws.com", "eventTime": "2022-11-10T16:24:34Z",\
 "eventType": "AwsConsoleSignIn", "eventVersion": "1.05", "recipientAccountId": "111122223333",\
 "requestParameters": null, "responseElements": {"ConsoleLogin": "Success"},\
 "sourceIPAddress": "192.0.2.0", "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_6) Ap\
pleWebKit/537.36", "userIdentity": {"accountId": "111122223333",\
 "arn": "arn:aws:iam::111122223333:user/anaya", "principalId": "AIDACKCEVSQ6C2EXAMPLE",\
 "type": "IAMUser", "userName": "anaya"}}
{"Records": [{"additionalEventData": {"MFAUsed": "No", "MobileVersion": "No"},\
 "eventID": "364ad368-42bf-4e05-a500-971ddfe8ebff", "eventName": "ConsoleLogin",\
 "eventSource": "signin.amazonaws.com", "eventTime": "2024-06-02 19:41:40.000000000",\
 "recipientAccountId": "187901811700", "responseElements": {"ConsoleLogin": "Success"},\
 "sourceIPAddress": "73.252.165.138", "userIdentity": {"accountId": "187901811700",\
 "arn": "arn:aws:sts::187901811700:assumed-role/AWSReservedSSO_DevAdmin_635426549a280cc6/nicholas\
", "principalId": "AROASXP6SDP2F4WLQVARB:nicholas", "type": "AssumedRole"}},\
 {"eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com",\
 "eventTime": "2024-06-02T19:42:00Z", "errorMessage": "No username found in supplied account",\
 "responseElements": {"ConsoleLogin": "Failure"}, "sourceIPAddress": "AWS Internal",\
 "userIdentity": {"type": "IAMUser", "accountId": "187901811700",\
 "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}}]}
{"version": "0", "id": "e1", "detail-type": "AWS API Call via CloudTrail", "source": "aws.sts",\
 "resources": [], "detail": {"eventName": "AssumeRoleWithSAML",\
 "eventSource": "sts.amazonaws.com", "eventTime": "2024-06-02T19:43:00Z", "eventID": "b1",\
 "sourceIPAddress": "198.51.100.7", "requestParameters": {"roleArn": "arn:aws:iam::187901811700:r\
ole/ops", "roleSessionName": "carol@example.org"},\
 "responseElements": {"subject": "carol@example.org"}, "userIdentity": {"type": "SAMLUser",\
 "principalId": "x:carol@example.org", "userName": "carol@example.org"}}}
{"eventName": "CredentialVerification", "eventSource": "signin.amazonaws.com",\
 "eventTime": "2024-06-02T19:44:00Z", "eventID": "b2", "eventType": "AwsServiceEvent",\
 "sourceIPAddress": "198.51.100.8", "serviceEventDetails": {"CredentialVerification": "Failure"},\
 "additionalEventData": {"AuthWorkflowID": "w1", "CredentialType": "PASSWORD",\
 "UserName": "dave"}, "errorMessage": "Failed authentication", "userIdentity": {"type": "Unknown",\
 "accountId": "187901811700"}}
{"eventName": "RunInstances", "eventSource": "ec2.amazonaws.com",\
 "eventTime": "2024-06-02T19:45:00Z", "userIdentity": {"type": "IAMUser", "userName": "anaya"}}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "fed06f42-cb12-4764-8c69-121063dc79b9", "user_id": "anaya@111122223333",
        "user_name": "anaya", "timestamp_ns": 1_668_097_474_000_000_000, "outcome": "success",
        "src_ip": "192.0.2.0", "mfa": True, "auth_method": "password", "tenant": "111122223333",
    },
    {
        "user_id": "nicholas", "timestamp_ns": 1_717_357_300_000_000_000, "outcome": "success",
        "mfa": False, "src_ip": "73.252.165.138", "user_domain": None,
    },
    {
        "event_id": "log:2#1", "user_id": None, "outcome": "failure", "src_ip": None,
        "failure_reason": "unknown_user",
    },
    {
        "user_id": "carol@example.org", "outcome": "success", "auth_method": "saml",
        "app": "arn:aws:iam::187901811700:role/ops",
    },
    {
        "user_id": "dave", "outcome": "failure", "failure_reason": "bad_credentials",
        "auth_method": "password", "correlation_id": "w1",
    },
)  # fmt: skip
_HOSTILE = """\
{"eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com",\
 "eventTime": "2024-06-02T19:41:40Z", "userAgent": "x\\",\
\\"userIdentity\\":{\\"type\\":\\"IAMUser\\",\\"userName\\":\\"victim\\"},\\"a\\":\\"",\
 "responseElements": {"ConsoleLogin": "Failure"}, "userIdentity": {"type": "IAMUser",\
 "userName": "mallory"}}
{"eventName": "CreateUser", "eventSource": "iam.amazonaws.com",\
 "eventTime": "2024-06-02T19:41:40Z", "requestParameters": {"userName": "ConsoleLogin"},\
 "userIdentity": {"type": "IAMUser", "userName": "victim"}}
{"eventName": "ConsoleLogin", "eventTime": "99999-01-01",\
 "responseElements": {"ConsoleLogin": "Success"}, "userIdentity": {"type": "IAMUser",\
 "userName": "victim"}}
{"eventName": "ConsoleLogin", "eventTime": "2024-06-02T19:41:40Z", "userIdentity": ["victim"]}
{"Records": [{"eventName": "ConsoleLogin", "userIdentity": {"userName": "victim"}}"""

PARSER = RecordFormat(
    name="aws_cloudtrail",
    title="AWS CloudTrail: console, AssumeRoleWithSAML, IAM Identity Center",
    versions="event version 1.05 and later",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Event,
    ours=_ours,
    read=_read,
    telltales=("ConsoleLogin", "AssumeRole", "UserAuthentication", "CredentialVerification"),
    telltale_key='"eventName"',
    envelopes=("Records", "detail"),
)
