"""Calibration: a promise about rates, monotone whatever it was fitted on."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from authrisk.errors import BundleError, InputError
from authrisk.models.calibration import (
    Calibration,
    Calibrator,
    Platt,
    fit_calibration,
    level_of,
)

FLOATS = st.floats(-1e6, 1e6, width=32)
LAW = settings(max_examples=50, derandomize=True)


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    """Any calibration that is allowed."""
    raw = sorted(draw(st.sets(st.floats(-1e6, 1e6), min_size=2, max_size=9)))
    rises = draw(st.lists(st.floats(0, 1e3), min_size=len(raw), max_size=len(raw)))
    slope = draw(st.floats(1e-9, 1e9))
    return Calibration(tuple(raw), tuple(np.cumsum(rises)), slope, logins=100)


@LAW
@given(calibrations(), arrays.arrays(np.float64, 20, elements=st.floats(-1e9, 1e9)))
def test_monotone(calibration: Calibration, raw: np.ndarray) -> None:
    """A higher raw score never has a lower riskScore; each is within 0..1."""
    risk = Calibrator(calibration).risk(np.sort(raw))
    assert (np.diff(risk) >= 0).all()
    assert ((risk >= 0) & (risk <= 1)).all()


@LAW
@given(arrays.arrays(np.float32, st.integers(100, 400), elements=FLOATS))
def test_fitted_on_anything(raw: np.ndarray) -> None:
    """What is fitted on any scores, ties and outliers among them, is monotone, comes back from
    JSON, and keeps its promise on the very scores: no more than asked for reach a threshold."""
    calibration = fit_calibration(raw)
    back = msgspec.json.decode(msgspec.json.encode(calibration), type=Calibration)
    assert back == calibration
    calibrator = Calibrator(calibration)
    ordered = calibrator.risk(np.sort(raw))
    assert (np.diff(ordered) >= 0).all()
    assert ((ordered >= 0) & (ordered <= 1)).all()
    for threshold, share in ((0.25, 0.1), (0.5, 0.01)):
        assert (ordered >= threshold).mean() <= share + 1 / raw.size


@pytest.mark.parametrize("tail", ["normal", "exponential", "heavy"])
def test_promise_on_fresh_scores(tail: str) -> None:
    """Of fresh scores of the same kind 10 %, 1 % and about 0.1 % reach 0.25, 0.5 and 0.75."""
    rng = np.random.default_rng(4)
    draws = {"normal": rng.normal, "exponential": rng.exponential, "heavy": rng.standard_cauchy}
    fitted, fresh = draws[tail](size=20_000), draws[tail](size=100_000)
    risk = Calibrator(fit_calibration(fitted)).risk(fresh)
    assert (risk >= 0.25).mean() == pytest.approx(0.1, rel=0.1)
    assert (risk >= 0.5).mean() == pytest.approx(0.01, rel=0.25)
    assert (risk >= 0.75).mean() == pytest.approx(0.001, rel=0.6)
    assert 0 < (risk == 1.0).mean() < 0.001 or tail == "normal"


def test_too_few() -> None:
    """Fewer than 100 scores, or one that is no number, promise nothing."""
    with pytest.raises(InputError):
        fit_calibration(np.arange(99.0))
    with pytest.raises(InputError):
        fit_calibration(np.append(np.arange(200.0), np.nan))


@pytest.mark.parametrize(
    "change",
    [{"raw": (1.0, 1.0)}, {"raw": (0.0,)}, {"surprise": (1.0, 0.0)}, {"surprise": (-1.0, 0.0)},
     {"tail_slope": 0.0}, {"tail_slope": float("nan")}, {"raw": (0.0, float("inf"))}],
    ids=str,
)  # fmt: skip
def test_refused(change: dict[str, object]) -> None:
    """What falls, is not finite, or is incomplete is no calibration."""
    good = {"raw": (0.0, 1.0), "surprise": (0.0, 1.0), "tail_slope": 1.0, "logins": 9}
    Calibration(**good)
    with pytest.raises(BundleError):
        Calibration(**(good | change))


@LAW
@given(st.floats(0, 1e6), st.floats(-1e6, 1e6), st.lists(st.floats(-1e9, 1e9), min_size=2))
def test_probability_is_monotone(slope: float, intercept: float, raws: list[float]) -> None:
    """The probability rises with the score and stays within 0..1; without labels there is none."""
    good = Calibration((0.0, 1.0), (0.0, 1.0), 1.0, 9, Platt(slope, intercept, 1e-4))
    found = [Calibrator(good).probability(raw) for raw in sorted(raws)]
    assert all(0 <= p <= 1 for p in found)
    assert found == sorted(found)
    assert Calibrator(Calibration((0.0, 1.0), (0.0, 1.0), 1.0, 9)).probability(0.0) is None


def test_levels() -> None:
    """The bounds belong to the higher level."""
    scores = (0.0, 0.4999, 0.5, 0.7499, 0.75, 1.0)
    assert [level_of(s) for s in scores] == ["low", "low", "medium", "medium", "high", "high"]
