"""OCSF Authentication records (class 3002), one a line: our own export, Security Lake, others.

Versions: OCSF 1.0 to 1.6. What authrisk exported comes back whole. Of others' records logons
(activity 1) and authentication tickets (3) count; log-offs, service tickets and the rest are
ignored. The user is `user.uid`, else `user.name` with its domain, else `user.email_addr`; who asked
for it is `actor.user`. Assumptions: `time` is in milliseconds, as the schema says (other units are
told by magnitude); status 99 (other) is an interrupted login.

Reference: schema.ocsf.io, class authentication. The sample is written from the schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from authrisk.event import FAILURE_REASONS, LoginEvent, Outcome
from authrisk.export.document import MISSING, pick
from authrisk.export.ocsf import AUTH_PROTOCOL_IDS, CLASS_UID, LOGON_TYPE_IDS, from_ocsf
from authrisk.logs.address import port_of, read_origin
from authrisk.logs.json_object import object_of, read_object
from authrisk.logs.ndjson_fields import Fields
from authrisk.logs.parser import Ignored, Item, Line, Rejected
from authrisk.logs.reader_format import UniformReaderFormat

SAMPLE = r"""
{"class_uid":3002,"activity_id":1,"time":1589912560607,"status_id":1,"status":"interrupted","user":{"uid":"7"},"src_endpoint":{"ip":"212.78.83.12"},"is_mfa":true,"metadata":{"version":"1.4.0"},"unmapped":{"event_id":"e1"}}
{"class_uid":3002,"activity_id":1,"time":1589912561500,"status_id":2,"status":"Failure","status_detail":"INVALID_CREDENTIALS","status_code":"0xC000006A","user":{"name":"amy","domain":"CORP","type_id":1},"actor":{"user":{"name":"WS5$"}},"src_endpoint":{"ip":"::ffff:10.0.0.7","port":53922,"hostname":"WS5"},"logon_type_id":10,"auth_protocol_id":1,"dst_endpoint":{"hostname":"dc1"},"metadata":{"uid":"r1","product":{"name":"Windows"},"version":"1.1.0"}}
{"class_uid":3002,"activity_id":3,"time":1589912562500,"status_id":1,"user":{"email_addr":"bo@example.org","type_id":3},"src_endpoint":{"ip":"10.0.0.8","location":{"country":"NO","city":"Oslo"}},"auth_protocol":"Kerberos","is_mfa":false,"device":{"hostname":"kdc"},"metadata":{"product":{"name":"KDC"}}}
{"class_uid":3002,"activity_id":2,"time":1589912563500,"status_id":1,"user":{"uid":"7"}}
{"class_uid":4001,"activity_id":1,"time":1589912563500,"user":{"uid":"7"}}
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "e1", "user_id": "7", "outcome": "interrupted", "mfa": True,
        "timestamp_ns": 1_589_912_560_607_000_000, "src_ip": "212.78.83.12",
    },
    {
        "event_id": "log:3", "user_id": "amy@CORP", "user_name": "amy", "outcome": "failure",
        "failure_reason": "bad_credentials", "failure_code": "0xC000006A", "src_ip": "10.0.0.7",
        "src_port": 53922, "src_host": "WS5", "logon_type": "remote_interactive",
        "auth_protocol": "ntlm", "dst_host": "dc1", "actor_name": "WS5$", "raw_event_id": "r1",
        "source_type": "Windows", "account_kind": "human",
    },
    {
        "user_id": "bo@example.org", "outcome": "success", "src_country": "NO", "src_city": "Oslo",
        "auth_protocol": "kerberos", "mfa": False, "dst_host": "kdc", "account_kind": "system",
    },
)  # fmt: skip

HOSTILE = r"""
{"class_uid":3002,"activity_id":1,"time":1589912561500,"status_id":1,"user":{"name":"x\",\"uid\":\"victim"}}
{"class_uid":3002,"activity_id":1,"time":1589912561500,"status_id":1,"user":{"uid":"x"},"user":{"uid":"victim"}}
{"class_uid":3002,"activity_id":2,"time":1589912561500,"user":{"uid":"victim"}}
{"class_uid":3002,"activity_id":1,"time":-5,"user":{"uid":"victim"}}
{"class_uid":3002,"activity_id":1,"time":1e999,"user":{"uid":"victim"}}
{"class_uid":3002,"activity_id":1,"time":1589912561500,"user":{"uid":"victim"},"unmapped":{"event_id":"1","mfa":"yes"}}
{"class_uid":6003,"time":1589912561500,"message":"\"class_uid\":3002","user":{"uid":"victim"}}
"""


def _read(line: Line) -> Item:
    """The event of a logon; its id is our own, or the line's place."""
    record = read_object(line.text)
    if record.get("class_uid") != CLASS_UID:
        return Ignored(line, "another class than authentication")
    if pick(record, "unmapped.event_id") is not MISSING:
        return _own(line, record)
    if record.get("activity_id", _LOGON) not in (_LOGON, _TICKET):
        return Ignored(line, "no logon")
    return _event(line, record)


