"""Atlassian organisation audit log: `user_login`.

When the context names another user than the actor, an administrator logged in as that user: the
user is the other, `actor_name` the administrator. Successes only. Reference: Atlassian developer,
"Organizations REST API, events"; a sample of Panther.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, country_of, text_of


class _Person(msgspec.Struct, gc=False):
    id: Scalar = None
    email: Scalar = None
    name: Scalar = None


class _Thing(msgspec.Struct, gc=False):
    id: Scalar = None
    type: Scalar = None
    attributes: _Person | None = None


class _Location(msgspec.Struct, rename="camel", gc=False):
    ip: Scalar = None
    country_name: Scalar = None
    region_name: Scalar = None
    city: Scalar = None


class _Attributes(msgspec.Struct, gc=False):
    action: Scalar = None
    time: Scalar = None
    actor: _Person | None = None
    context: list[_Thing] | None = None
    location: _Location | None = None


class _Event(msgspec.Struct, gc=False):
    id: Scalar = None
    attributes: _Attributes | None = None


def _ours(event: _Event) -> bool:
    said = event.attributes
    return said is not None and None not in (said.action, said.actor, said.time)


def _read(event: _Event, place: str, clock: RecordClock) -> LoginEvent | str:
    said = event.attributes or _Attributes()
    if said.action != "user_login":
        return "no login"
    actor = said.actor or _Person()
    other = next((thing for thing in said.context or () if thing.type == "users"), _Thing())
    person = other.attributes or actor
    acting, name = text_of(actor.email, actor.name), text_of(person.email, person.name)
    same = name is None or name == acting
    where = said.location or _Location()
    origin = read_origin(text_of(where.ip) or "")
    own_id = text_of(event.id)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(said.time),
        user_id=text_of(actor.id, acting) if same else text_of(other.id, person.id, name),
        outcome=Outcome.SUCCESS,
        user_name=acting if same else name,
        actor_name=None if same else acting,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        src_country=country_of(where.country_name),
        src_region=text_of(where.region_name),
        src_city=text_of(where.city),
        app="Atlassian",
        source_type="atlassian",
        raw_event_id=own_id,
    )


# The first after a sample of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"attributes": {"action": "user_login", "actor": {"email": "example.admin@example.com",\
 "id": "1234567890abcdefghijklmn", "name": "Example Admin"},\
 "container": [{"attributes": {"siteHostName": "https://example.atlassian.net",\
 "siteName": "example"}, "id": "12345678-abcd", "type": "sites"}],\
 "context": [{"attributes": {"accountType": "atlassian", "email": "example.user@example.io",\
 "name": "example.user@example.io"}, "type": "users"}], "time": "2022-12-15T00:35:15.890Z"},\
 "id": "2508d209-3336-4763-89a0-aceaf1322fcf",\
 "message": {"content": "Logged in as example.user@example.io", "format": "simple"}}
{"data":[{"id":"e2","type":"events","attributes":{"time":"2022-12-15T01:00:00Z",\
"action":"user_login","actor":{"id":"557058:1","name":"Ann","email":"ann@example.io"},\
"context":[],"location":{"ip":"203.0.113.93","countryName":"Germany","city":"Berlin"}}},\
{"id":"e3","type":"events","attributes":{"time":"2022-12-15T01:00:01Z",\
"action":"user_added_to_group","actor":{"id":"557058:1"}}}],"meta":{}}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "example.user@example.io", "actor_name": "example.admin@example.com",
        "outcome": "success", "timestamp_ns": 1_671_064_515_890_000_000,
    },
    {
        "event_id": "e2", "user_id": "557058:1", "user_name": "ann@example.io",
        "actor_name": None, "src_ip": "203.0.113.93", "src_city": "Berlin", "src_country": "DE",
    },
)  # fmt: skip
_HOSTILE = """\
{"id":"1","attributes":{"time":"2022-12-15T01:00:00Z","action":"user_login","actor":{"name":"m\\",\
\\"email\\":\\"victim"}}}
{"id":"2","attributes":{"time":"2022-12-15T01:00:00Z","action":"page_viewed",\
"actor":{"email":"victim"}},"message":{"content":"user_login"}}
{"id":"3","attributes":{"time":"2022-12-32T01:00:00Z","action":"user_login",\
"actor":{"email":"victim"}}}"""

PARSER = RecordFormat(
    name="atlassian",
    title="Atlassian organisation audit log (Organizations API)",
    versions="API v1",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Event,
    ours=_ours,
    read=_read,
    telltales=("user_login",),
    envelopes=("data",),
)
