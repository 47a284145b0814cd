"""The kernel against a slow second reading of the catalogue, written from its words alone."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

from authrisk.enrich.address import prefix_of
from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import to_events
from authrisk.features.catalogue import (
    BLOCKS,
    F_LOGIN,
    F_MOMENT,
    F_RELATION,
    FAILURE_LIMIT,
    FEATURES,
    FIELDS,
    LOOKBACK,
    NAMES,
    NETWORKS,
    STEPS,
    column,
)
from authrisk.features.coded import CODES, LATITUDE, LONGITUDE, RTT, TIME
from authrisk.features.encoders import (
    DEFAULT_GAP_EDGES_S,
    Encoders,
    Scalers,
    as_past,
    fit_scalers,
    scale_rows,
)
from authrisk.features.timeline import (
    Timeline,
    previous_failure,
    previous_familiar,
    rows,
    windows,
)

ENCODERS = Encoders(DEFAULT_GAP_EDGES_S, 0.5)
DAY_S = 86_400.0
DAY_NS = 86_400 * 10**9
READ = {
    "country": lambda e: e.src_country,
    "region": lambda e: e.src_region,
    "city": lambda e: e.src_city,
    "asn": lambda e: e.src_asn,
    "prefix": lambda e: None if e.src_ip is None else prefix_of(e.src_ip),
    "address": lambda e: e.src_ip or e.src_host,
    "browser": lambda e: e.browser,
    "os": lambda e: e.os,
    "device_type": lambda e: e.device_type,
    "client": lambda e: e.device_id or e.user_agent,
    "service": lambda e: e.app or e.dst_host,
    "method": lambda e: e.auth_method,
}


def field_columns(field: str, now: LoginEvent, past: list[LoginEvent]) -> dict[str, float]:
    """How a field relates to the last LOOKBACK familiar logins."""
    past = past[-LOOKBACK:]
    value = READ[field](now)
    alike = [e for e in past if READ[field](e) == value]
    if not alike:
        state = "new"
    elif value is None:
        state = "missing"
    elif READ[field](past[-1]) == value:
        state = "same"
    else:
        state = "seen"
    out = {f"{field}_{name}": float(name == state) for name in ("same", "seen", "new", "missing")}
    known = state in {"same", "seen"}
    days = (now.timestamp_ns - alike[-1].timestamp_ns) / 1e9 / DAY_S if known else None
    out[f"{field}_recency"] = 0.0 if days is None else 1 / (1 + days)
    out[f"{field}_share"] = len(alike) / len(past) if known else 0.0
    return out


def time_columns(now: LoginEvent, past: list[LoginEvent]) -> dict[str, float]:
    """When the login is, against the user's own times."""
    past = past[-LOOKBACK:]
    moment = now.timestamp
    hour = moment.hour + moment.minute / 60 + moment.second / 3600 + moment.microsecond / 3.6e9
    out = {
        "hour_sin": math.sin(2 * math.pi * hour / 24),
        "hour_cos": math.cos(2 * math.pi * hour / 24),
        "weekday_sin": math.sin(2 * math.pi * moment.weekday() / 7),
        "weekday_cos": math.cos(2 * math.pi * moment.weekday() / 7),
        "first": float(not past),
        "depth_log": math.log(1 + len(past)) / 4,
        "hour_share": 0.0,
        "weekday_share": 0.0,
        "gap_log": 0.0,
    }
    bucket = len(DEFAULT_GAP_EDGES_S)
    if past:
        gap_s = (now.timestamp_ns - past[-1].timestamp_ns) / 1e9
        out["gap_log"] = math.log(1 + gap_s) / 20
        bucket = sum(gap_s >= edge for edge in DEFAULT_GAP_EDGES_S)
        near = 0
        for e in past:
            apart = abs(_seconds_of_day(e.timestamp) - _seconds_of_day(moment))
            near += min(apart, DAY_S - apart) <= 1.5 * 3600
        out["hour_share"] = near / len(past)
        same = [e for e in past if e.timestamp.weekday() == moment.weekday()]
        out["weekday_share"] = len(same) / len(past)
    out |= {f"gap_{i}": float(i == bucket) for i in range(len(DEFAULT_GAP_EDGES_S) + 1)}
    out |= {f"hour_{i}": float(i == int(hour // 2)) for i in range(12)}
    return out


def _seconds_of_day(moment: dt.datetime) -> float:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return (moment - midnight).total_seconds()


def failure_columns(
    now: LoginEvent, past: list[LoginEvent], failures: list[LoginEvent]
) -> dict[str, float]:
    """Failed attempts of the last 24 hours, and those since the last familiar login."""
    failures = failures[-FAILURE_LIMIT:]
    ages = [(now.timestamp_ns - e.timestamp_ns) / 1e9 for e in failures]
    recent = [age for age in ages if age <= DAY_S]
    last = (now.timestamp_ns - past[-1].timestamp_ns) / 1e9 if past else math.inf
    n = len(recent)
    state = "none" if n == 0 else "1-2" if n < 3 else "3-9" if n < 10 else "10+"
    return {
        "failures_since_log": math.log(1 + sum(age <= last for age in recent)) / 4,
        "failures_10m_log": math.log(1 + sum(age <= 600 for age in recent)) / 4,
        "failures_1h_log": math.log(1 + sum(age <= 3600 for age in recent)) / 4,
        "failures_24h_log": math.log(1 + n) / 4,
        **{f"failures_{name}": float(name == state) for name in ("none", "1-2", "3-9", "10+")},
    }


def travel_columns(now: LoginEvent, past: list[LoginEvent]) -> dict[str, float]:
    """How far and how fast from the last familiar login, by the law of cosines."""
    state, km, kmh = "missing", 0.0, 0.0
    ends = [*past[-1:], now]
    where = [(e.src_latitude, e.src_longitude) for e in ends]
    if len(ends) == 2 and all(x is not None for pair in where for x in pair):
        (a, b), (c, d) = (tuple(math.radians(x) for x in pair) for pair in where)
        cosine = math.sin(a) * math.sin(c) + math.cos(a) * math.cos(c) * math.cos(d - b)
        km = 6371 * math.acos(max(-1.0, min(1.0, cosine)))
        hours = max(60.0, (now.timestamp_ns - past[-1].timestamp_ns) / 1e9) / 3600
        kmh = max(0.0, km - 100) / hours
        state = "near" if km < 100 else "plausible" if kmh < 1000 else "impossible"
    far = state in {"plausible", "impossible"}
    names = ("missing", "near", "plausible", "impossible")
    return {
        "distance_log": math.log(1 + km) / 10 if far else 0.0,
        "speed_log": math.log(1 + kmh) / 10 if far else 0.0,
        **{f"speed_{name}": float(name == state) for name in names},
    }


def other_columns(now: LoginEvent, past: list[LoginEvent]) -> dict[str, float]:
    """Novelty, pairs, the network, the round-trip time."""
    past = past[-LOOKBACK:]
    judged = ("country", "asn", "prefix", "address", "browser", "os", "device_type")
    states = [field_columns(field, now, past) for field in judged]
    new = sum(s[f"{f}_new"] for f, s in zip(judged, states, strict=True))
    known = sum(1 - s[f"{f}_missing"] for f, s in zip(judged, states, strict=True))
    out = {"novelty": new / known if known else 0.0}

    def together(*fields: str) -> float:
        values = [READ[field](now) for field in fields]
        if None in values:
            return 0.0
        return float(any([READ[field](e) for field in fields] == values for e in past))

    out["client_asn_seen"] = together("client", "asn")
    out["client_prefix_seen"] = together("client", "prefix")

    def hidden(*fields: str) -> float:
        absent = [f for f in fields if READ[f](now) is None]
        return float(any(None not in {READ[f](e) for e in past} for f in absent) and bool(past))

    for name, value in (("client", hidden("client", "browser")), ("place", hidden("prefix"))):
        out |= {f"{name}_hidden": value, f"{name}_shown": 1.0 - value}
    network = now.src_network if now.src_network in NETWORKS else "unknown"
    out |= {f"network_{name}": float(name == network) for name in NETWORKS}
    known_ms = [e.rtt_ms for e in past if e.rtt_ms is not None]
    state, shift, level = "missing", 0.0, 0.0
    if now.rtt_ms is not None:
        level = math.log(1 + now.rtt_ms) / 10
        if known_ms:
            mean = sum(math.log(1 + ms) for ms in known_ms) / len(known_ms)
            shift = abs(math.log(1 + now.rtt_ms) - mean)
        state = "usual" if shift <= ENCODERS.rtt_shift_limit else "unusual"
    out |= {f"rtt_{name}": float(name == state) for name in ("missing", "usual", "unusual")}
    return out | {"rtt_log": level, "rtt_shift": min(shift, 5.0)}


def by_user(
    events: list[LoginEvent],
) -> Iterator[tuple[int, LoginEvent, list[LoginEvent], list[LoginEvent]]]:
    """(row, login, its user's familiar logins before, failed ones before)."""
    past: dict[str | None, list[LoginEvent]] = {}
    failures: dict[str | None, list[LoginEvent]] = {}
    for row, event in enumerate(events):
        mine = past.setdefault(event.user_id, [])
        failed = failures.setdefault(event.user_id, [])
        yield row, event, mine, failed
        if event.user_id is not None:
            (mine if event.outcome is Outcome.SUCCESS else failed).append(event)


@pytest.fixture(scope="module")
def computed(timeline: Timeline) -> np.ndarray:
    """The kernel's unscaled rows, in the order of the input."""
    out = np.empty((len(timeline), len(NAMES)), np.float32)
    out[timeline.row_of] = rows(timeline, ENCODERS)
    return out


def test_rows_equal_the_second_reading(events: pl.DataFrame, computed: np.ndarray) -> None:
    """Seen, new, recency, share, gaps, hours, travel, failures, pairs, networks and round-trip
    times are what the catalogue says, for every simulated login."""
    checked: set[str] = set()
    for row, now, past, failures in by_user(list(to_events(events))):
        expected = time_columns(now, past) | failure_columns(now, past, failures)
        expected |= travel_columns(now, past) | other_columns(now, past)
        for field in FIELDS:
            expected |= field_columns(field, now, past)
        checked |= set(expected)
        for name, value in expected.items():
            assert computed[row, column(name)] == pytest.approx(value, abs=2e-6), (row, name)
    login = {feature.name for feature in FEATURES if feature.scope == "login"}
    assert login - checked == {
        "present", "browser_country_seen",
        "browser_newer", "browser_older", "os_newer", "os_older",
    }  # fmt: skip


def test_blocks_are_one_hot(computed: np.ndarray) -> None:
    """Each block has exactly one class set."""
    for block in BLOCKS:
        part = computed[:, block.start : block.start + block.size]
        assert np.isin(part, (0.0, 1.0)).all()
        assert (part.sum(axis=1) == 1.0).all(), block.name


def test_versions(computed: np.ndarray) -> None:
    """A client is never newer and older at once; both happen, rarely."""
    for name in ("browser", "os"):
        newer, older = computed[:, column(f"{name}_newer")], computed[:, column(f"{name}_older")]
        assert not (newer * older).any()
        assert 0 < newer.mean() < 0.5


@pytest.fixture(scope="module")
def scalers(computed: np.ndarray) -> Scalers:
    return fit_scalers(computed)


def test_windows_are_made_of_rows(timeline: Timeline, scalers: Scalers) -> None:
    """A window's last row is the login's own, scaled; the rows before are `as_past` of the rows of
    the familiar logins before it; what is in front of those is zero. Bit for bit."""
    scaled = scale_rows(rows(timeline, ENCODERS), scalers)
    past = as_past(scaled, scalers)
    unscaled = rows(timeline, ENCODERS)[:, F_LOGIN : F_LOGIN + F_MOMENT]
    positions = np.arange(len(timeline))
    links = previous_familiar(timeline), previous_failure(timeline)
    found = windows(timeline, positions, unscaled.copy(), links, ENCODERS, scalers)
    assert np.array_equal(found[:, -1], scaled)
    for at in range(len(timeline)):
        before, step = links[0][at], STEPS - 2
        while before >= 0 and step >= 0:
            assert np.array_equal(found[at, step, :F_LOGIN], past[before, :F_LOGIN])
            assert not found[at, step, F_LOGIN : F_LOGIN + F_MOMENT].any()
            assert np.allclose(
                found[at, step, -F_RELATION:], related(timeline, before, at), atol=1e-4
            )
            before, step = links[0][before], step - 1
        assert not found[at, : step + 1].any()


def related(timeline: Timeline, past: int, now: int) -> list[float]:
    """How two logins go together, written again from the catalogue's words."""
    one, other = timeline.ints[past], timeline.ints[now]
    codes = [(a, b) for a, b in zip(one[CODES:], other[CODES:], strict=True)]
    shared = [float(a == b and b != 0) for a, b in codes]
    client, asn, prefix = (shared[FIELDS.index(f)] for f in ("client", "asn", "prefix"))
    ago_s = (other[TIME] - one[TIME]) / 1e9
    hours = ago_s / 3600 % 24
    days = (other[TIME] // DAY_NS - one[TIME] // DAY_NS) % 7
    return [
        *shared, client * asn, client * prefix, np.log1p(ago_s) / 20,
        min(hours, 24 - hours) / 12, float(days == 0), *measured(timeline, past, now),
    ]  # fmt: skip


def measured(timeline: Timeline, past: int, now: int) -> list[float]:
    """Round-trip times and places of two logins, beside each other."""
    one, other = timeline.floats[past], timeline.floats[now]
    trips = bool(np.isfinite([one[RTT], other[RTT]]).all())
    apart = abs(np.log1p(one[RTT]) - np.log1p(other[RTT])) if trips else 0.0
    corners = np.radians([one[LATITUDE], one[LONGITUDE], other[LATITUDE], other[LONGITUDE]])
    places = bool(np.isfinite(corners).all())
    a, b, c, d = corners if places else (0.0, 0.0, 0.0, 0.0)
    cosine = np.sin(a) * np.sin(c) + np.cos(a) * np.cos(c) * np.cos(d - b)
    km = 6371.0 * np.arccos(np.clip(cosine, -1, 1))
    return [float(trips), min(apart, 3.0), float(places), np.log1p(km) / 10 if places else 0.0]


def test_scaled_columns(computed: np.ndarray, scalers: Scalers) -> None:
    """Continuous columns get mean 0 and deviation 1 at most, others stay as they are; scaling in
    place is scaling by the formula."""
    shift, scale = scalers.vectors()
    scaled = scale_rows(computed.copy(), scalers)
    by_formula = ((computed.astype(np.float64) - shift) * scale).astype(np.float32)
    assert np.array_equal(scaled, by_formula)
    for f, feature in enumerate(FEATURES):
        if feature.unit == "0/1":
            assert np.array_equal(scaled[:, f], computed[:, f])
        elif computed[:, f].std() > 1e-3:
            assert abs(scaled[:, f].mean()) < 1e-3
            assert scaled[:, f].std() <= 1 + 1e-3
