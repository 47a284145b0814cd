"""Slack Enterprise Grid audit log: `user_login` and `user_login_failed`.

The user is Slack's id. Written from documentation: Slack, "Audit Logs API, actions"; samples of
Panther show the layout, none of them a login.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of


class _User(msgspec.Struct, gc=False):
    id: Scalar = None
    name: Scalar = None
    email: Scalar = None
    team: Scalar = None


class _Actor(msgspec.Struct, gc=False):
    type: Scalar = None
    user: _User | None = None


class _Context(msgspec.Struct, gc=False):
    ua: Scalar = None
    ip_address: Scalar = None
    session_id: Scalar = None


class _Entry(msgspec.Struct, gc=False):
    id: Scalar = None
    date_create: Scalar = None
    action: Scalar = None
    actor: _Actor | Scalar = None
    context: _Context | None = None


def _ours(entry: _Entry) -> bool:
    user = entry.actor.user if isinstance(entry.actor, _Actor) else None
    return None not in (user, entry.action, entry.context)


def _read(entry: _Entry, place: str, clock: RecordClock) -> LoginEvent | str:
    if entry.action not in _LOGINS:
        return "no login"
    failed = entry.action == "user_login_failed"
    user = (entry.actor.user if isinstance(entry.actor, _Actor) else None) or _User()
    context = entry.context or _Context()
    name = text_of(user.email, user.name)
    origin = read_origin(text_of(context.ip_address) or "")
    own_id = text_of(entry.id)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(entry.date_create),
        user_id=text_of(user.id) or name,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        user_agent=text_of(context.ua),
        app="Slack",
        session_id=text_of(context.session_id),
        source_type="slack",
        raw_event_id=own_id,
        tenant=text_of(user.team),
    )


_LOGINS = frozenset(("user_login", "user_login_failed"))

# The second after a sample of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"entries":[{"id":"0123a45b","date_create":1521214343,"action":"user_login",\
"actor":{"type":"user","user":{"id":"W123AB456","name":"Charlie Parker",\
"email":"bird@slack.example","team":"T0"}},"entity":{"type":"user"},\
"context":{"location":{"type":"enterprise","id":"E1","name":"Birdland"},\
"ua":"Mozilla/5.0 (Macintosh)","ip_address":"203.0.113.90","session_id":847288190092}}],\
"response_metadata":{"next_cursor":""}}
{"action": "pref.two_factor_auth_changed", "actor": {"type": "user",\
 "user": {"email": "user@example.com", "id": "A012B3CDEFG", "name": "username",\
 "team": "T01234N56GB"}}, "context": {"ip_address": "1.2.3.4",\
 "location": {"domain": "test-workspace", "id": "T01234N56GB"}, "ua": "Mozilla/5.0"}}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "0123a45b", "user_id": "W123AB456", "user_name": "bird@slack.example",
        "outcome": "success", "timestamp_ns": 1_521_214_343_000_000_000, "tenant": "T0",
        "src_ip": "203.0.113.90", "session_id": "847288190092",
    },
)  # fmt: skip
_HOSTILE = """\
{"action":"user_login","date_create":1521214343,"actor":{"user":{"name":"m\\",\
\\"id\\":\\"victim"}},"context":{"ua":"\\"user\\":{\\"id\\":\\"victim\\"}"}}
{"action":"file_downloaded","date_create":1521214343,"actor":{"user":{"id":"victim",\
"name":"user_login"}},"context":{}}
{"action":"user_login","date_create":-5,"actor":{"user":{"id":"victim"}},"context":{}}"""

PARSER = RecordFormat(
    name="slack",
    title="Slack Enterprise Grid audit log",
    versions="API v1",
    proven="documentation",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Entry,
    ours=_ours,
    read=_read,
    telltales=("user_login",),
    envelopes=("entries",),
)
