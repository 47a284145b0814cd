"""What else came from there: counted in a replay as the live service asks for it."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import to_frame
from authrisk.features.catalogue import (
    F_LOGIN,
    F_POPULATION,
    F_SOURCE,
    SOURCE_KINDS,
    SOURCE_LIMIT,
    SOURCE_WINDOWS,
    column,
)
from authrisk.features.coded import code_frame, code_of
from authrisk.features.encoders import DEFAULT_GAP_EDGES_S, Encoders
from authrisk.features.source import live_source
from authrisk.features.timeline import EVIDENCE, FAMILIAR, arrange, rows
from authrisk.history.memory import MemoryStore
from authrisk.history.sources import sources_of
from authrisk.history.store import Standing

BASE = F_LOGIN + F_POPULATION
DAY_NS = 86_400 * 10**9
GAPS_S = (0, 1, 60, 599, 600, 601, 3_600, 20_000, 86_399, 86_400)


@st.composite
def traffic(draw: st.DrawFn) -> list[LoginEvent]:
    """Attempts of many users from a few sources, in order of time."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from(GAPS_S),
                st.sampled_from((None, *"abcdefghij")),
                st.sampled_from((None, "8.8.8.8", "8.8.8.9", "9.9.9.9", "2001:db8::1")),
                st.sampled_from((None, 15169, 0)),
                st.booleans(),
                st.sampled_from((None, "host")),
            ),
            min_size=1,
            max_size=80,
        )
    )
    times = itertools.accumulate(gap for gap, *_ in drawn)
    return [
        LoginEvent(
            event_id=str(n), timestamp_ns=(1_700_000_000 + s) * 10**9, user_id=user,
            outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
            src_ip=address, src_asn=asn, src_host=host,
        )
        for n, (s, (_, user, address, asn, failed, host)) in enumerate(
            zip(times, drawn, strict=True)
        )
    ]  # fmt: skip


def replayed(events: list[LoginEvent]) -> np.ndarray:
    """The source columns of each event, in order."""
    failed = np.array([e.outcome is Outcome.FAILURE for e in events])
    standing = np.where(failed, EVIDENCE, FAMILIAR).astype(np.int8)
    timeline = arrange(code_frame(to_frame(events)), standing)
    out = np.empty((len(events), 0), np.float32)
    found = rows(timeline, Encoders(DEFAULT_GAP_EDGES_S, 0.5))[:, BASE : BASE + F_SOURCE]
    out = np.empty_like(found)
    out[timeline.row_of] = found
    return out


@settings(max_examples=40, derandomize=True)
@given(traffic())
def test_replay_equals_live(events: list[LoginEvent]) -> None:
    """A replay counts bit for bit what the live service counts out of its history."""
    store = MemoryStore()
    for event, expected in zip(events, replayed(events), strict=True):
        attempts = []
        for kind, value in zip(SOURCE_KINDS, sources_of(event), strict=True):
            found = [] if value is None else store.recent_from(
                kind, value, event.timestamp_ns - DAY_NS, event.timestamp_ns, SOURCE_LIMIT
            )  # fmt: skip
            attempts.append([(a.timestamp_ns, _user(a.user_id), a.failed) for a in found])
        live = live_source(event.timestamp_ns, _user(event.user_id), attempts)
        assert np.array_equal(live, expected)
        failed = event.outcome is Outcome.FAILURE
        store.append(event, Standing.EVIDENCE if failed else Standing.FAMILIAR)


def _user(name: str | None) -> int:
    return 0 if name is None else code_of("user", name)


@settings(max_examples=40, derandomize=True)
@given(traffic())
def test_counts_of_other_users(events: list[LoginEvent]) -> None:
    """Users tried from a source are the different others among its last attempts; the share is
    of the others' attempts. Written again from the catalogue's words."""
    found = replayed(events)
    for n, now in enumerate(events):
        for kind, value in zip(SOURCE_KINDS, sources_of(now), strict=True):
            same = [
                e
                for e in events[:n]
                if value is not None and getattr(sources_of(e), kind) == value
                and now.timestamp_ns - e.timestamp_ns < DAY_NS
            ][-SOURCE_LIMIT:]  # fmt: skip
            for name, seconds in SOURCE_WINDOWS:
                recent = [e for e in same if now.timestamp_ns - e.timestamp_ns <= seconds * 1e9]
                recent = [e for e in recent if e.user_id != now.user_id]
                others = {e.user_id for e in recent}
                failed = sum(e.outcome is Outcome.FAILURE for e in recent)
                users = found[n, column(f"{kind}_users_{name}_log") - BASE]
                share = found[n, column(f"{kind}_failing_{name}") - BASE]
                assert math.isclose(users, math.log(1 + len(others)) / 4, abs_tol=1e-6)
                assert math.isclose(share, failed / max(1, len(recent)), abs_tol=1e-6)


def test_a_flood_says_no_more_than_the_limit() -> None:
    """10,000 attempts from one address look as SOURCE_LIMIT do, however many users are tried."""
    events = [
        LoginEvent(
            event_id=str(n), timestamp_ns=10**18 + n, user_id=str(n), outcome=Outcome.FAILURE,
            src_ip="8.8.8.8",
        )
        for n in range(10_000)
    ]  # fmt: skip
    found = replayed(events)[:, column("address_users_1h_log") - BASE]
    assert math.isclose(found.max(), math.log(1 + SOURCE_LIMIT) / 4, rel_tol=1e-6)
    assert found[-1] == found[SOURCE_LIMIT]
