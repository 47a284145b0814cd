"""Calm logins: failed attempts are held against what brings something new, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from authrisk.features.calm import KNOWN, without_failures
from authrisk.features.catalogue import NAMES, STEPS, F, column
from authrisk.features.encoders import Scalers

SCALERS = Scalers(NAMES, (0.25,) * F, (2.0,) * F)
FAILURES = [i for i, name in enumerate(NAMES) if name.startswith("failures_")]


def windows(*new: str) -> np.ndarray:
    out = np.full((1, STEPS, F), 0.5, np.float32)
    for name in ("first", *(f"{field}_new" for field in KNOWN)):
        out[0, -1, column(name)] = float(name in new)
    return out


def test_a_calm_login_is_one_without_failures() -> None:
    """The columns of failures are those of nothing failed, scaled; everything else stays."""
    before = windows("city_new", "address_new", "client_new")
    after = without_failures(before.copy(), SCALERS)
    none = np.zeros(F)
    none[column("failures_none")] = 1.0
    expected = ((none - 0.25) * 2.0).astype(np.float32)
    assert np.array_equal(after[0, -1, FAILURES], expected[FAILURES])
    others = np.setdiff1d(np.arange(F), FAILURES)
    assert np.array_equal(after[..., others], before[..., others])
    assert np.array_equal(after[:, :-1], before[:, :-1])


@pytest.mark.parametrize("new", ["first", *(f"{field}_new" for field in KNOWN)])
def test_what_is_new_keeps_its_failures(new: str) -> None:
    """Each kind of novelty, and having no history, keeps the failures in view."""
    before = windows(new)
    assert np.array_equal(without_failures(before.copy(), SCALERS), before)
