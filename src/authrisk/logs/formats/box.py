"""Box enterprise events: `LOGIN`, `ADMIN_LOGIN` and `FAILED_LOGIN`.

Devices, shares and alerts are no logins. The user is Box's id. Reference: Box developer
documentation, "Enterprise Events".
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of


class _Person(msgspec.Struct, gc=False):
    id: Scalar = None
    login: Scalar = None
    type: Scalar = None


class _Event(msgspec.Struct, gc=False):
    type: Scalar = None
    event_type: Scalar = None
    event_id: Scalar = None
    created_at: Scalar = None
    created_by: _Person | None = None
    source: _Person | None = None
    ip_address: Scalar = None
    session_id: Scalar = None


def _ours(event: _Event) -> bool:
    return event.type == "event" and None not in (event.event_type, event.created_by)


def _read(event: _Event, place: str, clock: RecordClock) -> LoginEvent | str:
    kind = text_of(event.event_type)
    if kind not in _LOGINS:
        return "no login"
    failed = kind == "FAILED_LOGIN"
    by, source = event.created_by or _Person(), event.source or _Person()
    person = by if text_of(by.id, by.login) else source
    name = text_of(person.login)
    origin = read_origin(text_of(event.ip_address) or "")
    own_id = text_of(event.event_id)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(event.created_at),
        user_id=text_of(person.id) or name,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        app="Box",
        session_id=text_of(event.session_id),
        source_type="box",
        raw_event_id=own_id,
    )


_LOGINS = frozenset(("LOGIN", "ADMIN_LOGIN", "FAILED_LOGIN"))

# The second after a sample of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"chunk_size":1,"next_stream_position":"0","entries":[{"type":"event","event_id":"f0",\
"created_at":"2021-05-28T18:39:50-07:00","created_by":{"type":"user","id":"12345678",\
"name":"Bob Cat","login":"cat@example"},"event_type":"LOGIN","ip_address":"203.0.113.80",\
"session_id":null,"source":{"type":"user","id":"12345678","login":"cat@example"}}]}
{"type": "event", "additional_details": "{\\"key\\": \\"value\\"}",\
 "created_by": {"id": "12345678", "type": "user", "login": "cat@example", "name": "Bob Cat"},\
 "event_type": "FAILED_LOGIN", "source": {"id": "12345678", "type": "user", "name": "Bob Cat"},\
 "ip_address": "111.111.111.111"}
{"type": "event", "created_by": {"id": "12345678", "type": "user", "login": "cat@example",\
 "name": "Bob Cat"}, "event_type": "ADD_LOGIN_ACTIVITY_DEVICE", "source": {"id": "12345678",\
 "type": "user", "login": "user@example"}}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "f0", "user_id": "12345678", "user_name": "cat@example", "outcome": "success",
        "timestamp_ns": 1_622_252_390_000_000_000, "src_ip": "203.0.113.80",
    },
    {"user_id": "12345678", "outcome": "failure", "src_ip": "111.111.111.111"},
)  # fmt: skip
_HOSTILE = """\
{"type":"event","created_at":"2021-05-28T18:39:50Z","created_by":{"login":"m\\",\
\\"login\\":\\"victim"},"event_type":"FAILED_LOGIN"}
{"type":"event","created_at":"2021-05-28T18:39:50Z","created_by":{"login":"victim"},\
"event_type":"DELETE","source":{"type":"LOGIN"}}
{"type":"event","created_at":"2021","created_by":{"login":"victim"},"event_type":"LOGIN"}"""

PARSER = RecordFormat(
    name="box",
    title="Box enterprise events",
    versions="API 2.0",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Event,
    ours=_ours,
    read=_read,
    telltales=("LOGIN",),
    envelopes=("entries",),
)
