"""Adaptation: a promise that follows the traffic, slowly enough not to be led."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from authrisk.errors import StoreError
from authrisk.models.adaptation import REACH, USER_DAILY, Adaptation, adapted
from authrisk.models.calibration import DECADES, Calibrator, fit_calibration

LAW = settings(max_examples=30, derandomize=True)
PRIOR = fit_calibration(np.random.default_rng(1).normal(size=20_000))
LIVE = arrays.arrays(np.float32, st.integers(1, 400), elements=st.floats(-50, 50, width=32))
NOON_NS = 20_000 * 86_400 * 10**9


def adaptation() -> Adaptation:
    return Adaptation(Calibrator(PRIOR), "v1")


def of_all(live: Adaptation, raw: np.ndarray, users: np.ndarray | None = None) -> np.ndarray:
    """riskScores of logins of one day, all of them legitimate."""
    n = raw.size
    users = np.arange(1, n + 1) if users is None else users
    return live.risks(raw, users, np.full(n, NOON_NS), np.ones(n, np.bool_))


@LAW
@given(LIVE, arrays.arrays(np.float64, 20, elements=st.floats(-100, 100)))
def test_monotone_and_bounded(recent: np.ndarray, raw: np.ndarray) -> None:
    """Whatever is seen, a higher raw score has no lower riskScore, and none is moved by more than
    REACH decades."""
    ordered = np.sort(raw)
    risk = Calibrator(adapted(PRIOR, recent)).risk(ordered)
    assert (np.diff(risk) >= -1e-12).all()
    knots = np.array(adapted(PRIOR, recent).raw)
    moved = Calibrator(adapted(PRIOR, recent)).risk(knots) - Calibrator(PRIOR).risk(knots)
    assert np.abs(moved).max() <= REACH / DECADES + 1e-9


def test_few_logins_change_nothing() -> None:
    """Until 250 logins are told the bundle's own calibration is in force."""
    live = adaptation()
    raw = np.full(249, 9.0, np.float32)
    assert np.array_equal(of_all(live, raw), Calibrator(PRIOR).risk(raw))
    assert live.calibrator.calibration is PRIOR


@pytest.mark.parametrize(("shift", "scale"), [(0.5, 1.0), (-0.4, 1.0), (0.0, 1.3), (0.0, 1.0)])
def test_promise_after_a_thousand(shift: float, scale: float) -> None:
    """Where scores lie elsewhere, 1 in 100 reaches 0.5 within a quarter after 1,000 logins."""
    raw = np.random.default_rng(5).normal(shift, scale, 20_000).astype(np.float32)
    risk = of_all(adaptation(), raw)
    assert (risk[1_000:] >= 0.5).mean() == pytest.approx(0.01, rel=0.25)


def test_one_by_one_equals_chunks() -> None:
    """One login after the other gives the riskScores of a replay, however it is cut."""
    rng = np.random.default_rng(6)
    raw = rng.normal(0.5, 1.0, 3_000).astype(np.float32)
    users, legitimate = rng.integers(0, 400, 3_000), rng.random(3_000) < 0.9
    times = NOON_NS + np.sort(rng.integers(0, 9 * 86_400, 3_000)) * 10**9
    whole = adaptation().risks(raw, users, times, legitimate)
    parts, live = adaptation(), adaptation()
    cut = [
        parts.risks(*(column[a : a + 777] for column in (raw, users, times, legitimate)))
        for a in range(0, 3_000, 777)
    ]
    single = []
    for i in range(3_000):
        single.append(float(live.calibrator.risk(raw[i : i + 1])[0]))
        if legitimate[i]:
            live.observe(int(users[i]), int(times[i]), float(raw[i]))
    assert np.array_equal(whole, np.concatenate(cut))
    assert whole.tolist() == single
    assert live.logins > 1_000


def test_one_user_has_little_say() -> None:
    """Of one user a handful of logins a day count; nobody's logins and late ones do not."""
    live = adaptation()
    of_all(live, np.full(1_000, 9.0, np.float32), np.full(1_000, 7))
    assert live.logins == USER_DAILY
    live.observe(0, NOON_NS, 9.0)
    live.observe(8, NOON_NS - 86_400 * 10**9, 9.0)
    assert live.logins == USER_DAILY


@pytest.mark.parametrize("logins", [100, 1_100, 24_900])
def test_snapshot(logins: int) -> None:
    """What comes back from a snapshot goes on alike; another bundle begins anew."""
    rng = np.random.default_rng(7)
    live = adaptation()
    of_all(live, rng.normal(1.0, 1.0, logins).astype(np.float32))
    back = Adaptation.from_bytes(live.to_bytes(), Calibrator(PRIOR), "v1")
    assert back.calibrator.calibration == live.calibrator.calibration
    more = rng.normal(1.0, 1.0, 3_000).astype(np.float32)
    assert np.array_equal(of_all(back, more), of_all(live, more))
    other = Adaptation.from_bytes(live.to_bytes(), Calibrator(PRIOR), "v2")
    assert (other.logins, other.calibrator.calibration) == (0, PRIOR)
    with pytest.raises(StoreError):
        Adaptation.from_bytes(live.to_bytes()[:-9], Calibrator(PRIOR), "v1")
