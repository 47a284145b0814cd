"""Zendesk audit log: records whose action is `login` (successes of agents and administrators).

The user is Zendesk's id. Written from documentation: Zendesk, "Audit Logs API"; samples of Panther
show the layout, none of them a login.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of


class _Record(msgspec.Struct, gc=False):
    id: Scalar = None
    action: Scalar = None
    action_label: Scalar = None
    actor_id: Scalar = None
    actor_name: Scalar = None
    source_type: Scalar = None
    source_label: Scalar = None
    ip_address: Scalar = None
    created_at: Scalar = None


def _ours(record: _Record) -> bool:
    return None not in (record.action, record.action_label, record.actor_id, record.source_type)


def _read(record: _Record, place: str, clock: RecordClock) -> LoginEvent | str:
    if record.action != "login":
        return "no login"
    name = text_of(record.actor_name)
    origin = read_origin(text_of(record.ip_address) or "")
    own_id = text_of(record.id)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(record.created_at),
        user_id=text_of(record.actor_id) or name,
        outcome=Outcome.SUCCESS,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        app="Zendesk",
        source_type="zendesk",
        raw_event_id=own_id,
    )


# The second after a sample of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"audit_logs":[{"url":"https://acme.zendesk.com/api/v2/audit_logs/11.json","id":11,\
"action_label":"Signed in","actor_id":7,"actor_name":"Ann","source_id":7,"source_type":"user",\
"source_label":"Ann","action":"login","change_description":"Successful sign-in using Zendesk pass\
word","ip_address":"203.0.113.91","created_at":"2021-05-28T18:39:50Z"}]}
{"url": "https://myzendek.zendesk.com/api/v2/audit_logs/111222333444.json", "id": 123456789123,\
 "action_label": "Updated", "actor_id": 123, "source_id": 123, "source_type": "account_setting",\
 "source_label": "Require Two Factor", "action": "update", "change_description": "Disabled",\
 "ip_address": "127.0.0.1", "created_at": "2021-05-28T18:39:50Z"}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "11", "user_id": "7", "user_name": "Ann", "outcome": "success",
        "src_ip": "203.0.113.91", "timestamp_ns": 1_622_227_190_000_000_000,
    },
)  # fmt: skip
_HOSTILE = """\
{"action":"login","action_label":"m\\",\\"actor_id\\":\\"victim","actor_id":3,"actor_name":"x",\
"source_type":"user","created_at":"2021-05-28T18:39:50Z"}
{"action":"update","action_label":"login","actor_id":"victim","actor_name":"victim",\
"source_type":"login","created_at":"2021-05-28T18:39:50Z"}
{"action":"login","actor_id":"victim","source_type":"user","created_at":"2021-05-28 25:39:50"}"""

PARSER = RecordFormat(
    name="zendesk",
    title="Zendesk audit log",
    versions="API v2",
    proven="documentation",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Record,
    ours=_ours,
    read=_read,
    telltales=("login",),
    envelopes=("audit_logs",),
)
