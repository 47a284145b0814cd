"""OneLogin events: API v1 and v2 (`{"data": [..]}`) and the event broadcaster's webhooks.

Logins are the event types 5 (logged in), 6 (failed), 8 (logged in to an application) and 9 (failed
there). Locks (531, 551, 553), factors, roles and 3 (assumed another user) are none. The user is the
numeric id where OneLogin knows the person; `user_name` is mostly the full name. Reference:
OneLogin developers, "Event Resource" and its list of event types.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.failure_words import reason_in
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of


class _Event(msgspec.Struct, gc=False):
    event_type_id: Scalar = None
    id: Scalar = None
    uuid: Scalar = None
    created_at: Scalar = None
    event_timestamp: Scalar = None
    user_id: Scalar = None
    user_name: Scalar = None
    login_name: Scalar = None
    ipaddr: Scalar = None
    app_name: Scalar = None
    account_id: Scalar = None
    custom_message: Scalar = None
    error_description: Scalar = None
    user_agent: Scalar = None
    browser_fingerprint: Scalar = None


def _ours(event: _Event) -> bool:
    return text_of(event.event_type_id) is not None


def _read(event: _Event, place: str, clock: RecordClock) -> LoginEvent | str:
    kind = text_of(event.event_type_id)
    if kind not in _LOGINS:
        return "no login"
    failed = kind in {"6", "9"}
    name = text_of(event.login_name, event.user_name)
    message = text_of(event.error_description, event.custom_message)
    origin = read_origin(text_of(event.ipaddr) or "")
    own_id = text_of(event.id, event.uuid)
    return LoginEvent(
        event_id=own_id or place,
        timestamp_ns=clock.ns(event.created_at, event.event_timestamp),
        user_id=text_of(event.user_id) or name,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        failure_reason=reason_in(message, _REASONS, "bad_credentials") if failed else None,
        failure_code=message if failed else None,
        user_name=name,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        user_agent=text_of(event.user_agent),
        device_id=text_of(event.browser_fingerprint),
        app=text_of(event.app_name) or "OneLogin",
        source_type="onelogin",
        raw_event_id=own_id,
        tenant=text_of(event.account_id),
    )


_LOGINS = frozenset(("5", "6", "8", "9"))
_REASONS = (
    ("lock", "locked"), ("policy", "policy_denied"), ("otp", "mfa_failed"), ("mfa", "mfa_failed"),
    ("expired", "expired_password"), ("suspend", "disabled"), ("not found", "unknown_user"),
)  # fmt: skip

# The third and fourth after samples of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"status":{"error":false,"code":200},"pagination":{"next_link":null},"data":[{"id":4001,\
"created_at":"2021-05-06T22:29:57.120Z","account_id":131,"user_id":88,"event_type_id":5,\
"ipaddr":"203.0.113.5","user_name":"Ann Ng","app_name":null,"risk_score":6},{"id":4002,\
"created_at":"2021-05-06T22:30:57Z","account_id":131,"user_id":88,"event_type_id":8,\
"ipaddr":"203.0.113.5","user_name":"Ann Ng","app_name":"Wiki"}]}
{"uuid":"c1f0","account_id":131,"event_type_id":6,"event_timestamp":"2021-05-06 22:31:57 UTC",\
"ipaddr":"203.0.113.6","user_name":"bob","error_description":"User is locked"}
{"event_type_id": 6, "actor_user_id": 123456, "actor_user_name": "Bob Cat", "user_id": 123456,\
 "user_name": "Bob Cat", "ipaddr": "1.2.3.4"}
{"event_type_id": "172", "actor_user_id": 123456, "actor_user_name": "Bob Cat", "user_id": 123456,\
 "user_name": "Bob Cat", "authentication_factor_description": "2FA Name"}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "4001", "user_id": "88", "user_name": "Ann Ng", "outcome": "success",
        "timestamp_ns": 1_620_340_197_120_000_000, "src_ip": "203.0.113.5", "app": "OneLogin",
    },
    {"event_id": "4002", "app": "Wiki", "outcome": "success"},
    {
        "event_id": "c1f0", "user_id": "bob", "outcome": "failure", "failure_reason": "locked",
        "timestamp_ns": 1_620_340_317_000_000_000,
    },
    {"user_id": "123456", "outcome": "failure", "failure_reason": None},
)  # fmt: skip
_HOSTILE = """\
{"event_type_id":6,"created_at":"2021-05-06T22:29:57Z","user_name":"m\\",\\"user_name\\":\\"victim"}
{"event_type_id":13,"created_at":"2021-05-06T22:29:57Z","user_name":"victim"}
{"event_type_id":5,"created_at":"soon","user_name":"victim"}
{"event_type_id":[5],"created_at":"2021-05-06T22:29:57Z","user_name":"victim"}"""

PARSER = RecordFormat(
    name="onelogin",
    title="OneLogin events: API, event broadcaster",
    versions="API v1, v2",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Event,
    ours=_ours,
    read=_read,
    telltales=("event_type_id",),
    envelopes=("data",),
)
