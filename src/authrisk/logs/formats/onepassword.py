"""1Password sign-in attempts (Events API v1 and v2).

Each attempt is an event: `success` and `firewall_reported_success` passed, every other category
failed. The user is the account's uuid. The time has nanoseconds and its own offset.
Reference: 1Password developer documentation, "Events API, item object: sign-in attempts".
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, country_of, degrees_of, text_of


class _User(msgspec.Struct, gc=False):
    uuid: Scalar = None
    name: Scalar = None
    email: Scalar = None


class _Client(msgspec.Struct, gc=False):
    app_name: Scalar = None
    ip_address: Scalar = None
    os_name: Scalar = None
    os_version: Scalar = None
    platform_name: Scalar = None


class _Location(msgspec.Struct, gc=False):
    country: Scalar = None
    region: Scalar = None
    city: Scalar = None
    latitude: Scalar = None
    longitude: Scalar = None


class _Attempt(msgspec.Struct, gc=False):
    uuid: Scalar = None
    session_uuid: Scalar = None
    timestamp: Scalar = None
    category: Scalar = None
    type: Scalar = None
    country: Scalar = None
    target_user: _User | None = None
    client: _Client | None = None
    location: _Location | None = None


def _ours(attempt: _Attempt) -> bool:
    return None not in (attempt.category, attempt.target_user, attempt.client)


def _read(attempt: _Attempt, place: str, clock: RecordClock) -> LoginEvent | str:
    category = text_of(attempt.category)
    if category is None or attempt.target_user is None:
        return "no login"
    user, client = attempt.target_user, attempt.client or _Client()
    location = attempt.location or _Location()
    latitude, longitude = degrees_of(location.latitude, location.longitude)
    failed = category not in _PASSED
    kind = text_of(attempt.type)
    origin = read_origin(text_of(client.ip_address) or "")
    own_id = text_of(attempt.uuid)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(attempt.timestamp),
        user_id=text_of(user.uuid, user.email),
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        failure_reason=_reason(category, kind) if failed else None,
        failure_code=kind if failed else None,
        user_name=text_of(user.email),
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        src_country=country_of(location.country) or country_of(attempt.country),
        src_region=text_of(location.region),
        src_city=text_of(location.city),
        src_latitude=latitude,
        src_longitude=longitude,
        os=text_of(client.os_name),
        os_version=text_of(client.os_version),
        mfa=True if kind == "mfa_ok" or category == "mfa_failed" else None,
        app=text_of(client.app_name),
        session_id=text_of(attempt.session_uuid),
        source_type="onepassword",
        raw_event_id=own_id,
    )


def _reason(category: str, kind: str | None) -> str:
    return _KINDS.get(str(kind)) or _REASONS.get(category, "other")


_PASSED = frozenset(("success", "firewall_reported_success"))
_KINDS = {"user_disabled": "disabled", "user_locked": "locked"}
_REASONS = {
    "credentials_failed": "bad_credentials", "mfa_failed": "mfa_failed", "sso_failed": "other",
    "modern_version_failed": "policy_denied", "firewall_failed": "policy_denied",
}  # fmt: skip

# After samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"category": "success", "client": {"app_name": "1Password Browser Extension",\
 "app_version": "22600103", "ip_address": "1.1.1.1", "os_name": "MacOSX", "os_version": "10.15",\
 "platform_name": "Firefox extension", "platform_version": "128.0"}, "country": "RU",\
 "location": {"city": "Moscow", "country": "RU", "latitude": 55.752, "longitude": 37.615,\
 "region": "Moscow"}, "session_uuid": "EXAMPLE_SESSION_ID",\
 "target_user": {"email": "dude.lightbulb@example.co", "name": "Dude Lightbulb",\
 "uuid": "EXAMPLE_PROVIDER_ID"}, "timestamp": "2024-08-16 19:18:43.784550714",\
 "type": "credentials_ok", "uuid": "EXAMPLE_UUID"}
{"cursor": "aGV", "has_more": true, "items": [{"uuid": "56YE", "session_uuid": "UED4",\
 "timestamp": "2021-03-01T16:32:50-03:00", "category": "credentials_failed",\
 "type": "password_secret_bad", "country": "FR", "target_user": {"email": "homer@springfield.gov",\
 "name": "Homer Simpson", "uuid": "IR7V"}, "client": {"app_name": "1Password CLI",\
 "ip_address": "13.227.95.22"}}]}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "EXAMPLE_UUID", "user_id": "EXAMPLE_PROVIDER_ID", "outcome": "success",
        "user_name": "dude.lightbulb@example.co", "timestamp_ns": 1_723_835_923_784_550_714,
        "src_country": "RU", "src_city": "Moscow", "src_latitude": 55.752, "os": "MacOSX",
    },
    {
        "event_id": "56YE", "outcome": "failure", "failure_reason": "bad_credentials",
        "timestamp_ns": 1_614_627_170_000_000_000, "src_country": "FR",
    },
)  # fmt: skip
_HOSTILE = """\
{"category": "credentials_failed", "client": {"app_name": "\\"},\
\\"target_user\\":{\\"email\\":\\"victim\\"}"}, "target_user": {"email": "mallory"},\
 "timestamp": "2021-03-01T16:32:50Z"}
{"category": "success", "client": {}, "target_user": {"email": "victim"},\
 "timestamp": "2021-02-30T16:32:50Z"}
{"category": "success", "client": {}, "target_user": "victim",\
 "timestamp": "2021-02-28T16:32:50Z"}"""

PARSER = RecordFormat(
    name="onepassword",
    title="1Password sign-in attempts, Events API",
    versions="API v1, v2",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Attempt,
    ours=_ours,
    read=_read,
    telltales=("target_user",),
    envelopes=("items",),
)
