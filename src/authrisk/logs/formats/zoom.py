"""Zoom sign-in activities (`report/activities`); the operation log has no logins.

Zoom tells successes only: type `Sign in`. Written from documentation: Zoom, "Get sign in / sign out
activity report"; samples of Panther show the operation log.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.record_format import RecordFormat
from authrisk.logs.scalars import Scalar, text_of


class _Activity(msgspec.Struct, gc=False):
    type: Scalar = None
    email: Scalar = None
    time: Scalar = None
    ip_address: Scalar = None
    client_type: Scalar = None
    version: Scalar = None
    operation_detail: Scalar = None
    category_type: Scalar = None


def _ours(activity: _Activity) -> bool:
    operation = None not in (activity.operation_detail, activity.category_type)
    return operation or (activity.email is not None and activity.type in _TYPES)


def _read(activity: _Activity, place: str, clock: RecordClock) -> LoginEvent | str:
    if activity.type != "Sign in":
        return "no login"
    user = text_of(activity.email)
    origin = read_origin(text_of(activity.ip_address) or "")
    return LoginEvent(
        event_id=place,
        timestamp_ns=clock.ns(activity.time),
        user_id=user,
        outcome=Outcome.SUCCESS,
        user_name=user,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        browser=text_of(activity.client_type),
        app="Zoom",
        source_type="zoom",
    )


_TYPES = frozenset(("Sign in", "Sign out"))

# The second after a sample of Panther (panther-analysis, Apache-2.0).
_SAMPLE = """\
{"from":"2022-12-01","to":"2022-12-02","page_size":30,"activity_logs":[{"client_type":"Browser",\
"email":"jchill@example.com","ip_address":"192.0.2.1","time":"2022-12-01T19:13:41Z",\
"type":"Sign in","version":"-"},{"email":"jchill@example.com","time":"2022-12-01T20:13:41Z",\
"type":"Sign out"}]}
{"action": "Update", "category_type": "Account",\
 "operation_detail": "Security  - Sign in with Two-Factor Authentication: from On to Off",\
 "operator": "example@example.io", "time": "2022-12-16 18:20:35"}"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "jchill@example.com", "outcome": "success", "src_ip": "192.0.2.1",
        "timestamp_ns": 1_669_922_021_000_000_000,
    },
)  # fmt: skip
_HOSTILE = """\
{"type":"Sign in","email":"m\\",\\"email\\":\\"victim","time":"2022-12-01T19:13:41Z"}
{"type":"Sign out","email":"victim","client_type":"Sign in","time":"2022-12-01T19:13:41Z"}
{"type":"Sign in","email":"victim","time":"9999-12-01T19:13:41Z"}"""

PARSER = RecordFormat(
    name="zoom",
    title="Zoom sign-in activity report",
    versions="API v2",
    proven="documentation",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    record=_Activity,
    ours=_ours,
    read=_read,
    envelopes=("activity_logs",),
)
