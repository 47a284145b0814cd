"""Elastic Common Schema, one JSON document a line: our own export, and that of other shippers.

Keys may be nested or dotted, a document may be wrapped as Elasticsearch exports it (`_source`).
What authrisk exported comes back whole. Of others' documents those are logins whose
`event.category` holds `authentication` and whose `event.type` is no `end`. The user is `user.id`,
else `user.name` with its domain, else `user.email`. (A third of this file is sample data.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from authrisk.event import FAILURE_REASONS, LoginEvent, Outcome, parse_time_ns
from authrisk.export.document import MISSING, flatten, pick
from authrisk.export.ecs import from_ecs
from authrisk.logs.address import read_origin
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Proven, Rejected
from authrisk.logs.timestamps import epoch_to_ns

SAMPLE = """\
{"@timestamp":"2020-05-19T18:22:40.607000001Z","ecs":{"version":"8.17.0"},"event":{"kind":"event",\
"category":["authentication"],"type":["start"],"outcome":"unknown","id":"raw-7"},"user":{"id":"7"},\
"source":{"ip":"212.78.83.12","geo":{"country_iso_code":"NO"}},\
"authrisk":{"event_id":"e1","outcome":"interrupted","mfa":true}}
{"@timestamp":"2020-05-19T20:22:41.5+02:00","event.category":"authentication","event.outcome":\
"failure","event.reason":"unknown_user","user.name":"amy","user.domain":"CORP","source.ip":\
"::ffff:10.0.0.7","source.port":53922,"winlog.logon.type":"RemoteInteractive","host.name":"dc1",\
"event.dataset":"system.security"}
{"_id":"x9","_source":{"@timestamp":1589912560607,"event":{"category":["session","authentication"],\
"type":["start"],"outcome":"success"},"user":{"email":"bo@example.org"},"source":{"address":\
"vpn.example.org","geo":{"location":{"lat":0.0,"lon":10.5}},"as":{"number":2119}}}}
{"@timestamp":"2020-05-19T18:22:43Z","event":{"category":["authentication"],"type":["end"]},\
"user":{"id":"7"}}
{"@timestamp":"2020-05-19T18:22:44Z","event":{"category":["process"]},"user":{"id":"7"}}
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "e1",
        "timestamp_ns": 1_589_912_560_607_000_001,
        "user_id": "7",
        "outcome": "interrupted",
        "mfa": True,
        "src_ip": "212.78.83.12",
        "src_country": "NO",
        "raw_event_id": "raw-7",
        "source_type": None,
    },
    {
        "event_id": "log:2",
        "timestamp_ns": 1_589_912_561_500_000_000,
        "user_id": "amy@CORP",
        "user_name": "amy",
        "user_domain": "CORP",
        "outcome": "failure",
        "failure_reason": "unknown_user",
        "src_ip": "10.0.0.7",
        "src_port": 53922,
        "logon_type": "remote_interactive",
        "dst_host": "dc1",
        "source_type": "system.security",
    },
    {
        "event_id": "x9",
        "timestamp_ns": 1_589_912_560_607_000_000,
        "user_id": "bo@example.org",
        "outcome": "success",
        "src_ip": None,
        "src_host": "vpn.example.org",
        "src_latitude": 0.0,
        "src_longitude": 10.5,
        "src_asn": 2119,
        "source_type": "ecs_ndjson",
    },
)

HOSTILE = r"""
{"@timestamp":"2020-05-19T18:22:40Z","event":{"category":"authentication","outcome":"success"},"user":{"name":"x\",\"id\":\"victim"}}
{"@timestamp":"2020-05-19T18:22:40Z","event":{"category":"authentication"},"user":{"id":"x\n{\"user\":{\"id\":\"victim\"}}"}}
{"@timestamp":"2020-05-19T18:22:40Z","event":{"category":"authentication"},"user":{"id":"x"}}{"user":{"id":"victim"}}
{"@timestamp":"2020-05-19T18:22:40Z","event":{"category":"web"},"message":"authentication","user":{"id":"victim"}}
{"@timestamp":"-1","event":{"category":"authentication"},"user":{"id":"victim"}}
{"@timestamp":1e999,"event":{"category":"authentication"},"user":{"id":"victim"}}
{"@timestamp":"2020-05-19T18:22:40Z","authrisk":{"event_id":"1","mfa":"yes"},"user":{"id":"victim"}}
"""


MARKS = ("authentication", '"authrisk')
"""A document without either is no login; in what shippers send, most are not."""


@dataclass(frozen=True, slots=True)
class EcsNdjson:
    """Reads ECS documents; the event id is `event.id`, `_id`, or `file:line`."""

    name: str = "ecs_ndjson"
    title: str = "Elastic Common Schema, JSON lines: authrisk's export, Beats, Elastic Agent"
    versions: str = "ECS 1 to 9"
    proven: Proven = "samples"
    marks: Sequence[str] = MARKS
    sample: str = SAMPLE
    expected: Sequence[dict[str, object]] = EXPECTED
    hostile: str = HOSTILE

    def claims(self, head: Sequence[str]) -> bool:
        """Whether each line is a JSON object with the marks of ECS, and none a Windows record."""
        documents = [_document(line) for line in head if line.strip()]
        return bool(documents) and all(
            document is not None
            and pick(document, "@timestamp") is not MISSING
            and any(pick(document, mark) is not MISSING for mark in _MARKS)
            and pick(document, "winlog.event_id") is MISSING
            for document in documents
        )

    def parse(
        self,
        lines: Iterable[Line],
        settings: ParseSettings,  # noqa: ARG002 - the protocol names it
    ) -> Iterator[Item]:
        """An event per login document; every other line rejected or ignored."""
        for line in lines:
            yield _item(line)


