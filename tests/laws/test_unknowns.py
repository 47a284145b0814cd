"""Unknowns: whatever a login does not say, or says absurdly, its score is a number in 0..1."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.event import LoginEvent, Outcome
from authrisk.models.bundle import Bundle
from authrisk.scorer import RiskAssessment

DAY_NS = 86_400 * 10**9
WHOLE = {
    "user_id": "u", "outcome": Outcome.SUCCESS, "src_ip": "8.8.8.8", "src_country": "US",
    "src_region": "CA", "src_city": "Mountain View", "src_latitude": 37.4, "src_longitude": -122.1,
    "src_asn": 15169, "src_network": "public", "user_agent": "A", "browser": "Chrome",
    "browser_version": "120.0.1", "os": "Windows", "os_version": "10", "device_type": "desktop",
    "device_id": "d", "auth_method": "password", "app": "mail", "rtt_ms": 20.0,
}  # fmt: skip
NOT_KNOWN = {name: None for name in WHOLE if name != "outcome"} | {"outcome": Outcome.UNKNOWN}
STRANGE = [
    *({name: value} for name, value in NOT_KNOWN.items()),
    NOT_KNOWN,
    {"src_latitude": 0.0, "src_longitude": 0.0},
    {"src_latitude": math.nan}, {"src_longitude": math.inf}, {"src_latitude": -math.inf},
    {"src_latitude": 1e300, "src_longitude": -1e300},
    {"rtt_ms": 0.0}, {"rtt_ms": -5.0}, {"rtt_ms": math.nan}, {"rtt_ms": math.inf},
    {"rtt_ms": 1e308},
    {"browser_version": ""}, {"browser_version": "9" * 400}, {"os_version": "..1"},
    {"src_asn": 0}, {"src_asn": 2**32 - 1}, {"src_asn": -1},
    {"src_network": "martian"}, {"src_ip": ""}, {"src_ip": "999.1.1.1"}, {"user_agent": "\x00" * 9},
    {"user_id": ""}, {"app": "\u202e😀"},
]  # fmt: skip
TIMES_NS = [0, 1, DAY_NS - 1, 1_600_000_000 * 10**9, 4_102_444_800 * 10**9, 2**63 - 1]
"""1970, the first day's last instant, today, 2100, and the last time that there is."""


def strange_logins(time_ns: int) -> list[LoginEvent]:
    """Each strange login, of a user of its own, with no past, with an older one, with one of the
    same instant, or with both; and once more after itself."""
    out = []
    for n, changes in enumerate(STRANGE):
        fields = WHOLE | {"user_id": f"u{n}"}
        older = [time_ns - days * DAY_NS for days in range(9, 0, -1) if time_ns >= days * DAY_NS]
        times = ([], [time_ns, time_ns], older, [*older, time_ns])[n % 4]
        out += [
            LoginEvent(event_id=f"{n}-{i}", timestamp_ns=t, **fields) for i, t in enumerate(times)
        ]
        out += [
            LoginEvent(event_id=f"{n}-{name}", timestamp_ns=time_ns, **(fields | changes))
            for name in ("strange", "again")
        ]
    return sorted(out, key=lambda event: event.timestamp_ns)


def check(raw: list[float], assessments: list[RiskAssessment]) -> None:
    assert raw == [a.raw for a in assessments]
    for assessment in assessments:
        assert math.isfinite(assessment.raw)
        assert 0.0 <= assessment.risk_score <= 1.0
        assert assessment.probability is None or 0.0 <= assessment.probability <= 1.0
        msgspec.json.encode(assessment)


@pytest.mark.parametrize("time_ns", TIMES_NS)
def test_any_field_may_be_strange(bundle: Bundle, live, replayed, time_ns: int) -> None:
    """A strange login gets a number in 0..1, whatever went before; both paths agree."""
    events = strange_logins(time_ns)
    check(replayed(bundle, events)[0], live(bundle, events))


@settings(max_examples=40, derandomize=True)
@given(data=st.data())
def test_any_past_may_be_strange(bundle: Bundle, timelines, live, replayed, data) -> None:
    """Strange logins become the past of others; every score stays a number in 0..1."""
    events = data.draw(timelines)
    check(replayed(bundle, events)[0], live(bundle, events))
