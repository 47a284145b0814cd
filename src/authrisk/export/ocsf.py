"""Login events as OCSF Authentication records (class 3002, version 1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.export.document import MISSING, is_address, pick, put

OCSF_VERSION = "1.4.0"
CLASS_UID = 3002
LOGON = 1

OCSF_PATHS = {
    "raw_event_id": "metadata.uid",
    "correlation_id": "metadata.correlation_uid",
    "source_type": "metadata.log_name",
    "tenant": "metadata.tenant_uid",
    "failure_reason": "status_detail",
    "failure_code": "status_code",
    "user_id": "user.uid",
    "user_name": "user.name",
    "user_domain": "user.domain",
    "actor_name": "actor.user.name",
    "src_ip": "src_endpoint.ip",
    "src_port": "src_endpoint.port",
    "src_host": "src_endpoint.hostname",
    "src_country": "src_endpoint.location.country",
    "src_region": "src_endpoint.location.region",
    "src_city": "src_endpoint.location.city",
    "src_latitude": "src_endpoint.location.lat",
    "src_longitude": "src_endpoint.location.long",
    "src_asn": "src_endpoint.autonomous_system.number",
    "src_as_name": "src_endpoint.autonomous_system.name",
    "device_id": "src_endpoint.uid",
    "os": "src_endpoint.os.name",
    "os_version": "src_endpoint.os.version",
    "user_agent": "http_request.user_agent",
    "auth_protocol": "auth_protocol",
    "logon_type": "logon_type",
    "mfa": "is_mfa",
    "app": "service.name",
    "dst_host": "dst_endpoint.hostname",
    "dst_ip": "dst_endpoint.ip",
    "session_id": "session.uid",
    "count": "count",
}
"""Field of `LoginEvent` -> attribute of OCSF. Every other field goes under `unmapped`, by its own
name, and so does an address that is none."""

STATUS_IDS = {
    Outcome.UNKNOWN: 0,
    Outcome.SUCCESS: 1,
    Outcome.FAILURE: 2,
    Outcome.INTERRUPTED: 99,
}
"""99 is Other: OCSF then wants the source's own word in `status`."""

AUTH_PROTOCOL_IDS = {
    "ntlm": 1, "kerberos": 2, "digest": 3, "openid": 4, "oidc": 4, "saml": 5, "oauth2": 6,
    "oauth": 6, "pap": 7, "chap": 8, "eap": 9, "radius": 10, "basic": 11, "ldap": 12,
}  # fmt: skip
LOGON_TYPE_IDS = {
    "system": 1, "interactive": 2, "network": 3, "batch": 4, "service": 5, "unlock": 7,
    "network_cleartext": 8, "new_credentials": 9, "remote_interactive": 10,
    "cached_interactive": 11, "cached_remote_interactive": 12, "cached_unlock": 13,
}  # fmt: skip
FACTOR_TYPE_IDS = {
    "sms": 1, "phone_call": 3, "biometric": 4, "push": 5, "hardware_token": 6, "otp": 7,
    "email": 8, "u2f": 9, "webauthn": 10, "password": 11,
}  # fmt: skip
USER_TYPE_IDS = {"human": 1, "system": 3, "service": 4}
DEVICE_TYPE_IDS = {"desktop": 2, "tablet": 4, "mobile": 5}
OS_TYPE_IDS = {
    "windows": 100, "linux": 200, "ubuntu": 200, "debian": 200, "fedora": 200, "android": 201,
    "mac os x": 300, "macos": 300, "ios": 301, "ipados": 302,
}  # fmt: skip
UNKNOWN, OTHER = 0, 99

_NS_PER_MS = 1_000_000


def to_ocsf(event: LoginEvent) -> dict[str, Any]:
    """A nested OCSF record; `from_ocsf` makes the same event of it.

    `time` is in milliseconds; where the event knows more, `unmapped.timestamp_ns` keeps it.

    >>> record = to_ocsf(LoginEvent(event_id="1", timestamp_ns=5, user_id="7", mfa=False))
    >>> record["class_uid"], record["status_id"], record["is_mfa"], record["unmapped"]
    (3002, 0, False, {'event_id': '1', 'timestamp_ns': 5})
    """
    record: dict[str, Any] = {
        "class_uid": CLASS_UID,
        "class_name": "Authentication",
        "category_uid": 3,
        "category_name": "Identity & Access Management",
        "activity_id": LOGON,
        "activity_name": "Logon",
        "type_uid": CLASS_UID * 100 + LOGON,
        "severity_id": 1,
        "time": event.timestamp_ns // _NS_PER_MS,
        "status_id": STATUS_IDS[event.outcome],
        "status": event.outcome.value,
        "metadata": {"version": OCSF_VERSION, "product": {"name": event.source_type or "unknown"}},
        "user": {"type_id": _word_id(USER_TYPE_IDS, event.account_kind)},
    }
    values = msgspec.structs.asdict(event)
    del values["outcome"]
    if event.timestamp_ns % _NS_PER_MS == 0:
        del values["timestamp_ns"]
    for name, value in values.items():
        if value is None:
            continue
        path = OCSF_PATHS.get(name)
        if name in ("src_ip", "dst_ip") and not is_address(value):
            path = None
        put(record, path or f"unmapped.{name}", value)
    _put_ids(record, event)
    return record


def from_ocsf(record: Mapping[str, Any]) -> LoginEvent:
    """The event that `to_ocsf` made a record of.

    Raises msgspec.ValidationError, with the place, for a value of the wrong type or a record
    that is not ours.
    """
    fields: dict[str, Any] = {"user_id": None}
    for name in LoginEvent.__struct_fields__:
        value = pick(record, f"unmapped.{name}")
        if value is MISSING and name in OCSF_PATHS:
            value = pick(record, OCSF_PATHS[name])
        if value is not MISSING:
            fields[name] = value
    fields["outcome"] = pick(record, "status")
    if "timestamp_ns" not in fields:
        milliseconds = pick(record, "time")
        if not isinstance(milliseconds, int):
            raise msgspec.ValidationError("Expected `int` - at `$.time`")
        fields["timestamp_ns"] = milliseconds * _NS_PER_MS
    if "event_id" not in fields:
        raise msgspec.ValidationError("Object missing required field `unmapped.event_id`")
    return msgspec.convert(fields, LoginEvent)


def _put_ids(record: dict[str, Any], event: LoginEvent) -> None:
    """The numbers that OCSF wants beside its words."""
    if event.auth_protocol is not None:
        record["auth_protocol_id"] = _word_id(AUTH_PROTOCOL_IDS, event.auth_protocol)
    if event.logon_type is not None:
        record["logon_type_id"] = _word_id(LOGON_TYPE_IDS, event.logon_type)
    if event.auth_method is not None:
        factor = {
            "factor_type_id": _word_id(FACTOR_TYPE_IDS, event.auth_method),
            "factor_type": event.auth_method,
        }
        record["auth_factors"] = [factor]
    if event.device_type is not None:
        put(record, "src_endpoint.type_id", _word_id(DEVICE_TYPE_IDS, event.device_type))
    if event.os is not None:
        put(record, "src_endpoint.os.type_id", _word_id(OS_TYPE_IDS, event.os))


def _word_id(ids: Mapping[str, int], word: str | None) -> int:
    return UNKNOWN if word is None else ids.get(word.lower(), OTHER)
