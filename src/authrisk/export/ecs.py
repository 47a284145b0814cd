"""Login events as Elastic Common Schema documents (ECS 8, category authentication)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from authrisk.event import LoginEvent, Outcome, format_time_ns, parse_time_ns
from authrisk.export.document import MISSING, is_address, pick, put

ECS_VERSION = "8.17.0"

OWN = "authrisk"
"""The custom object that holds the fields for which ECS has no word."""

ECS_PATHS = {
    "raw_event_id": "event.id",
    "failure_reason": "event.reason",
    "failure_code": "error.code",
    "source_type": "event.dataset",
    "user_id": "user.id",
    "user_name": "user.name",
    "user_domain": "user.domain",
    "src_ip": "source.ip",
    "src_port": "source.port",
    "src_host": "source.domain",
    "src_country": "source.geo.country_iso_code",
    "src_region": "source.geo.region_name",
    "src_city": "source.geo.city_name",
    "src_latitude": "source.geo.location.lat",
    "src_longitude": "source.geo.location.lon",
    "src_asn": "source.as.number",
    "src_as_name": "source.as.organization.name",
    "user_agent": "user_agent.original",
    "browser": "user_agent.name",
    "browser_version": "user_agent.version",
    "os": "user_agent.os.name",
    "os_version": "user_agent.os.version",
    "device_id": "device.id",
    "auth_protocol": "network.protocol",
    "app": "service.name",
    "dst_host": "host.name",
    "dst_ip": "destination.ip",
    "correlation_id": "trace.id",
    "tenant": "organization.id",
}
"""Field of `LoginEvent` -> field of ECS. Every other field goes under `authrisk`, by its own name.

So does an address that is none (ECS would refuse the document) and half a coordinate.
"""

_ADDRESSES = ("src_ip", "dst_ip")
_PLACE = ("src_latitude", "src_longitude")


def to_ecs(event: LoginEvent) -> dict[str, Any]:
    """A nested ECS document; `from_ecs` makes the same event of it.

    An interrupted login has `event.outcome: unknown`, since ECS has no word for it, and keeps its
    own under `authrisk.outcome`.

    >>> doc = to_ecs(LoginEvent(event_id="1", timestamp_ns=0, user_id="7", mfa=True))
    >>> doc["@timestamp"], doc["user"], doc["authrisk"]
    ('1970-01-01T00:00:00Z', {'id': '7'}, {'event_id': '1', 'mfa': True})
    """
    interrupted = event.outcome is Outcome.INTERRUPTED
    document: dict[str, Any] = {
        "@timestamp": format_time_ns(event.timestamp_ns),
        "ecs": {"version": ECS_VERSION},
        "event": {
            "kind": "event",
            "category": ["authentication"],
            "type": ["start"],
            "outcome": (Outcome.UNKNOWN if interrupted else event.outcome).value,
        },
    }
    values = msgspec.structs.asdict(event)
    del values["timestamp_ns"]
    if not interrupted:
        del values["outcome"]
    if event.count == 1:
        del values["count"]
    whole_place = all(values[name] is not None for name in _PLACE)
    for name, value in values.items():
        if value is None:
            continue
        path = ECS_PATHS.get(name)
        if name in _ADDRESSES and not is_address(value):
            path = None
        if name in _PLACE and not whole_place:
            path = None
        put(document, path or f"{OWN}.{name}", value.value if name == "outcome" else value)
    return document


def from_ecs(document: Mapping[str, Any]) -> LoginEvent:
    """The event that `to_ecs` made a document of; keys may be nested or dotted.

    Raises msgspec.ValidationError, with the place, for a value of the wrong type or a document
    that is not ours. (`ecs_ndjson` of `authrisk.logs` also reads those of others.)
    """
    fields: dict[str, Any] = {}
    for name in LoginEvent.__struct_fields__:
        value = pick(document, f"{OWN}.{name}")
        if value is MISSING and name in ECS_PATHS:
            value = pick(document, ECS_PATHS[name])
        if value is not MISSING:
            fields[name] = value
    if "outcome" not in fields:
        fields["outcome"] = pick(document, "event.outcome")
    stamp = pick(document, "@timestamp")
    if not isinstance(stamp, str):
        raise msgspec.ValidationError("Expected `str` - at `$.@timestamp`")
    try:
        fields["timestamp_ns"] = parse_time_ns(stamp)
    except (ValueError, OverflowError) as error:
        raise msgspec.ValidationError(f"{error} - at `$.@timestamp`") from None
    fields.setdefault("user_id", None)
    if "event_id" not in fields:
        raise msgspec.ValidationError("Object missing required field `authrisk.event_id`")
    return msgspec.convert(fields, LoginEvent)
