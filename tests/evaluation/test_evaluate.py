"""Evaluation: figures that can be counted again, and nothing measured where nothing is."""

from __future__ import annotations

import json

import polars as pl
import pytest

from authrisk.errors import InputError
from authrisk.evaluation.cases import injected_cases, legitimate_cases
from authrisk.evaluation.evaluate import evaluate, to_json, to_markdown
from authrisk.models.bundle import Bundle


def test_figures(bundle: Bundle, events: pl.DataFrame) -> None:
    """Every late login and attack is counted once; rates and areas lie within 0..1; the report
    names every tier."""
    cases = injected_cases(events, 1, 0.4)
    found = evaluate(cases, bundle)
    assert sum(d.logins for d in found.depths) == found.legitimate
    assert {t.tier for t in found.tiers} >= {"T1", "T2", "T3", "T4"}
    assert sum(t.attacks for t in found.tiers) <= cases.attack.sum()
    for tier in found.tiers:
        low, high = tier.interval_at_1pct
        assert 0 <= low <= tier.recall_at_1pct <= high <= 1
        assert tier.recall_at_01pct <= tier.recall_at_1pct
        assert 0 <= tier.auc <= 1
    assert 0 <= found.realised_01pct <= found.realised_1pct <= 1
    report = to_markdown(found, "events.parquet")
    assert all(f"| {t.tier} | {t.attacks:,} |" in report for t in found.tiers)
    assert json.loads(json.dumps(to_json(found)))["version"] == bundle.version


def test_the_first_part_is_not_measured(bundle: Bundle, events: pl.DataFrame) -> None:
    """What is skipped only builds history."""
    cases = injected_cases(events, 1, 0.4)
    counts = [evaluate(cases, bundle, skip=skip).legitimate for skip in (0.0, 0.5, 0.9)]
    assert counts[0] == cases.legitimate.sum()
    assert counts[0] > counts[1] > counts[2] > 0


def test_nothing_to_measure(bundle: Bundle, events: pl.DataFrame) -> None:
    """Without attacks, or without logins, there is no report."""
    with pytest.raises(InputError, match="nothing to measure"):
        evaluate(legitimate_cases(events), bundle)
    with pytest.raises(InputError):
        evaluate(legitimate_cases(events.clear()), bundle)