PARSER = EcsNdjson()


def _item(line: Line) -> Item:
    if not any(mark in line.text for mark in MARKS):
        blank = not line.text.strip()
        return Ignored(line, "empty line" if blank else "event.category is not authentication")
    document = _document(line.text)
    if document is None:
        return Rejected(line, "not a JSON object")
    if pick(document, "authrisk.event_id") is not MISSING:
        try:
            event = from_ecs(document)
        except msgspec.ValidationError:
            return Rejected(line, "not an event as authrisk exports it")
        fits = 0 <= event.timestamp_ns < _LATEST_NS and event.count >= 1
        return event if fits else Rejected(line, "time or count out of range")
    flat = flatten({k: v for k, v in document.items() if k.partition(".")[0] in _ROOTS})
    if "authentication" not in _words(flat, "event.category"):
        return Ignored(line, "event.category is not authentication")
    if "end" in _words(flat, "event.type"):
        return Ignored(line, "end of a session")
    try:
        timestamp_ns = _time_ns(flat.get("@timestamp"))
    except (ValueError, OverflowError):
        return Rejected(line, "@timestamp is no time")
    return _event(line, flat, timestamp_ns)


def _event(line: Line, flat: Mapping[str, Any], timestamp_ns: int) -> LoginEvent:
    def text(*paths: str) -> str | None:
        for path in paths:
            value = flat.get(path)
            if value is not None and (word := _text(value)):
                return word
        return None

    origin = read_origin(text("source.ip", "client.ip", "source.address", "client.address") or "")
    latitude, longitude = _place(flat)
    name, domain, reason = text("user.name"), text("user.domain"), text("event.reason")
    named = name if name is None or domain is None else f"{name}@{domain}"
    logon_type = text("winlog.logon.type")
    return LoginEvent(
        event_id=text("event.id", "_id") or line.place,
        timestamp_ns=timestamp_ns,
        user_id=text("user.id") or named or text("user.email"),
        outcome=_OUTCOMES.get(text("event.outcome") or "", Outcome.UNKNOWN),
        failure_reason=reason if reason in FAILURE_REASONS else None,
        failure_code=text("error.code") or (None if reason in FAILURE_REASONS else reason),
        user_name=name,
        user_domain=domain,
        src_ip=origin.ip,
        src_port=_whole(flat.get("source.port")) or origin.port,
        src_host=text("source.domain", "client.domain") or origin.host,
        src_country=text("source.geo.country_iso_code", "client.geo.country_iso_code"),
        src_region=text("source.geo.region_name", "client.geo.region_name"),
        src_city=text("source.geo.city_name", "client.geo.city_name"),
        src_latitude=latitude,
        src_longitude=longitude,
        src_asn=_whole(flat.get("source.as.number")),
        src_as_name=text("source.as.organization.name"),
        user_agent=text("user_agent.original"),
        browser=text("user_agent.name"),
        browser_version=text("user_agent.version"),
        os=text("user_agent.os.name"),
        os_version=text("user_agent.os.version"),
        device_id=text("device.id"),
        auth_method=text("system.auth.ssh.method"),
        auth_protocol=text("network.protocol"),
        logon_type=_CAMEL.sub("_", logon_type).lower() if logon_type else None,
        app=text("service.name"),
        dst_host=text("host.name", "host.hostname"),
        dst_ip=read_origin(text("destination.ip") or "").ip,
        session_id=text("session.id"),
        correlation_id=text("trace.id", "transaction.id"),
        source_type=text("event.dataset", "event.module") or "ecs_ndjson",
        raw_event_id=text("event.id"),
        tenant=text("organization.id"),
    )


def _document(text: str) -> Mapping[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        document = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None
    inner = document.get("_source")
    if isinstance(inner, dict):
        return inner if "_id" not in document else inner | {"_id": document["_id"]}
    return document


def _words(flat: Mapping[str, Any], path: str) -> list[Any]:
    value = flat.get(path)
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and value else None


def _whole(value: Any) -> int | None:
    text = _text(value)
    good = text is not None and text.isascii() and text.isdigit() and len(text) < 18
    return int(text) if text is not None and good else None


def _place(flat: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Degrees of `geo.location`, an object or GeoJSON's [longitude, latitude]."""
    for side in ("source", "client"):
        value = flat.get(f"{side}.geo.location")
        if isinstance(value, list) and len(value) == 2:
            longitude, latitude = value
        else:
            latitude = flat.get(f"{side}.geo.location.lat")
            longitude = flat.get(f"{side}.geo.location.lon")
        if _within(latitude, 90) and _within(longitude, 180):
            return float(latitude), float(longitude)
    return None, None


def _within(value: Any, limit: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= limit


def _time_ns(value: Any) -> int:
    if isinstance(value, str) and value[4:5] == "-":
        ns = parse_time_ns(value)
    elif isinstance(value, int | float | str) and not isinstance(value, bool):
        ns = epoch_to_ns(value)
    else:
        raise ValueError("no time")
    if not 0 <= ns < _LATEST_NS:
        raise ValueError("out of range")
    return ns


_LATEST_NS = 9_183_110_400_000_000_000
_ROOTS = frozenset((
    "@timestamp", "_id", "event", "user", "source", "client", "user_agent", "device", "system",
    "network", "winlog", "service", "host", "destination", "session", "trace", "transaction",
    "organization", "error",
))  # fmt: skip
_MARKS = ("event.category", "event.dataset", "event.module", "ecs.version")
_OUTCOMES = {"success": Outcome.SUCCESS, "failure": Outcome.FAILURE}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
