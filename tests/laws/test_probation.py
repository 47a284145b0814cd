"""Probation: many small steps make nothing familiar sooner than one large step would."""

from __future__ import annotations

import polars as pl
import pytest
from tests.two_crowds import two_crowds

from authrisk.evaluation.scenarios.cast import pairs
from authrisk.evaluation.scenarios.drift import drift
from authrisk.evaluation.scenarios.flooding import ORIGINS, flood
from authrisk.evaluation.scenarios.forgery import forgery
from authrisk.evaluation.scenarios.stage import Stage
from authrisk.eventlog import to_events
from authrisk.models.bundle import Bundle
from authrisk.reasons import PROBATION
from authrisk.simulate.profile import ENTERPRISE
from authrisk.simulate.world import simulate


@pytest.fixture(scope="module")
def world() -> pl.DataFrame:
    return two_crowds(consumers=400, employees=25, days=(250, 80), seed=5)


@pytest.fixture(scope="module")
def stage(bundle: Bundle, world: pl.DataFrame) -> Stage:
    return Stage(world, bundle)


@pytest.mark.parametrize("victim_too", [False, True])
def test_slow_drift_takes_its_time(stage: Stage, victim_too: bool) -> None:
    """Nine of ten attackers who change one thing a day, the best one, need twenty accepted logins
    and two weeks."""
    found = [drift(stage, pair, victim_too=victim_too) for pair in pairs(stage, 24, seed=1)]
    risky = [d for d in found if d.before >= 0.5]
    assert len(risky) >= 15
    held = [not d.succeeded or (d.accepted >= 20 and d.days >= 14) for d in risky]
    assert sum(held) >= 0.9 * len(held)


@pytest.mark.parametrize("origin", ORIGINS)
def test_floods_of_failures_move_nothing(stage: Stage, origin) -> None:
    """Ten thousand failures, wherever they come from, leave the victim's own score as it is."""
    moved = [abs(flood(stage, pair, origin).moved) for pair in pairs(stage, 4, seed=2)]
    assert max(moved) <= 0.05


def test_taking_an_account_back_is_exact(stage: Stage) -> None:
    """`compromised` since a time brings a probe's score back, bit for bit, after logins that a
    forged verdict made familiar."""
    for pair in pairs(stage, 10, seed=3):
        found = forgery(stage, pair)
        assert found.taken_back == found.untouched


def test_scenes_leave_no_trace(stage: Stage) -> None:
    """The same scene twice ends the same, also with others between."""
    one, other = pairs(stage, 2, seed=4)
    first = drift(stage, one, victim_too=False)
    flood(stage, one, "same address", failures=200)
    drift(stage, other, victim_too=True)
    assert drift(stage, one, victim_too=False) == first


def test_replay_and_live_judge_by_the_same_past(bundle: Bundle, live, replayed) -> None:
    """Logins that are judged by their established past get the same score and reasons from a
    file as one after the other."""
    employees = simulate(ENTERPRISE, users=6, seed=6, days=80).events
    answers = live(bundle, list(to_events(employees)))
    raw, reasons = replayed(bundle, employees)
    assert raw == [a.raw for a in answers]
    assert reasons == [";".join(r.code for r in a.reasons) for a in answers]
    assert any(text.startswith(PROBATION) for text in reasons)
