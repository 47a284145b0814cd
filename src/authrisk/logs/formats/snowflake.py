"""Snowflake `LOGIN_HISTORY` (account usage), rows as JSON with the names of the columns.

A row of the type LOGIN is a login; `IS_SUCCESS` is YES or NO. `OVERFLOW_FAILURE_EVENTS_ELIDED` is
one failure that stands for others that Snowflake left out. The user is the name. Reference:
Snowflake documentation, "LOGIN_HISTORY view"; samples of Panther.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of, truth_of


class _Row(msgspec.Struct, rename="upper", gc=False):
    event_id: Scalar = None
    event_timestamp: Scalar = None
    event_type: Scalar = None
    user_name: Scalar = None
    client_ip: Scalar = None
    is_success: Scalar = None
    error_code: Scalar = None
    error_message: Scalar = None
    first_authentication_factor: Scalar = None
    second_authentication_factor: Scalar = None
    reported_client_type: Scalar = None
    reported_client_version: Scalar = None


def _ours(row: _Row) -> bool:
    return None not in (row.event_timestamp, row.is_success, row.event_type)


def _read(row: _Row, place: str, clock: RecordClock) -> LoginEvent | str:
    if row.event_type != "LOGIN":
        return "no login"
    passed = truth_of(row.is_success)
    if passed is None:
        raise ValueError("IS_SUCCESS is neither YES nor NO")
    name, message = text_of(row.user_name), text_of(row.error_message)
    first = text_of(row.first_authentication_factor)
    address = text_of(row.client_ip)
    origin = read_origin("" if address is None or address == "0.0.0.0" else address)  # noqa: S104 - "none" in this log
    own_id = text_of(row.event_id)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(row.event_timestamp),
        user_id=name,
        outcome=Outcome.SUCCESS if passed else Outcome.FAILURE,
        failure_reason=None if passed or message is None else _REASONS.get(message, "other"),
        failure_code=None if passed else message or text_of(row.error_code),
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        browser=text_of(row.reported_client_type),
        browser_version=text_of(row.reported_client_version),
        auth_method=_METHODS.get(first, first.casefold()) if first else None,
        mfa=text_of(row.second_authentication_factor) is not None if passed else None,
        app="Snowflake",
        source_type="snowflake",
        raw_event_id=own_id,
    )


_METHODS = {"SAML2_ASSERTION": "saml", "RSA_KEYPAIR": "publickey", "OAUTH_ACCESS_TOKEN": "oauth2"}
_REASONS = {
    "INCORRECT_USERNAME_PASSWORD": "bad_credentials", "USER_LOCKED_TEMP": "locked",
    "USER_ACCESS_DISABLED": "disabled", "PASSWORD_EXPIRED": "expired_password",
    "INCOMING_IP_BLOCKED": "policy_denied", "INCOMING_REQUEST_BLOCKED": "policy_denied",
    "MFA_AUTHENTICATION_FAILED": "mfa_failed", "JWT_TOKEN_EXPIRED": "session_expired",
    "JWT_TOKEN_INVALID_PUBLIC_KEY_FINGERPRINT_MISMATCH": "bad_credentials",
    "JWT_TOKEN_INVALID_USER_IN_ISSUER": "unknown_user",
}  # fmt: skip

# After samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"CLIENT_IP": "1.1.1.1", "EVENT_ID": "393754014361778",\
 "EVENT_TIMESTAMP": "2024-10-08 14:38:46.061000000", "EVENT_TYPE": "LOGIN",\
 "FIRST_AUTHENTICATION_FACTOR": "PASSWORD", "IS_SUCCESS": "YES", "RELATED_EVENT_ID": "0",\
 "REPORTED_CLIENT_TYPE": "OTHER", "REPORTED_CLIENT_VERSION": "1.11.1",\
 "SECOND_AUTHENTICATION_FACTOR": "OTP", "USER_NAME": "ckent@dailyplanet.org"}
{"CLIENT_IP": "1.2.3.4", "ERROR_CODE": 394304,\
 "ERROR_MESSAGE": "JWT_TOKEN_INVALID_PUBLIC_KEY_FINGERPRINT_MISMATCH",\
 "EVENT_ID": "393754014361782", "EVENT_TIMESTAMP": "2024-10-08 14:38:46.061000000",\
 "EVENT_TYPE": "LOGIN", "FIRST_AUTHENTICATION_FACTOR": "PASSWORD", "IS_SUCCESS": "NO",\
 "USER_NAME": "brucewayne@waynecorp.com"}
{"CLIENT_IP": "1.2.3.4", "EVENT_ID": "393754014361781",\
 "EVENT_TIMESTAMP": "2024-10-08 14:38:46.061000000", "EVENT_TYPE": "LOGOUT", "IS_SUCCESS": "YES",\
 "USER_NAME": "ckent@dailyplanet.org"}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "393754014361778", "user_id": "ckent@dailyplanet.org", "outcome": "success",
        "timestamp_ns": 1_728_398_326_061_000_000, "src_ip": "1.1.1.1", "mfa": True,
        "auth_method": "password",
    },
    {"user_id": "brucewayne@waynecorp.com", "outcome": "failure", "mfa": None},
)  # fmt: skip
_HOSTILE = """\
{"EVENT_TIMESTAMP":"2024-10-08T14:38:46Z","EVENT_TYPE":"LOGIN","IS_SUCCESS":"NO",\
"USER_NAME":"m\\",\\"USER_NAME\\":\\"victim"}
{"EVENT_TIMESTAMP":"2024-10-08T14:38:46Z","EVENT_TYPE":"LOGOUT","IS_SUCCESS":"YES",\
"USER_NAME":"victim","ERROR_MESSAGE":"LOGIN"}
{"EVENT_TIMESTAMP":"2024-10-08T14:38:46Z","EVENT_TYPE":"LOGIN","IS_SUCCESS":"PERHAPS",\
"USER_NAME":"victim"}"""

PARSER = RecordFormat(
    name="snowflake",
    title="Snowflake LOGIN_HISTORY as JSON rows",
    versions="2022 and later",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Row,
    ours=_ours,
    read=_read,
    telltales=('LOGIN"',),
)
