"""The small run of `benchmarks.quality`: our models, trained from nothing, are not broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
from benchmarks.quality.bounds import broken
from msgspec.structs import replace

from authrisk.evaluation.figures import ContenderFigures, Report

ROOT = Path(__file__).parents[2]


def dull(contender: ContenderFigures) -> ContenderFigures:
    """The same with a third of its mean recall."""
    views = []
    for view in contender.views:
        macro = view.macro_at_1pct
        less = None if macro is None else replace(macro, value=macro.value / 3)
        views.append(replace(view, macro_at_1pct=less))
    return replace(contender, views=tuple(views))


def test_the_small_run_keeps_its_bounds(tmp_path: Path) -> None:
    """Trained and scored beside baselines on a small audited world, both LSTMs stay within the
    bounds, and would not with a third of their recall; the report is written."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.quality", "--small", "-o", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = msgspec.json.decode((tmp_path / "consumer.json").read_bytes(), type=Report)
    names = {contender.name for contender in report.contenders}
    assert {"supervised LSTM", "LSTM autoencoder", "LightGBM", "isolation forest"} <= names
    assert report.audit is not None
    assert not list(broken(report))
    worse = replace(report, contenders=tuple(dull(c) for c in report.contenders))
    assert {text.partition(":")[0] for text in broken(worse)} == set(report.ours)
    assert (tmp_path / "consumer.md").exists()
    assert (tmp_path / "quality.md").exists()
