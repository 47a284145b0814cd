"""Dropbox Business team log: `login_success`, `login_fail` and `sign_in_as_session_start`.

The last is an administrator in a member's account: the member is the user, the administrator
`actor_name`. The user is the account id, else the address. Keys may spell `.tag` as `_tag`.
Reference: Dropbox for HTTP developers, "team_log/get_events"; login_* from there, without a sample.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, country_of, text_of


class _Tag(msgspec.Struct, gc=False):
    dotted: Scalar = msgspec.field(default=None, name=".tag")
    plain: Scalar = msgspec.field(default=None, name="_tag")
    session_id: Scalar = None

    @property
    def text(self) -> str | None:
        return text_of(self.dotted, self.plain)


class _Person(_Tag, gc=False):
    account_id: Scalar = None
    email: Scalar = None


class _Actor(_Tag, gc=False):
    user: _Person | None = None
    admin: _Person | None = None


class _Details(_Tag, gc=False):
    login_method: _Tag | None = None
    error_details: dict[str, Scalar] | Scalar = None


class _Geo(msgspec.Struct, gc=False):
    city: Scalar = None
    region: Scalar = None
    country: Scalar = None
    ip_address: Scalar = None


class _Access(_Tag, gc=False):
    end_user: _Tag | None = None


class _Origin(msgspec.Struct, gc=False):
    geo_location: _Geo | None = None
    access_method: _Access | None = None


class _Event(msgspec.Struct, gc=False):
    timestamp: Scalar = None
    event_category: _Tag | None = None
    event_type: _Tag | None = None
    actor: _Actor | None = None
    context: _Person | None = None
    details: _Details | None = None
    origin: _Origin | None = None


def _ours(event: _Event) -> bool:
    tags = (event.event_category, event.event_type)
    return all(tag is not None and tag.text is not None for tag in tags)


def _read(event: _Event, place: str, clock: RecordClock) -> LoginEvent | str:
    kind = event.event_type.text if event.event_type else None
    if kind not in _LOGINS:
        return "no login"
    failed = kind == "login_fail"
    actor = event.actor or _Actor()
    acting = actor.user or actor.admin or _Person()
    member = event.context or acting
    user = member if kind == _SIGN_IN_AS or text_of(acting.email) is None else acting
    details, origin = event.details or _Details(), event.origin or _Origin()
    geo, access = origin.geo_location or _Geo(), origin.access_method or _Access()
    address = read_origin(text_of(geo.ip_address) or "")
    name = text_of(user.email)
    return LoginEvent(
        event_id=place,
        timestamp_ns=clock.ns(event.timestamp),
        user_id=text_of(user.account_id) or name,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        user_name=name,
        actor_name=text_of(acting.email) if kind == _SIGN_IN_AS else None,
        src_ip=address.ip,
        src_port=address.port,
        src_host=address.host,
        src_country=country_of(geo.country),
        src_region=text_of(geo.region),
        src_city=text_of(geo.city),
        auth_method=details.login_method.text if details.login_method else None,
        app="Dropbox",
        session_id=text_of(access.end_user.session_id if access.end_user else None),
        source_type="dropbox",
    )


_SIGN_IN_AS = "sign_in_as_session_start"
_LOGINS = frozenset(("login_success", "login_fail", _SIGN_IN_AS))

# The second after a sample of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"events":[{"timestamp":"2023-04-19T19:10:02Z","event_category":{".tag":"logins"},\
"actor":{".tag":"user","user":{".tag":"team_member","account_id":"dbid:1",\
"email":"ann@company.com"}},"origin":{"geo_location":{"city":"Austin","region":"Texas",\
"country":"US","ip_address":"203.0.113.92"},"access_method":{".tag":"end_user",\
"end_user":{".tag":"web","session_id":"dbwsid:7"}}},"event_type":{".tag":"login_fail",\
"description":"Failed to sign in"},"details":{".tag":"login_fail_details",\
"login_method":{".tag":"password"},"error_details":{"user_friendly_message":"x"}}}],\
"has_more":false}
{"actor": {"_tag": "admin", "admin": {"_tag": "team_member",\
 "account_id": "dbid:ABCDEFGHIJKLMONOPASQRST", "display_name": "senvironment",\
 "email": "adminuser@company.com"}}, "context": {"_tag": "team_member",\
 "account_id": "dbid:AAACjvKy90uezyOiLRadIuCy66dK5d1vGGw", "display_name": "Alice Bob",\
 "email": "alice.bob@company.com"}, "details": {".tag": "sign_in_as_session_start_details"},\
 "event_category": {"_tag": "logins"}, "event_type": {"_tag": "sign_in_as_session_start",\
 "description": "Started admin sign-in-as session"}, "origin": {"geo_location": {"city": "Austin",\
 "country": "US", "ip_address": "1.2.3.4", "region": "Texas"}}, "timestamp": "2023-04-19 19:20:02"}
{"timestamp":"2023-04-19T19:30:02Z","event_category":{".tag":"logins"},\
"event_type":{".tag":"logout"},"actor":{".tag":"user","user":{"email":"ann@company.com"}}}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "dbid:1", "user_name": "ann@company.com", "outcome": "failure",
        "auth_method": "password", "session_id": "dbwsid:7", "src_ip": "203.0.113.92",
        "timestamp_ns": 1_681_931_402_000_000_000,
    },
    {
        "user_name": "alice.bob@company.com", "actor_name": "adminuser@company.com",
        "outcome": "success", "src_country": "US", "src_city": "Austin",
    },
)  # fmt: skip
_HOSTILE = """\
{"timestamp":"2023-04-19T19:10:02Z","event_category":{".tag":"logins"},\
"actor":{"user":{"email":"m\\",\\"email\\":\\"victim"}},"event_type":{".tag":"login_fail"}}
{"timestamp":"2023-04-19T19:10:02Z","event_category":{".tag":"files"},\
"actor":{"user":{"email":"victim"}},"event_type":{".tag":"rename","description":"login_success"}}
{"timestamp":"19:10","event_category":{".tag":"logins"},"actor":{"user":{"email":"victim"}},\
"event_type":{".tag":"login_success"}}"""

PARSER = RecordFormat(
    name="dropbox",
    title="Dropbox Business team log",
    versions="API v2",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Event,
    ours=_ours,
    read=_read,
    telltales=tuple(sorted(_LOGINS)),
    envelopes=("events",),
)
