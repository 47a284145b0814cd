"""authentik 2021.10 and later: its JSON log, and events of the API and of webhooks.

Logins are `login` and `login_failed` (event model) and `invalid_login` (a name that nobody has, log
only). Authorizing an application, logout and edits are none. Times without a zone are UTC. Of a
failure the name is `context.username`: `user` is then AnonymousUser. authentik masks the password
in `context`; it is not read. Reference: authentik documentation, "Events"; samples of CrowdSec.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, country_of, degrees_of, text_of


class _Geo(msgspec.Struct, gc=False):
    city: Scalar = None
    country: Scalar = None
    lat: Scalar = None
    long: Scalar = None


class _Request(msgspec.Struct, gc=False):
    user_agent: Scalar = None
    request_id: Scalar = None


class _Method(msgspec.Struct, gc=False):
    mfa_devices: list[msgspec.Raw] | None = None


class _Context(msgspec.Struct, gc=False):
    username: Scalar = None
    auth_method: Scalar = None
    auth_method_args: _Method | None = None
    geo: _Geo | None = None
    http_request: _Request | None = None
    reason: Scalar = None


class _User(msgspec.Struct, gc=False):
    pk: Scalar = None
    username: Scalar = None
    email: Scalar = None


class _Event(msgspec.Struct, gc=False):
    action: Scalar = None
    event: Scalar = None
    logger: Scalar = None
    app: Scalar = None
    client_ip: Scalar = None
    context: _Context | None = None
    user: _User | Scalar = None
    identifier: Scalar = None
    timestamp: Scalar = None
    created: Scalar = None
    pk: Scalar = None
    request_id: Scalar = None
    host: Scalar = None


def _ours(event: _Event) -> bool:
    return any(str(name).startswith("authentik.") for name in (event.logger, event.app))


def _read(event: _Event, place: str, clock: RecordClock) -> LoginEvent | str:
    unknown = event.event == "invalid_login" and event.logger is not None
    told = event.logger is None or event.event == "Created Event"
    if not unknown and not (told and event.action in _LOGINS):
        return "no login"
    failed = unknown or event.action != "login"
    context = event.context or _Context()
    user = event.user if isinstance(event.user, _User) else _User()
    geo, request = context.geo or _Geo(), context.http_request or _Request()
    name = text_of(event.identifier, context.username, None if failed else user.username)
    latitude, longitude = degrees_of(geo.lat, geo.long)
    origin = read_origin(text_of(event.client_ip) or "")
    own_id = text_of(event.pk)
    factors = context.auth_method_args.mfa_devices if context.auth_method_args else None
    method = text_of(context.auth_method)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(event.timestamp, event.created),
        user_id=name,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        failure_reason=("unknown_user" if unknown else "bad_credentials") if failed else None,
        failure_code=text_of(context.reason) if failed else None,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        src_country=country_of(geo.country),
        src_city=text_of(geo.city),
        src_latitude=latitude,
        src_longitude=longitude,
        user_agent=text_of(request.user_agent),
        auth_method=_METHODS.get(method, method) if method else None,
        mfa=None if factors is None else bool(factors),
        app="authentik",
        dst_host=text_of(event.host),
        correlation_id=text_of(event.request_id, request.request_id),
        source_type="authentik",
        raw_event_id=own_id,
    )


_LOGINS = frozenset(("login", "login_failed"))
_METHODS = {"auth_webauthn_pwl": "webauthn", "auth_mfa": "otp", "app_password": "password"}

# The first two after samples of CrowdSec (hub, MIT).
_SAMPLE = """\
{"action": "login_failed", "auth_via": "unauthenticated", "client_ip": "1.2.3.4",\
 "context": {"geo": {"city": "Washington", "continent": "NA", "country": "US", "lat": 38.8894,\
 "long": -77.0353}, "http_request": {"args": {}, "method": "POST",\
 "path": "/api/v3/flows/executor/default-authentication-flow/"},\
 "password": "********************", "stage": {"app": "authentik_stages_password", "pk": "abc"},\
 "username": "myuser"}, "event": "Created Event", "host": "foo.mywebsite.com", "level": "info",\
 "logger": "authentik.events.models", "pid": 290146,\
 "request_id": "a60cee518bb444c9a591d32a994268f3", "timestamp": "2023-10-17T17:39:46.598288",\
 "user": {"email": "", "pk": 2, "username": "AnonymousUser"}}
{"action": "invalid_identifier", "auth_via": "unauthenticated", "client_ip": "1.2.3.4",\
 "context": {"stage": "<authentik.stages.identification.stage.IdentificationStageView object at 0\
x7f609a25fb10>"}, "event": "invalid_login", "host": "foo.mywebsite.com",\
 "identifier": "wronguser", "level": "info", "logger": "authentik.flows.stage", "pid": 290146,\
 "request_id": "b845048981dc46e4b8456e3f731551c2", "timestamp": "2023-10-17T17:31:29.487016"}
{"pk": "7a1e", "user": {"pk": 5, "username": "ann", "email": "ann@example.org"},\
 "action": "login", "app": "authentik.events.signals", "context": {"auth_method": "password",\
 "auth_method_args": {"mfa_devices": [{"pk": 1, "app": "authentik_stages_authenticator_totp"}]},\
 "http_request": {"path": "/", "method": "GET", "request_id": "r9",\
 "user_agent": "Mozilla/5.0 (X11)"}}, "client_ip": "2001:db8::44",\
 "created": "2023-10-17T17:40:00.000001Z"}
{"action": "authorize_application", "client_ip": "1.2.3.4", "context": {},\
 "event": "Created Event", "logger": "authentik.events.models",\
 "timestamp": "2023-10-17T17:41:00.000000", "user": {"pk": 5, "username": "ann"}}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "myuser", "outcome": "failure", "failure_reason": "bad_credentials",
        "timestamp_ns": 1_697_564_386_598_288_000, "src_ip": "1.2.3.4", "src_country": "US",
        "correlation_id": "a60cee518bb444c9a591d32a994268f3",
    },
    {"user_id": "wronguser", "outcome": "failure", "failure_reason": "unknown_user"},
    {
        "event_id": "7a1e", "user_id": "ann", "outcome": "success", "mfa": True,
        "src_ip": "2001:db8::44", "user_agent": "Mozilla/5.0 (X11)", "auth_method": "password",
        "correlation_id": "r9",
    },
)  # fmt: skip
_HOSTILE = """\
{"action": "login_failed", "client_ip": "1.2.3.4", "context": {"username": "m\\"},\
 \\"context\\": {\\"username\\": \\"victim"}, "event": "Created Event",\
 "logger": "authentik.events.models", "timestamp": "2023-10-17T17:39:46"}
{"action": "login", "client_ip": "1.2.3.4", "context": {"username": "victim"}, "event": "/login",\
 "logger": "authentik.asgi", "timestamp": "2023-10-17T17:39:46"}
{"action": "login", "context": {}, "event": "Created Event", "logger": "authentik.events.models",\
 "timestamp": "2023-13-17T17:39:46", "user": {"username": "victim"}}
{"action": "login", "context": ["victim"], "event": "Created Event",\
 "logger": "authentik.events.models", "timestamp": "2023-10-17T17:39:46",\
 "user": {"username": "victim"}}"""

PARSER = RecordFormat(
    name="authentik",
    title="authentik: JSON log, events API, webhooks",
    versions="2021.10 and later",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Event,
    ours=_ours,
    read=_read,
    telltales=("login",),
    envelopes=("results",),
)
