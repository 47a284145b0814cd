"""Tailscale configuration audit log: the action `LOGIN` of a user in the admin console.

No address is told, and successes only. The user is Tailscale's id. Written from documentation:
Tailscale, "Configuration audit logging"; samples of Panther show other actions.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of


class _Actor(msgspec.Struct, rename="camel", gc=False):
    id: Scalar = None
    type: Scalar = None
    login_name: Scalar = None


class _Entry(msgspec.Struct, rename="camel", gc=False):
    """An entry, also one within `event` (log streaming in the manner of Splunk)."""

    action: Scalar = None
    actor: _Actor | Scalar = None
    event_group_id: Scalar = msgspec.field(default=None, name="eventGroupID")
    event_time: Scalar = None
    origin: Scalar = None
    time: Scalar = None
    event: _Entry | None = None


def _ours(record: _Entry) -> bool:
    entry = record.event or record
    return entry.event_group_id is not None and isinstance(entry.actor, _Actor)


def _read(record: _Entry, place: str, clock: RecordClock) -> LoginEvent | str:
    entry = record.event or record
    actor = entry.actor if isinstance(entry.actor, _Actor) else _Actor()
    if entry.action != "LOGIN" or actor.type not in {None, "USER"}:
        return "no login"
    name = text_of(actor.login_name)
    return LoginEvent(
        event_id=place,
        timestamp_ns=clock.ns(entry.event_time, record.time),
        user_id=text_of(actor.id) or name,
        outcome=Outcome.SUCCESS,
        user_name=name,
        app="Tailscale",
        correlation_id=text_of(entry.event_group_id),
        source_type="tailscale",
    )


# The second after a sample of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"version":"1.1","tailnetId":"example.com","logs":[{"eventTime":"2023-07-19T16:00:00.5Z",\
"type":"CONFIG","eventGroupID":"g1","origin":"ADMIN_CONSOLE","actor":{"id":"uodc9f3CNTRL",\
"type":"USER","loginName":"homer@example.io","displayName":"Homer"},"target":{"id":"uodc9f3CNTRL",\
"type":"USER"},"action":"LOGIN"}]}
{"event": {"action": "CREATE", "actor": {"displayName": "Homer Simpson", "id": "uodc9f3CNTRL",\
 "loginName": "homer.simpson@yourcompany.io", "type": "USER"},\
 "eventGroupID": "9f880e02981e341447958344b7b4071f", "new": {}, "origin": "ADMIN_CONSOLE",\
 "target": {"id": "k6r3fm3CNTRL", "name": "API key", "type": "API_KEY"}},\
 "fields": {"recorded": "2023-07-19 16:11:41.778839718"},\
 "time": "2023-07-19 16:11:41.601000000"}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "uodc9f3CNTRL", "user_name": "homer@example.io", "outcome": "success",
        "timestamp_ns": 1_689_782_400_500_000_000, "correlation_id": "g1",
    },
)  # fmt: skip
_HOSTILE = """\
{"action":"LOGIN","eventGroupID":"g","eventTime":"2023-07-19T16:00:00Z","actor":{"type":"USER",\
"loginName":"m\\",\\"id\\":\\"victim"}}
{"action":"CREATE","eventGroupID":"LOGIN","eventTime":"2023-07-19T16:00:00Z",\
"actor":{"type":"USER","id":"victim"}}
{"action":"LOGIN","eventGroupID":"g","eventTime":"2023-07","actor":{"type":"USER","id":"victim"}}"""

PARSER = RecordFormat(
    name="tailscale",
    title="Tailscale configuration audit log",
    versions="API v2",
    proven="documentation",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Entry,
    ours=_ours,
    read=_read,
    telltales=("LOGIN",),
    envelopes=("logs",),
)