def _own(line: Line, record: Mapping[str, Any]) -> Item:
    try:
        event = from_ocsf(record)
    except msgspec.ValidationError:
        return Rejected(line, "not an event as authrisk exports it")
    fits = 0 <= event.timestamp_ns < 2**63 and event.count >= 1
    return event if fits else Rejected(line, "time or count out of range")


def _event(line: Line, record: Mapping[str, Any]) -> LoginEvent:
    said = Fields(record)
    origin = read_origin(said.text("src_endpoint.ip") or "")
    name, domain = said.text("user.name"), said.text("user.domain")
    named = f"{name}@{domain}" if name and domain and "@" not in name else name
    outcome = _outcome(record)
    detail = said.text("status_detail")
    protocol = said.text("auth_protocol")
    return LoginEvent(
        event_id=line.place,
        timestamp_ns=said.time_ns("time", "time_dt", "start_time"),
        user_id=said.text("user.uid") or named or said.text("user.email_addr"),
        user_name=name,
        user_domain=domain,
        account_kind=_KINDS.get(said.whole("user.type_id") or 0),
        actor_name=said.text("actor.user.name"),
        outcome=outcome,
        failure_reason=_reason(detail) if outcome is Outcome.FAILURE else None,
        failure_code=said.text("status_code") or (detail if outcome is Outcome.FAILURE else None),
        src_ip=origin.ip,
        src_port=port_of(said.whole("src_endpoint.port")) or origin.port,
        src_host=said.text("src_endpoint.hostname", "src_endpoint.name") or origin.host,
        src_country=said.text("src_endpoint.location.country"),
        src_region=said.text("src_endpoint.location.region"),
        src_city=said.text("src_endpoint.location.city"),
        src_latitude=said.degrees("src_endpoint.location.lat", 90),
        src_longitude=said.degrees("src_endpoint.location.long", 180),
        src_asn=said.whole("src_endpoint.autonomous_system.number"),
        src_as_name=said.text("src_endpoint.autonomous_system.name"),
        device_id=said.text("src_endpoint.uid"),
        os=said.text("src_endpoint.os.name"),
        user_agent=said.text("http_request.user_agent"),
        auth_method=_factor(record),
        auth_protocol=(protocol.lower() if protocol else None)
        or _PROTOCOLS.get(said.whole("auth_protocol_id") or 0),
        logon_type=_LOGON_TYPES.get(said.whole("logon_type_id") or 0),
        mfa=said.flag("is_mfa"),
        app=said.text("service.name", "dst_endpoint.svc_name"),
        dst_host=said.text("dst_endpoint.hostname", "device.hostname"),
        dst_ip=read_origin(said.text("dst_endpoint.ip") or "").ip,
        session_id=said.text("session.uid"),
        correlation_id=said.text("metadata.correlation_uid"),
        source_type=said.text("metadata.product.name") or "ocsf",
        raw_event_id=said.text("metadata.uid"),
        tenant=said.text("cloud.org.uid", "metadata.tenant_uid"),
        count=said.whole("count") or 1,
    )


def _outcome(record: Mapping[str, Any]) -> Outcome:
    value = record.get("status_id")
    if isinstance(value, int) and value in _OUTCOMES:
        return _OUTCOMES[value]
    status = record.get("status")
    word = status.casefold() if isinstance(status, str) else ""
    return {"success": Outcome.SUCCESS, "failure": Outcome.FAILURE}.get(word, Outcome.UNKNOWN)


def _reason(detail: str | None) -> str | None:
    if detail is None or detail in FAILURE_REASONS:
        return detail
    return _REASONS.get(detail.upper(), "other")


def _factor(record: Mapping[str, Any]) -> str | None:
    factors = record.get("auth_factors")
    first = factors[0] if isinstance(factors, list) and factors else None
    kind = first.get("factor_type") if isinstance(first, dict) else None
    return kind.lower() if isinstance(kind, str) and kind else None


def _has_class(text: str) -> bool:
    if '"class_uid"' not in text or not text.lstrip().startswith("{"):
        return False
    return isinstance((object_of(text) or {}).get("class_uid"), int)


_LOGON, _TICKET = 1, 3
_OUTCOMES = {0: Outcome.UNKNOWN, 1: Outcome.SUCCESS, 2: Outcome.FAILURE, 99: Outcome.INTERRUPTED}
_KINDS = {1: "human", 2: "human", 3: "system", 4: "service"}
_PROTOCOLS = {number: word for word, number in reversed(AUTH_PROTOCOL_IDS.items())}
_LOGON_TYPES = {number: word for word, number in LOGON_TYPE_IDS.items()}
_REASONS = {
    "USER_DOES_NOT_EXIST": "unknown_user",
    "INVALID_CREDENTIALS": "bad_credentials",
    "ACCOUNT_DISABLED": "disabled",
    "ACCOUNT_LOCKED_OUT": "locked",
    "PASSWORD_EXPIRED": "expired_password",
}
"""The words that the schema recommends for `status_detail`."""

PARSER = UniformReaderFormat(
    name="ocsf",
    title="OCSF Authentication (class 3002), JSON lines: authrisk's export, Security Lake",
    versions="OCSF 1.0 to 1.6",
    proven="documentation",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    is_own=_has_class,
    opened=lambda _settings: _read,
)
