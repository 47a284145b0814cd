"""PingOne audit activities (API v1, webhooks).

Logins are `USER.ACCESS_ALLOWED` and `USER.ACCESS_DENIED`, and `PASSWORD.CHECK_FAILED`,\
 since a wrong
password never comes to the access decision. Other checks and `AUTHENTICATION.*` are steps. The time
is `recordedAt`, when the deed was done. Reference: PingOne Platform API, "Audit Activities".
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of


class _Named(msgspec.Struct, gc=False):
    id: Scalar = None
    name: Scalar = None
    environment: _Named | None = None


class _Actors(msgspec.Struct, gc=False):
    user: _Named | None = None
    client: _Named | None = None


class _Source(msgspec.Struct, rename="camel", gc=False):
    ip_address: Scalar = None
    user_agent: Scalar = None


class _Result(msgspec.Struct, gc=False):
    status: Scalar = None
    description: Scalar = None


class _Action(msgspec.Struct, gc=False):
    type: Scalar = None


class _Activity(msgspec.Struct, rename="camel", gc=False):
    id: Scalar = None
    recorded_at: Scalar = None
    created_at: Scalar = None
    correlation_id: Scalar = None
    action: _Action | None = None
    actors: _Actors | None = None
    source: _Source | None = None
    result: _Result | None = None


def _ours(activity: _Activity) -> bool:
    return None not in (activity.recorded_at, activity.action, activity.result)


def _read(activity: _Activity, place: str, clock: RecordClock) -> LoginEvent | str:
    kind = str(activity.action.type if activity.action else None)
    if kind not in _LOGINS:
        return "step of a login" if kind.startswith(_STEPS) else "no login"
    result = activity.result or _Result()
    actors = activity.actors or _Actors()
    user = actors.user or _Named()
    client = actors.client or _Named()
    source = activity.source or _Source()
    failed = kind != "USER.ACCESS_ALLOWED" or str(result.status).upper() == "FAILED"
    origin = read_origin(text_of(source.ip_address) or "")
    own_id = text_of(activity.id)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(activity.recorded_at, activity.created_at),
        user_id=text_of(user.id, user.name),
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        failure_reason=_LOGINS[kind] if failed else None,
        failure_code=text_of(result.description) if failed else None,
        user_name=text_of(user.name),
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        user_agent=text_of(source.user_agent),
        auth_method="password" if kind.startswith("PASSWORD") else None,
        app=text_of(client.name),
        correlation_id=text_of(activity.correlation_id),
        source_type="pingone",
        raw_event_id=own_id,
        tenant=text_of(user.environment.id if user.environment else None),
    )


_LOGINS = {
    "USER.ACCESS_ALLOWED": "other", "USER.ACCESS_DENIED": "policy_denied",
    "PASSWORD.CHECK_FAILED": "bad_credentials",
}  # fmt: skip
_STEPS = ("PASSWORD.CHECK", "AUTHENTICATION.", "OTP.CHECK", "DEVICE.", "FLOW.", "SESSION.")

# The first after a sample of Datadog (integrations-core, BSD-3-Clause).
_SAMPLE = """\
{"result": {"description": "Passed role access control", "status": "SUCCESS"},\
 "createdAt": "2024-07-01T09:28:18.244Z", "actors": {"client": {"name": "PingOne Admin Console",\
 "id": "84daa836", "type": "CLIENT"}, "user": {"name": "saroy49757@mposhop.com",\
 "id": "9c6acf81-2d00-412a-b62c", "type": "USER"}}, "recordedAt": "2024-07-01T09:28:18.229Z",\
 "action": {"description": "User Access Allowed", "type": "USER.ACCESS_ALLOWED"},\
 "correlationId": "f49d6e63", "id": "e1579fb1", "source": {"ipAddress": "185.64.148.0",\
 "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0.0.0 Safari/537.36 Edg/126.0\
.0.0"}}
{"_links":{},"_embedded":{"activities":[{"id":"a2","recordedAt":"2024-07-01T09:29:00Z",\
"action":{"type":"PASSWORD.CHECK_FAILED"},"actors":{"user":{"id":"u2","name":"bo"}},\
"source":{"ipAddress":"::ffff:198.51.100.1"},"result":{"status":"FAILED",\
"description":"Invalid password"}},{"id":"a3","recordedAt":"2024-07-01T09:29:01Z",\
"action":{"type":"PASSWORD.CHECK_SUCCEEDED"},"result":{"status":"SUCCESS"}}]}}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "e1579fb1", "user_id": "9c6acf81-2d00-412a-b62c", "outcome": "success",
        "user_name": "saroy49757@mposhop.com", "timestamp_ns": 1_719_826_098_229_000_000,
        "src_ip": "185.64.148.0", "app": "PingOne Admin Console", "correlation_id": "f49d6e63",
    },
    {
        "user_id": "u2", "outcome": "failure", "failure_reason": "bad_credentials",
        "src_ip": "198.51.100.1",
    },
)  # fmt: skip
_HOSTILE = """\
{"recordedAt":"2024-07-01T09:29:00Z","action":{"type":"PASSWORD.CHECK_FAILED"},\
"actors":{"user":{"name":"m\\"},\\"user\\":{\\"name\\":\\"victim"}},"result":{"status":"FAILED"}}
{"recordedAt":"2024-07-01T09:29:00Z","action":{"type":"USER.UPDATED",\
"description":"USER.ACCESS_ALLOWED"},"actors":{"user":{"name":"victim"}},\
"result":{"status":"SUCCESS"}}
{"recordedAt":"1","action":{"type":"USER.ACCESS_ALLOWED"},"actors":["victim"],\
"result":{"status":"SUCCESS"}}"""

PARSER = RecordFormat(
    name="pingone",
    title="PingOne audit activities: API, webhooks",
    versions="API v1",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Activity,
    ours=_ours,
    read=_read,
    telltales=("USER.ACCESS_", "PASSWORD.CHECK_FAILED"),
    envelopes=("_embedded.activities", "activities"),
)
