"""Notion audit log: `user.login` (successes), bare or as `{"event": {..}}`.

The user is Notion's id. Reference: Notion help, "Audit log"; samples of Panther.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of


class _Person(msgspec.Struct, gc=False):
    email: Scalar = None


class _Actor(msgspec.Struct, gc=False):
    id: Scalar = None
    person: _Person | None = None


class _Details(msgspec.Struct, rename="camel", gc=False):
    auth_type: Scalar = None


class _Event(msgspec.Struct, gc=False):
    id: Scalar = None
    type: Scalar = None
    timestamp: Scalar = None
    actor: _Actor | None = None
    details: _Details | None = None
    ip_address: Scalar = None
    platform: Scalar = None
    workspace_id: Scalar = None


def _ours(event: _Event) -> bool:
    return None not in (event.workspace_id, event.actor, event.timestamp) and "." in str(event.type)


def _read(event: _Event, place: str, clock: RecordClock) -> LoginEvent | str:
    if event.type != "user.login":
        return "no login"
    actor = event.actor or _Actor()
    name = text_of(actor.person.email if actor.person else None)
    method = text_of(event.details.auth_type if event.details else None)
    origin = read_origin(text_of(event.ip_address) or "")
    own_id = text_of(event.id)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(event.timestamp),
        user_id=text_of(actor.id) or name,
        outcome=Outcome.SUCCESS,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        auth_method=method,
        auth_protocol="saml" if method == "saml" else None,
        app="Notion",
        source_type="notion",
        raw_event_id=own_id,
        tenant=text_of(event.workspace_id),
    )


# After samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"event": {"actor": {"id": "a-1", "object": "user",\
 "person": {"email": "aragorn.elessar@lotr.com"}, "type": "person"},\
 "details": {"authType": "email"}, "id": "e-1", "ip_address": "192.168.100.100",\
 "platform": "web", "timestamp": "2023-06-12 21:40:28.690000000", "type": "user.login",\
 "workspace_id": "w-1"}}
{"actor": {"id": "a-1", "person": {"email": "aragorn.elessar@lotr.com"}},\
 "details": {"authType": "saml"}, "id": "e-2", "ip_address": "192.168.100.100",\
 "timestamp": "2023-10-03T19:02:28.044000Z", "type": "user.login", "workspace_id": "w-1"}
{"event": {"actor": {"id": "a-1"}, "id": "e-3", "timestamp": "2023-06-12 21:40:28.690000000",\
 "type": "user.settings.login_method.email_updated", "workspace_id": "w-1"}}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "e-1", "user_id": "a-1", "user_name": "aragorn.elessar@lotr.com",
        "outcome": "success", "timestamp_ns": 1_686_606_028_690_000_000,
        "src_ip": "192.168.100.100", "auth_method": "email", "tenant": "w-1",
    },
    {"event_id": "e-2", "auth_protocol": "saml"},
)  # fmt: skip
_HOSTILE = """\
{"event":{"actor":{"id":"m\\",\\"id\\":\\"victim"},"id":"1","timestamp":"2023-06-12T21:40:28Z",\
"type":"user.login","workspace_id":"w"}}
{"event":{"actor":{"id":"victim"},"id":"2","timestamp":"2023-06-12T21:40:28Z",\
"type":"page.viewed","platform":"user.login","workspace_id":"w"}}
{"event":{"actor":{"id":"victim"},"id":"3","timestamp":"2023","type":"user.login",\
"workspace_id":"w"}}"""

PARSER = RecordFormat(
    name="notion",
    title="Notion audit log",
    versions="2023 and later",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Event,
    ours=_ours,
    read=_read,
    telltales=("user.login",),
    envelopes=("event",),
)
