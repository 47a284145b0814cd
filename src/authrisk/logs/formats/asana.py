"""Asana audit log: `user_login_succeeded` and `user_login_failed`.

The user is Asana's gid. Reference: Asana developers, "Audit log events"; samples of Panther.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of


class _Person(msgspec.Struct, gc=False):
    gid: Scalar = None
    email: Scalar = None
    name: Scalar = None


class _Context(msgspec.Struct, gc=False):
    client_ip_address: Scalar = None
    user_agent: Scalar = None
    context_type: Scalar = None


class _Details(msgspec.Struct, gc=False):
    method: list[Scalar] | Scalar = None


class _Event(msgspec.Struct, gc=False):
    gid: Scalar = None
    created_at: Scalar = None
    event_type: Scalar = None
    event_category: Scalar = None
    actor: _Person | None = None
    context: _Context | None = None
    details: _Details | None = None


def _ours(event: _Event) -> bool:
    return None not in (event.gid, event.event_category, event.event_type, event.actor)


def _read(event: _Event, place: str, clock: RecordClock) -> LoginEvent | str:
    if event.event_type not in _LOGINS:
        return "no login"
    failed = event.event_type == "user_login_failed"
    actor, context = event.actor or _Person(), event.context or _Context()
    methods = event.details.method if event.details else None
    method = text_of(*methods) if isinstance(methods, list) else text_of(methods)
    name = text_of(actor.email, actor.name)
    origin = read_origin(text_of(context.client_ip_address) or "")
    own_id = text_of(event.gid)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(event.created_at),
        user_id=text_of(actor.gid) or name,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        user_agent=text_of(context.user_agent),
        auth_method=_METHODS.get(method, method.casefold()) if method else None,
        auth_protocol="saml" if method == "SAML" else None,
        app="Asana",
        source_type="asana",
        raw_event_id=own_id,
    )


_LOGINS = frozenset(("user_login_succeeded", "user_login_failed"))
_METHODS = {"ONE_TIME_KEY": "link", "GOOGLE": "oidc"}

# After samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"actor": {"actor_type": "user", "email": "homer.simpsons@simpsons.com", "gid": "1234567890",\
 "name": "Homer Simpson"}, "context": {"client_ip_address": "1.2.3.4", "context_type": "web",\
 "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/109.0.0.0 Safari/537.36"},\
 "created_at": "2023-02-01 18:05:08.413", "details": {"method": ["SAML"]},\
 "event_category": "logins", "event_type": "user_login_succeeded", "gid": "123456789",\
 "resource": {"email": "homer.simpsons@simpsons.com", "gid": "1234567890", "resource_type": "user"}}
{"data":[{"actor": {"actor_type": "user", "email": "homer@springfield.com", "gid": "2222222",\
 "name": "Homer"}, "context": {"client_ip_address": "8.8.8.8", "context_type": "web"},\
 "created_at": "2021-10-21T23:38:10.364Z", "details": {"method": ["ONE_TIME_KEY"]},\
 "event_category": "logins", "event_type": "user_login_failed", "gid": "222222222"}]}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "123456789", "user_id": "1234567890", "outcome": "success",
        "user_name": "homer.simpsons@simpsons.com", "auth_method": "saml", "src_ip": "1.2.3.4",
        "timestamp_ns": 1_675_274_708_413_000_000,
    },
    {"user_id": "2222222", "outcome": "failure", "auth_method": "link", "src_ip": "8.8.8.8"},
)  # fmt: skip
_HOSTILE = """\
{"actor":{"email":"m\\",\\"gid\\":\\"victim"},"created_at":"2021-10-21T23:38:10Z",\
"event_category":"logins","event_type":"user_login_failed","gid":"1"}
{"actor":{"gid":"victim","name":"user_login_succeeded"},"created_at":"2021-10-21T23:38:10Z",\
"event_category":"x","event_type":"task_deleted","gid":"2"}
{"actor":{"gid":"victim"},"created_at":"2021-10-21T23:61:10Z","event_category":"logins",\
"event_type":"user_login_succeeded","gid":"3"}"""

PARSER = RecordFormat(
    name="asana",
    title="Asana audit log",
    versions="API 1.0",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Event,
    ours=_ours,
    read=_read,
    telltales=tuple(sorted(_LOGINS)),
    envelopes=("data",),
)
