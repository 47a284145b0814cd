"""Both pretrained bundles, small simulated histories, invented ones, and the two ways to score."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import polars as pl
import pytest
from hypothesis import strategies as st
from tests.two_crowds import two_crowds

from authrisk.evaluation.replay import replay
from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import to_frame
from authrisk.features.coded import code_frame
from authrisk.features.population import Population
from authrisk.features.timeline import EVIDENCE, FAMILIAR, arrange
from authrisk.history.memory import MemoryStore
from authrisk.models.bundle import PRETRAINED, Bundle, load_bundle, pretrained_path
from authrisk.reasons import codes
from authrisk.scorer import RiskAssessment, Scorer

START_NS = 1_700_000_000 * 10**9
GAPS_S = (0, 1, 59, 600, 3_600, 30_000, 86_400, 40 * 86_400)
STANDINGS = {Outcome.SUCCESS: FAMILIAR, Outcome.FAILURE: EVIDENCE}
PLACES = (
    {},
    {"src_country": "NO", "src_latitude": 0.0, "src_longitude": 0.0, "src_asn": 2119},
    {"src_country": "NO", "src_region": "Oslo", "src_city": "Oslo", "src_latitude": 59.9,
     "src_longitude": 10.7, "src_asn": 2119, "src_network": "public"},
    {"src_country": "BR", "src_latitude": -15.8, "src_longitude": -47.9, "src_asn": 28573},
    {"src_country": "BR", "src_latitude": float("nan"), "src_longitude": float("inf")},
    {"src_network": "tor", "src_asn": 0},
)  # fmt: skip
CLIENTS = (
    {},
    {"user_agent": ""},
    {"user_agent": "A", "browser": "Chrome", "browser_version": "120.0", "os": "Windows",
     "os_version": "10", "device_type": "desktop"},
    {"user_agent": "B", "browser": "Chrome", "browser_version": "121.0", "os": "Windows",
     "os_version": "10", "device_type": "desktop"},
    {"user_agent": "C", "browser": "Safari", "browser_version": "x", "os": "iOS",
     "device_type": "mobile", "device_id": "phone"},
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class NamedBundle(Bundle):
    """A bundle that a failing example shows by its name."""

    def __repr__(self) -> str:
        return self.name


@pytest.fixture(scope="session", params=PRETRAINED)
def bundle(request: pytest.FixtureRequest) -> Bundle:
    loaded = load_bundle(pretrained_path(request.param))
    return NamedBundle(**{field.name: getattr(loaded, field.name) for field in fields(loaded)})


@pytest.fixture(scope="session")
def events() -> pl.DataFrame:
    """Some hundred logins of consumers and of employees, failures among them."""
    return two_crowds(consumers=60, employees=4, days=(60, 60), seed=5)


def _invented(number: int, time_ns: int, parts: tuple[object, ...]) -> LoginEvent:
    user, outcome, address, place, client, rest = parts
    return LoginEvent(
        event_id=f"{number}", timestamp_ns=time_ns, user_id=user, outcome=outcome,
        src_ip=address, **place, **client, **rest,
    )  # fmt: skip


@pytest.fixture(scope="session")
def timelines() -> st.SearchStrategy[list[LoginEvent]]:
    """Events of a few users in order of time, several in one instant, any field unknown."""
    parts = st.tuples(
        st.sampled_from(("u", "v", "w", None)),
        st.sampled_from((Outcome.SUCCESS, Outcome.SUCCESS, Outcome.FAILURE, Outcome.UNKNOWN)),
        st.sampled_from((None, "8.8.8.8", "8.8.8.9", "198.51.100.7", "2001:db8::1", "a", "")),
        st.sampled_from(PLACES),
        st.sampled_from(CLIENTS),
        st.fixed_dictionaries(
            {},
            optional={
                "app": st.sampled_from(("mail", "erp")),
                "auth_method": st.sampled_from(("password", "otp")),
                "rtt_ms": st.sampled_from((0.0, 12.5, 900.0, -1.0, float("nan"))),
                "src_host": st.just("c42"),
            },
        ),
    )

    def laid_out(drawn: list[tuple[int, tuple[object, ...]]]) -> list[LoginEvent]:
        times = itertools.accumulate(gap for gap, _ in drawn)
        return [
            _invented(n, START_NS + s * 10**9, parts)
            for n, (s, (_, parts)) in enumerate(zip(times, drawn, strict=True))
        ]

    return st.lists(st.tuples(st.sampled_from(GAPS_S), parts), min_size=1, max_size=40).map(
        laid_out
    )


@pytest.fixture(scope="session")
def live() -> Callable[..., list[RiskAssessment]]:
    """Score one login after the other, each remembered before the next."""

    def run(bundle: Bundle, events: Sequence[LoginEvent]) -> list[RiskAssessment]:
        scorer = Scorer(bundle, MemoryStore(), trust="confirmed")
        out = []
        for event in events:
            assessment = scorer.assess(event)
            scorer.remember(event, assessment)
            out.append(assessment)
        return out

    return run


@pytest.fixture(scope="session")
def replayed() -> Callable[..., tuple[list[float], list[str]]]:
    """Raw scores and reasons of a replay, in the order of the input."""

    def run(
        bundle: Bundle, events: pl.DataFrame | Sequence[LoginEvent]
    ) -> tuple[list[float], list[str]]:
        frame = events if isinstance(events, pl.DataFrame) else to_frame(events)
        standing = np.array([STANDINGS.get(Outcome(o), 0) for o in frame["outcome"]], np.int8)
        timeline = arrange(code_frame(frame), standing)
        raw = [float("nan")] * frame.height
        reasons = [""] * frame.height
        for scored in replay(timeline, bundle.encoders, bundle.scalers, bundle.model, Population()):
            texts = codes(scored.rows, scored.parts, scored.probation)
            for row, value, text in zip(
                timeline.row_of[scored.position], scored.raw, texts, strict=True
            ):
                raw[row], reasons[row] = float(value), text
        return raw, reasons

    return run
