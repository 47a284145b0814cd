"""Microsoft Sentinel, Authentication schema of ASIM: records exported as JSON lines.

Versions: schema 0.1.0 to 0.1.4, of `imAuthentication`, `_Im_Authentication` and the table
ASimAuthenticationEventLogs. `Target` is whose account it is, `Actor` who asked. Log-offs and
elevations are ignored with that cause. Assumptions: the time is `EventStartTime`, else
`TimeGenerated`; a result of `Partial` is an interrupted login; a user name of the type UPN or
`DOMAIN\\name` is taken apart.

Reference: Microsoft, "ASIM authentication normalization schema". The sample is written from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import port_of, read_origin
from authrisk.logs.json_object import object_of, read_object
from authrisk.logs.ndjson_fields import Fields
from authrisk.logs.parser import Ignored, Item, Line
from authrisk.logs.reader_format import UniformReaderFormat

SAMPLE = r"""
{"TimeGenerated":"2024-05-02T09:05:00.1234567Z","EventStartTime":"2024-05-02T09:00:00.5Z","EventSchema":"Authentication","EventSchemaVersion":"0.1.3","EventType":"Logon","EventSubType":"RemoteInteractive","EventResult":"Failure","EventResultDetails":"Incorrect password","EventOriginalResultDetails":"0xc000006a","EventCount":1,"EventProduct":"Security Events","EventVendor":"Microsoft","TargetUsername":"CORP\\ann","TargetUsernameType":"Windows","TargetUserId":"S-1-5-21-1","TargetUserType":"Regular","ActorUsername":"WS5$","SrcIpAddr":"::ffff:10.0.0.9","SrcPortNumber":51111,"SrcHostname":"WS5","TargetHostname":"srv9","LogonProtocol":"NTLM","EventOriginalUid":"u1"}
{"TimeGenerated":"2024-05-02T09:06:00Z","EventSchema":"Authentication","EventType":"Logon","EventResult":"Success","TargetUsername":"bo@corp.example","SrcIpAddr":"203.0.113.7","SrcGeoCountry":"NO","SrcGeoCity":"Oslo","HttpUserAgent":"Mozilla/5.0","LogonMethod":"Multi factor authentication","TargetAppName":"Azure Portal","EventCount":3}
{"TimeGenerated":"2024-05-02T09:07:00Z","EventSchema":"Authentication","EventType":"Logoff","EventResult":"Success","TargetUsername":"bo@corp.example"}
{"TimeGenerated":"2024-05-02T09:08:00Z","EventSchema":"Authentication","EventType":"Elevate","EventResult":"Success","TargetUsername":"root","ActorUsername":"bo"}
"""  # noqa: E501 - lines as the log has them

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "timestamp_ns": 1_714_640_400_500_000_000, "user_id": "S-1-5-21-1", "user_name": "ann",
        "user_domain": "CORP", "outcome": "failure", "failure_reason": "bad_credentials",
        "failure_code": "0xc000006a", "src_ip": "10.0.0.9", "src_port": 51111, "src_host": "WS5",
        "dst_host": "srv9", "logon_type": "remote_interactive", "auth_protocol": "ntlm",
        "account_kind": "human", "actor_name": "WS5$", "raw_event_id": "u1",
    },
    {
        "timestamp_ns": 1_714_640_760_000_000_000, "user_id": "bo@corp.example", "mfa": True,
        "src_country": "NO", "src_city": "Oslo", "user_agent": "Mozilla/5.0", "count": 3,
        "app": "Azure Portal", "user_domain": "corp.example", "outcome": "success",
    },
)  # fmt: skip

HOSTILE = r"""
{"TimeGenerated":"2024-05-02T09:06:00Z","EventSchema":"Authentication","EventType":"Logon","EventResult":"Failure","TargetUsername":"x\",\"TargetUsername\":\"victim"}
{"TimeGenerated":"2024-05-02T09:06:00Z","EventSchema":"Authentication","EventType":"Logon","EventResult":"Failure","TargetUsername":"x","TargetUsername":"victim"}
{"TimeGenerated":"2024-05-02T09:06:00Z","EventSchema":"Authentication","EventType":"Elevate","EventResult":"Success","TargetUsername":"victim"}
{"TimeGenerated":"2024-05-02T09:06:00Z","EventSchema":"WebSession","EventType":"Logon","EventResult":"Success","TargetUsername":"victim"}
{"TimeGenerated":"yesterday","EventSchema":"Authentication","EventType":"Logon","EventResult":"Success","TargetUsername":"victim"}
"""


def _read(line: Line) -> Item:
    """The event of a logon; its id is `EventUid`, else the line's place."""
    record = read_object(line.text)
    if record.get("EventSchema", "Authentication") != "Authentication":
        return Ignored(line, "another schema than authentication")
    kind = record.get("EventType")
    if kind == "Elevate":
        return Ignored(line, "elevation, not a login")
    if kind != "Logon":
        return Ignored(line, "no logon")
    return _event(line, record)


