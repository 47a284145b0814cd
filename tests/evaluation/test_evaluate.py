"""Evaluation: figures that can be counted again, and nothing measured where nothing is."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from authrisk.errors import InputError
from authrisk.evaluation.bundle_contender import BundleContender
from authrisk.evaluation.cases import Cases, injected_cases, legitimate_cases
from authrisk.evaluation.evaluate import evaluate, evaluate_beside, to_json
from authrisk.evaluation.figures import Report
from authrisk.evaluation.slices import views
from authrisk.models.bundle import Bundle

TIERS = ("T0", "T1", "T2", "T3", "T4", "T5", "T6")


@pytest.fixture(scope="module")
def cases(events: pl.DataFrame) -> Cases:
    return injected_cases(events, 1, 0.5, TIERS)


@pytest.fixture(scope="module")
def found(cases: Cases, bundle: Bundle) -> Report:
    return evaluate(cases, bundle)


def test_every_login_is_counted_once(found: Report, cases: Cases) -> None:
    """Each kind of slice holds every measured login and attack exactly once."""
    mine = found.contenders[0]
    whole = mine.view()
    assert whole is not None
    assert whole.legitimate == found.setting.legitimate
    assert set(found.setting.attacks) >= set(TIERS[1:])
    assert sum(found.setting.attacks.values()) <= cases.attack.sum()
    for by in ("earlier logins", "last success", "new fields"):
        parts = [v for v in mine.views if v.by == by]
        assert sum(v.legitimate for v in parts) == whole.legitimate
        for tier, attacks in found.setting.attacks.items():
            assert sum(t.attacks for v in parts for t in v.tiers if t.tier == tier) == attacks
    assert sum(p.logins for p in mine.promises if p.level == 0.5) == whole.legitimate


def test_figures_lie_within_their_intervals(found: Report) -> None:
    """Rates lie within 0..1 and within their intervals; 0.1 % catches no more than 1 %."""
    for view in found.contenders[0].views:
        for t in view.tiers:
            if t.recall_at_1pct is None or t.recall_at_01pct is None:
                assert not t.attacks or not view.legitimate
                continue
            for figure in (t.recall_at_1pct, t.recall_at_01pct, t.auc, t.average_precision):
                assert figure is not None
                assert 0 <= figure.low <= figure.high <= 1
            assert t.recall_at_01pct.value <= t.recall_at_1pct.value
        if view.legitimate > 1_000 and view.macro_at_1pct is not None:
            assert view.macro_at_1pct.holds(view.macro_at_1pct.value)


def test_nothing_is_lost_in_json(found: Report) -> None:
    """The JSON report reads back as the same figures, and holds no NaN."""
    text = json.dumps(to_json(found), allow_nan=False)
    assert msgspec.json.decode(text, type=Report) == found


def test_the_first_part_is_not_measured(bundle: Bundle, events: pl.DataFrame) -> None:
    """What is skipped only builds history."""
    cases = injected_cases(events[:4_000], 1, 0.4)
    counts = [evaluate(cases, bundle, skip=skip).setting.legitimate for skip in (0.0, 0.9)]
    assert counts[0] == cases.legitimate.sum()
    assert counts[0] > counts[1] > 0


def test_nothing_to_measure(bundle: Bundle, events: pl.DataFrame) -> None:
    """Without attacks, or without logins, there is no report."""
    with pytest.raises(InputError, match="nothing to measure"):
        evaluate(legitimate_cases(events), bundle)
    with pytest.raises(InputError):
        evaluate(legitimate_cases(events.clear()), bundle)


def test_beside_others(cases: Cases, bundle: Bundle, tmp_path: Path) -> None:
    """A bundle beside itself differs by nothing, in every round; it keeps its own calibration."""
    names: list[str] = []

    class Twin(BundleContender):
        name = "twin"

    found = evaluate_beside(cases, bundle, [Twin(bundle)], tmp_path, say=names.append)
    assert names == [bundle.name, "twin"]
    assert {d.view for d in found.differences} == {"all", "warm", "unseen"}
    for d in found.differences:
        if d.difference is not None:
            assert (d.difference.low, d.difference.value, d.difference.high) == (0, 0, 0)
    mine, other = found.contenders
    assert mine.views == other.views
    assert mine.promises == other.promises


def test_views_part_the_users(cases: Cases) -> None:
    """Warm and unseen users are all users, and nobody is both."""
    from authrisk.evaluation.asked import asked_of
    from authrisk.evaluation.problem import pose

    asked = asked_of(pose(cases, 1))
    whole, warm, unseen = (view.mask for view in views(asked))
    assert whole.all()
    assert np.array_equal(warm, ~unseen)
    assert not set(asked.owner[warm]) & set(asked.owner[unseen])
