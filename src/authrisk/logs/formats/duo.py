"""Duo authentication logs (Admin API v1 and v2) and administrators' logins of the admin log.

One event per authentication; enrolments and other deeds of administrators are none. The address is
that of the device which logs in (`access_device`; 0.0.0.0 where the application says none), never
that of the telephone (`auth_device`). `denied`, `fraud` and `error` are failures. A success by a
bypass or a remembered device is one without a second factor (`mfa` false).

The user is the name, which both versions have. `description` of the admin log is JSON in a text.
Reference: Duo, "Admin API, Authentication Logs, Administrator Logs".
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import Origin, read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, country_of, text_of


class _Location(msgspec.Struct, gc=False):
    city: Scalar = None
    state: Scalar = None
    country: Scalar = None


class _Device(msgspec.Struct, gc=False):
    ip: Scalar = None
    hostname: Scalar = None
    browser: Scalar = None
    browser_version: Scalar = None
    os: Scalar = None
    os_version: Scalar = None
    location: _Location | None = None


class _Named(msgspec.Struct, gc=False):
    name: Scalar = None


class _Record(msgspec.Struct, gc=False):
    event_type: Scalar = None
    timestamp: Scalar = None
    isotimestamp: Scalar = None
    result: Scalar = None
    reason: Scalar = None
    factor: Scalar = None
    txid: Scalar = None
    user: _Named | None = None
    application: _Named | None = None
    access_device: _Device | None = None
    username: Scalar = None
    """Of version 1 and the admin log, like the next three."""
    integration: Scalar = None
    ip: Scalar = None
    action: Scalar = None
    description: Scalar = None


class _Description(msgspec.Struct, gc=False):
    ip_address: Scalar = None
    email: Scalar = None
    factor: Scalar = None
    error: Scalar = None
    primary_auth_method: Scalar = None


def _ours(record: _Record) -> bool:
    if record.action is not None:
        return record.username is not None and record.isotimestamp is not None
    known = record.factor is not None and str(record.result).casefold() in _OUTCOMES
    return known and None not in (record.access_device, record.user or record.username)


def _read(record: _Record, place: str, clock: RecordClock) -> LoginEvent | str:
    if record.action is not None:
        return _admin(record, place, clock)
    if str(record.event_type).casefold() not in {"authentication", "none"}:
        return "no login"
    outcome = _OUTCOMES.get(str(record.result).casefold())
    if outcome is None:
        return "no login" if record.result is None else "no final outcome"
    user = text_of(record.user.name if record.user else None, record.username)
    device = record.access_device or _Device()
    location = device.location or _Location()
    reason = (text_of(record.reason) or "").casefold().replace(" ", "_") or None
    failed = outcome is Outcome.FAILURE
    origin = _origin(device.ip, record.ip)
    app = record.application.name if record.application else None
    own_id = text_of(record.txid)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(record.isotimestamp, record.timestamp),
        user_id=user,
        outcome=outcome,
        failure_reason=_REASONS.get(reason, "policy_denied") if failed and reason else None,
        failure_code=reason if failed else None,
        user_name=user,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host or text_of(device.hostname),
        src_country=country_of(location.country),
        src_region=text_of(location.state),
        src_city=text_of(location.city),
        browser=text_of(device.browser),
        browser_version=text_of(device.browser_version),
        os=text_of(device.os),
        os_version=text_of(device.os_version),
        auth_method=_method(record.factor),
        mfa=False if reason in _WITHOUT_FACTOR else None if failed else True,
        app=text_of(app, record.integration),
        source_type="duo",
        raw_event_id=own_id,
    )


def _admin(record: _Record, place: str, clock: RecordClock) -> LoginEvent | str:
    if record.action not in {"admin_login", "admin_login_error"}:
        return "deed of an administrator"
    try:
        said = _DESCRIPTION.decode(text_of(record.description) or "{}")
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        said = _Description()
    failed = record.action != "admin_login"
    user = text_of(record.username, said.email)
    origin = _origin(said.ip_address)
    return LoginEvent(
        event_id=place,
        timestamp_ns=clock.ns(record.isotimestamp, record.timestamp),
        user_id=user,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        failure_reason="other" if failed else None,
        failure_code=text_of(said.error) if failed else None,
        user_name=user,
        src_ip=origin.ip,
        src_host=origin.host,
        auth_method=_method(said.factor),
        app="Duo Admin Panel",
        source_type="duo",
    )


def _origin(*values: Scalar) -> Origin:
    text = text_of(*values)
    return read_origin("" if text is None or text == "0.0.0.0" else text)  # noqa: S104 - "none" in this log


def _method(factor: Scalar) -> str | None:
    plain = (text_of(factor) or "").casefold().replace(" ", "_")
    return _METHODS.get(plain, plain or None)


_DESCRIPTION = msgspec.json.Decoder(_Description)
_OUTCOMES = {
    "success": Outcome.SUCCESS, "denied": Outcome.FAILURE, "failure": Outcome.FAILURE,
    "fraud": Outcome.FAILURE, "error": Outcome.FAILURE,
}  # fmt: skip
_REASONS = {
    "user_marked_fraud": "mfa_failed", "no_response": "mfa_failed", "user_mistake": "mfa_failed",
    "invalid_passcode": "mfa_failed", "call_timed_out": "mfa_failed", "user_cancelled":
    "mfa_failed", "user_disapproved": "mfa_failed", "no_keys_pressed": "mfa_failed",
    "locked_out": "locked", "user_disabled": "disabled", "error": "other",
    "bad_response": "mfa_failed", "user_not_in_permitted_group": "policy_denied",
    "deny_unenrolled_user": "unknown_user", "could_not_determine": "other",
}  # fmt: skip
_WITHOUT_FACTOR = frozenset((
    "bypass_user", "remembered_device", "trusted_network", "trusted_location",
    "allow_unenrolled_user", "allow_unenrolled_user_on_trusted_network", "allowed_by_policy",
    "trusted_mobile_authenticator",
))  # fmt: skip
_METHODS = {
    "duo_push": "push", "verified_duo_push": "push", "phone_call": "phone", "passcode": "otp",
    "duo_mobile_passcode": "otp", "sms_passcode": "otp", "sms": "otp", "yubikey_passcode": "otp",
    "hardware_token": "otp", "bypass_code": "bypass", "webauthn_security_key": "webauthn",
    "webauthn_credential": "webauthn", "webauthn_chrome_touch_id": "webauthn",
    "security_key_(webauthn)": "webauthn", "u2f_token": "webauthn",
    "platform_authenticator": "webauthn", "remembered_device": "remembered", "not_available": None,
}  # fmt: skip

# The second and the last after samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"stat": "OK", "response": {"authlogs": [{"access_device": {"browser": "Chrome",\
 "browser_version": "67.0.3396.99", "hostname": null, "ip": "169.232.89.219",\
 "location": {"city": "Ann Arbor", "country": "United States", "state": "Michigan"},\
 "os": "Mac OS X", "os_version": "10.14.1"}, "application": {"key": "DIY231J8BR23QK4UKBY8",\
 "name": "Microsoft Azure Active Directory"}, "auth_device": {"ip": "192.168.225.254",\
 "name": "My iPhone X (734-555-2342)"}, "event_type": "authentication", "factor": "duo_push",\
 "isotimestamp": "2020-02-13T18:56:20.351346+00:00", "reason": "user_approved",\
 "result": "success", "timestamp": 1581620180, "trusted_endpoint_status": "not trusted",\
 "txid": "340a23e3-23f3-23c1-87dc-1491a23dfdbb", "user": {"groups": ["Duo Users"],\
 "key": "DU3KC77WJ06Y5HIV7XKQ", "name": "narroway@example.com"}}]}}
{"access_device": {"ip": "12.12.112.25", "os": "Mac OS X"}, "auth_device": {"ip": "12.12.12.12"},\
 "application": {"key": "D12345", "name": "Slack"}, "event_type": "authentication",\
 "factor": "duo_push", "reason": "user_marked_fraud", "result": "fraud", "timestamp": 1581620190,\
 "user": {"name": "example@example.io"}}
{"access_device": {"ip": "0.0.0.0"}, "event_type": "authentication", "factor": "not_available",\
 "reason": "bypass_user", "result": "success", "timestamp": "1581620200", "user": {"name": "eve"}}
{"action": "admin_login", "description": "{\\"ip_address\\": \\"1.2.3.4\\",\
 \\"device\\": \\"123-456-123\\", \\"factor\\": \\"sms\\",\
 \\"primary_auth_method\\": \\"Single Sign-On\\"}", "isotimestamp": "2021-07-02 18:31:25",\
 "timestamp": "2021-07-02 18:31:25", "username": "Homer Simpson"}
{"action": "policy_update", "description": "{}", "isotimestamp": "2022-02-21 21:48:48",\
 "object": "Global Policy", "timestamp": "2022-02-21 21:48:48", "username": "Homer Simpson"}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "340a23e3-23f3-23c1-87dc-1491a23dfdbb", "user_id": "narroway@example.com",
        "timestamp_ns": 1_581_620_180_351_346_000, "outcome": "success", "mfa": True,
        "src_ip": "169.232.89.219", "src_country": "US", "src_city": "Ann Arbor",
        "auth_method": "push",
        "app": "Microsoft Azure Active Directory",
    },
    {
        "user_id": "example@example.io", "outcome": "failure", "failure_reason": "mfa_failed",
        "src_ip": "12.12.112.25", "timestamp_ns": 1_581_620_190_000_000_000,
    },
    {"user_id": "eve", "outcome": "success", "mfa": False, "src_ip": None, "auth_method": None},
    {"user_id": "Homer Simpson", "outcome": "success", "src_ip": "1.2.3.4", "auth_method": "otp"},
)  # fmt: skip
_HOSTILE = """\
{"access_device": {"ip": "1.2.3.4"}, "event_type": "authentication", "factor": "duo_push",\
 "result": "denied", "timestamp": 1581620190, "user": {"name": "m\\",\\"name\\":\\"victim"}}
{"access_device": {"ip": "1.2.3.4"}, "event_type": "enrollment", "factor": "duo_push",\
 "result": "success", "timestamp": 1581620190, "user": {"name": "victim"}}
{"access_device": {"ip": "1.2.3.4"}, "event_type": "authentication", "factor": "duo_push",\
 "result": "success", "timestamp": -1, "user": {"name": "victim"}}
{"access_device": "1.2.3.4", "event_type": "authentication", "result": "success",\
 "timestamp": 1581620190, "user": {"name": "victim"}}"""

PARSER = RecordFormat(
    name="duo",
    title="Duo authentication logs, administrators' logins",
    versions="Admin API v1, v2",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Record,
    ours=_ours,
    read=_read,
    envelopes=("response.authlogs", "response"),
)