def _event(line: Line, record: Mapping[str, Any]) -> LoginEvent:
    said = Fields(record)
    origin = read_origin(said.text("SrcIpAddr") or "")
    user = said.text("TargetUsername")
    name, domain = _apart(user, said.text("TargetDomain"))
    outcome = _OUTCOMES.get(said.text("EventResult") or "", Outcome.UNKNOWN)
    failed = outcome is Outcome.FAILURE
    detail = said.text("EventResultDetails")
    method, protocol = said.text("LogonMethod"), said.text("LogonProtocol")
    kind = said.text("EventSubType")
    port = said.whole("SrcPortNumber")
    return LoginEvent(
        event_id=said.text("EventUid", "_ItemId") or line.place,
        timestamp_ns=said.time_ns("EventStartTime", "TimeGenerated"),
        user_id=said.text("TargetUserId") or user,
        user_name=name,
        user_domain=domain,
        account_kind=_KINDS.get(said.text("TargetUserType") or ""),
        actor_name=said.text("ActorUsername"),
        outcome=outcome,
        failure_reason=_REASONS.get(detail or "", "other") if failed and detail else None,
        failure_code=said.text("EventOriginalResultDetails") if failed else None,
        src_ip=origin.ip,
        src_port=port_of(port) or origin.port,
        src_host=said.text("SrcHostname", "SrcDvcHostname", "SrcFQDN") or origin.host,
        src_country=said.text("SrcGeoCountry"),
        src_region=said.text("SrcGeoRegion"),
        src_city=said.text("SrcGeoCity"),
        src_latitude=said.degrees("SrcGeoLatitude", 90),
        src_longitude=said.degrees("SrcGeoLongitude", 180),
        src_as_name=said.text("SrcIsp"),
        device_id=said.text("SrcDvcId"),
        os=said.text("SrcDvcOs"),
        user_agent=said.text("HttpUserAgent"),
        auth_method=_snake(method) if method else None,
        auth_protocol=protocol.lower() if protocol else None,
        mfa=True if method == "Multi factor authentication" else None,
        logon_type=_snake(kind) if kind else None,
        app=said.text("TargetAppName"),
        dst_host=said.text("TargetHostname", "TargetDvcHostname", "DvcHostname", "Dvc"),
        dst_ip=read_origin(said.text("TargetIpAddr") or "").ip,
        session_id=said.text("TargetSessionId"),
        source_type=said.text("EventProduct") or "sentinel_asim",
        raw_event_id=said.text("EventOriginalUid"),
        tenant=said.text("TargetUserScopeId"),
        count=said.whole("EventCount") or 1,
    )


def _apart(user: str | None, domain: str | None) -> tuple[str | None, str | None]:
    """Name and domain of `DOMAIN\\name` and `name@domain`."""
    if user is None:
        return None, domain
    if "\\" in user:
        before, _, name = user.partition("\\")
        return name or None, before or domain
    name, _, after = user.rpartition("@")
    return (name, after or domain) if name else (user, domain)


def _snake(text: str) -> str:
    return _CAMEL.sub("_", text.replace(" ", "_")).lower()


def _is_asim(text: str) -> bool:
    if '"EventType"' not in text or not text.lstrip().startswith("{"):
        return False
    record = object_of(text) or {}
    return isinstance(record.get("EventSchema"), str) or (
        "EventResult" in record and "TargetUsername" in record
    )


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OUTCOMES = {
    "Success": Outcome.SUCCESS,
    "Failure": Outcome.FAILURE,
    "Partial": Outcome.INTERRUPTED,
}
_KINDS = {
    "Regular": "human", "Admin": "human", "Guest": "human", "Machine": "machine",
    "Service": "service", "Application": "service", "ServicePrincipal": "service",
    "ManagedIdentity": "service", "System": "system", "Anonymous": "anonymous",
}  # fmt: skip
_REASONS = {
    "No such user": "unknown_user",
    "No such user or password": "bad_credentials",
    "Incorrect password": "bad_credentials",
    "Incorrect key": "bad_credentials",
    "Account expired": "expired_account",
    "Password expired": "expired_password",
    "User locked": "locked",
    "User disabled": "disabled",
    "Logon violates policy": "policy_denied",
    "Session expired": "session_expired",
}

PARSER = UniformReaderFormat(
    name="sentinel_asim",
    title="Microsoft Sentinel ASIM Authentication records, JSON lines",
    versions="schema 0.1.0 to 0.1.4",
    proven="documentation",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    is_own=_is_asim,
    opened=lambda _settings: _read,
)
