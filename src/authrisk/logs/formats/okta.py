"""Okta System Log (API v1): one event per session that starts or is refused.

Logins are `user.session.start` and `user.authentication.auth_via_radius`. Steps of a login (policy,
second factor, directory agent), `user.account.lock` and single sign-on to an application in a
session that exists are not; they share `transaction.id` and `externalSessionId` with their login.
The user is Okta's id; for somebody whom Okta does not know, the name that was typed.

Arrays of the API, one event a line and EventBridge (`{"detail": {..}}`) are read; keys may have
lost their capitals on the way. Reference: Okta developer documentation, "System Log API".
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, country_of, degrees_of, number_of, text_of


class _Actor(msgspec.Struct, rename="camel", gc=False):
    id: Scalar = None
    alternate_id: Scalar = None
    type: Scalar = None
    display_name: Scalar = None


class _Geolocation(msgspec.Struct, gc=False):
    lat: Scalar = None
    lon: Scalar = None


class _Geography(msgspec.Struct, rename="camel", gc=False):
    country: Scalar = None
    state: Scalar = None
    city: Scalar = None
    geolocation: _Geolocation | None = None


class _Agent(msgspec.Struct, rename="camel", gc=False):
    raw_user_agent: Scalar = None
    os: Scalar = None
    browser: Scalar = None


class _Client(msgspec.Struct, rename="camel", gc=False):
    ip_address: Scalar = None
    user_agent: _Agent | None = None
    geographical_context: _Geography | None = None
    device: Scalar = None


class _Outcome(msgspec.Struct, gc=False):
    result: Scalar = None
    reason: Scalar = None


class _Authentication(msgspec.Struct, rename="camel", gc=False):
    external_session_id: Scalar = None
    credential_type: Scalar = None


class _Network(msgspec.Struct, rename="camel", gc=False):
    as_number: Scalar = None
    as_org: Scalar = None


class _Transaction(msgspec.Struct, gc=False):
    id: Scalar = None


class _Target(msgspec.Struct, rename="camel", gc=False):
    type: Scalar = None
    display_name: Scalar = None


class _Event(msgspec.Struct, rename="camel", gc=False):
    event_type: Scalar = None
    published: Scalar = None
    uuid: Scalar = None
    actor: _Actor | None = None
    client: _Client | None = None
    outcome: _Outcome | None = None
    authentication_context: _Authentication | None = None
    security_context: _Network | None = None
    transaction: _Transaction | None = None
    target: list[_Target] | None = None
    lower_event_type: Scalar = msgspec.field(default=None, name="eventtype")
    lower_authentication: _Authentication | None = msgspec.field(
        default=None, name="authenticationcontext"
    )
    lower_security: _Network | None = msgspec.field(default=None, name="securitycontext")


def _ours(event: _Event) -> bool:
    kind = text_of(event.event_type, event.lower_event_type) or ""
    return event.actor is not None and kind.startswith(_KINDS)


def _read(event: _Event, place: str, clock: RecordClock) -> LoginEvent | str:
    kind = text_of(event.event_type, event.lower_event_type)
    if kind not in _LOGINS:
        return "step of a login" if str(kind).startswith(_STEPS) else "no login"
    actor = event.actor or _Actor()
    client = event.client or _Client()
    agent = client.user_agent or _Agent()
    geography = client.geographical_context or _Geography()
    geolocation = geography.geolocation or _Geolocation()
    network = event.security_context or event.lower_security or _Network()
    said = event.outcome or _Outcome()
    context = event.authentication_context or event.lower_authentication or _Authentication()
    outcome = _OUTCOMES.get(str(said.result), Outcome.UNKNOWN)
    name = text_of(actor.alternate_id)
    reason = text_of(said.reason)
    failed = outcome is Outcome.FAILURE
    unknown = text_of(actor.id) is None
    latitude, longitude = degrees_of(geolocation.lat, geolocation.lon)
    origin = read_origin(text_of(client.ip_address) or "")
    own_id = text_of(event.uuid)
    credential = text_of(context.credential_type)
    apps = [target.display_name for target in event.target or () if target.type == "AppInstance"]
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(event.published),
        user_id=text_of(actor.id, name),
        outcome=outcome,
        failure_reason=_reason(reason, unknown) if failed else None,
        failure_code=reason,
        user_name=name,
        account_kind=_ACCOUNTS.get(str(actor.type)),
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        src_country=country_of(geography.country),
        src_region=text_of(geography.state),
        src_city=text_of(geography.city),
        src_latitude=latitude,
        src_longitude=longitude,
        src_asn=number_of(network.as_number),
        src_as_name=text_of(network.as_org),
        user_agent=text_of(agent.raw_user_agent),
        browser=text_of(agent.browser),
        os=text_of(agent.os),
        device_type=_DEVICES.get(str(client.device)),
        auth_method=credential.casefold() if credential else None,
        auth_protocol="radius" if kind == _RADIUS else None,
        app=text_of(*apps) or "Okta",
        session_id=text_of(context.external_session_id),
        correlation_id=text_of(event.transaction.id if event.transaction else None),
        source_type="okta",
        raw_event_id=own_id,
    )


def _reason(reason: str | None, unknown: bool) -> str | None:
    if unknown:
        return "unknown_user"
    if reason is None:
        return None
    return _REASONS.get(reason) or ("mfa_failed" if reason.startswith("FastPass") else "other")


_RADIUS = "user.authentication.auth_via_radius"
_LOGINS = frozenset(("user.session.start", _RADIUS))
_STEPS = ("user.authentication.", "policy.evaluate_sign_on", "user.account.lock")
_KINDS = ("user.", "policy.", "system.", "app.", "application.", "group.", "security.", "zone.")
_OUTCOMES = {
    "SUCCESS": Outcome.SUCCESS, "ALLOW": Outcome.SUCCESS, "FAILURE": Outcome.FAILURE,
    "DENY": Outcome.FAILURE, "CHALLENGE": Outcome.INTERRUPTED, "SKIPPED": Outcome.INTERRUPTED,
    "UNANSWERED": Outcome.INTERRUPTED,
}  # fmt: skip
_REASONS = {
    "INVALID_CREDENTIALS": "bad_credentials", "VERIFICATION_ERROR": "bad_credentials",
    "LOCKED_OUT": "locked", "PASSWORD_EXPIRED": "expired_password", "UNKNOWN_USER": "unknown_user",
    "USER_DISABLED": "disabled", "NETWORK_ZONE_BLACKLIST": "policy_denied",
    "MFA_REQUIRED": "mfa_failed", "INVALID_TOKEN": "mfa_failed",
}  # fmt: skip
_ACCOUNTS = {
    "User": "human", "SystemPrincipal": "system", "PublicClientApp": "service",
    "PublicClientAppEntity": "service",
}  # fmt: skip
_DEVICES = {"Computer": "desktop", "Mobile": "mobile", "Tablet": "tablet"}

# After samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"actor": {"alternateId": "casey.hill@hey.com", "displayName": "Casey Hill",\
 "id": "00ubewfku1EX0WCFk697", "type": "User"}, "authenticationContext": {"authenticationStep": 0,\
 "externalSessionId": "idxvF50v_5sT2-GOA7_K0Amyw"}, "client": {"device": "Computer",\
 "geographicalContext": {"city": "Atlanta", "country": "United States",\
 "geolocation": {"lat": 33.9794, "lon": -84.3459}, "postalCode": "30350", "state": "Georgia"},\
 "ipAddress": "99.108.5.25", "userAgent": {"browser": "CHROME", "os": "Mac OS 14.4.1 (Sonoma)",\
 "rawUserAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/123.0.0.0 Safari/537.36"\
}, "zone": "null"}, "debugContext": {"debugData": {"requestUri": "/idp/idx/challenge/answer"}},\
 "displayMessage": "User login to Okta", "eventType": "user.session.start",\
 "legacyEventType": "core.user_auth.login_success", "outcome": {"result": "SUCCESS"},\
 "published": "2024-04-02 19:17:37.621000000", "securityContext": {"asNumber": 7018,\
 "asOrg": "at&t corp.", "domain": "sbcglobal.net", "isProxy": false, "isp": "att services inc"},\
 "severity": "INFO", "target": [{"alternateId": "unknown", "displayName": "Password",\
 "id": "lae1at5k3ir9bV1gr697", "type": "AuthenticatorEnrollment"},\
 {"alternateId": "Okta Dashboard", "displayName": "Okta Dashboard", "id": "0oabewfkt83T8ve1o697",\
 "type": "AppInstance"}], "transaction": {"detail": {}, "id": "601b158a3b3e23be5bbf74d0fe63cd78",\
 "type": "WEB"}, "uuid": "aac560bd-f125-11ee-9caa-cd5d09945def", "version": "0"}
{"actor": {"alternateId": "admin", "displayName": "unknown", "id": "unknown", "type": "User"},\
 "client": {"ipAddress": "1.2.3.4", "geographicalContext": {"city": "Dois Irmaos",\
 "country": "BR", "geolocation": {"lat": 0, "lon": 0}}}, "eventtype": "user.session.start",\
 "authenticationcontext": {"externalSessionId": "unknown"},\
 "outcome": {"reason": "VERIFICATION_ERROR", "result": "FAILURE"},\
 "published": "2024-04-02T19:18:00.000Z", "securitycontext": {}, "uuid": "u2"}
{"actor": {"alternateId": "homer.simpson@duff.com", "id": "00abc123", "type": "User"},\
 "eventType": "user.authentication.auth_via_mfa", "outcome": {"result": "SUCCESS"},\
 "published": "2024-04-02T19:18:01.000Z", "uuid": "u3"}
{"actor": {"alternateId": "homer.simpson@duff.com", "id": "00abc123", "type": "User"},\
 "eventType": "user.authentication.auth_via_radius", "outcome": {"reason": "LOCKED_OUT",\
 "result": "FAILURE"}, "published": "2024-04-02T19:18:02.000Z", "uuid": "u4"}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "aac560bd-f125-11ee-9caa-cd5d09945def", "user_id": "00ubewfku1EX0WCFk697",
        "user_name": "casey.hill@hey.com", "timestamp_ns": 1_712_085_457_621_000_000,
        "outcome": "success", "src_ip": "99.108.5.25", "src_country": "US", "src_city": "Atlanta",
        "src_asn": 7018,
        "src_latitude": 33.9794, "app": "Okta Dashboard", "device_type": "desktop",
        "session_id": "idxvF50v_5sT2-GOA7_K0Amyw", "account_kind": "human",
        "correlation_id": "601b158a3b3e23be5bbf74d0fe63cd78",
    },
    {
        "user_id": "admin", "outcome": "failure", "failure_reason": "unknown_user",
        "failure_code": "VERIFICATION_ERROR", "src_country": "BR", "src_latitude": None,
        "session_id": None,
    },
    {"user_id": "00abc123", "outcome": "failure", "failure_reason": "locked"},
)  # fmt: skip
_HOSTILE = """\
{"actor": {"alternateId": "m\\",\\"id\\":\\"victim", "id": "unknown"},\
 "client": {"userAgent": {"rawUserAgent": "{\\"actor\\":{\\"alternateId\\":\\"victim\\"}}"}},\
 "eventType": "user.session.start", "outcome": {"result": "FAILURE"},\
 "published": "2024-04-02T19:18:00.000Z"}
{"actor": {"alternateId": "victim"}, "displayMessage": "user.session.start",\
 "eventType": "user.authentication.sso", "outcome": {"result": "SUCCESS"},\
 "published": "2024-04-02T19:18:00.000Z"}
{"actor": {"alternateId": "victim"}, "eventType": "user.session.start",\
 "outcome": {"result": "SUCCESS"}, "published": "redacted"}
{"actor": "victim", "eventType": "user.session.start", "published": "2024-04-02T19:18:00.000Z"}"""

PARSER = RecordFormat(
    name="okta",
    title="Okta System Log: sessions started or refused, RADIUS",
    versions="API v1",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Event,
    ours=_ours,
    read=_read,
    telltales=tuple(sorted(_LOGINS)),
    envelopes=("detail",),
)
