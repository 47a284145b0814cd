"""The published comparison in small: a broken model does not pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_no_model_falls_below_its_bounds(tmp_path: Path) -> None:
    """`python -m benchmarks.quality --small` trains, audits, measures, writes its reports, and ends
    well only when every bound of `benchmarks.quality.bounds` holds."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.quality", "--small", "-o", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    for name in ("quality.md", "mixed.md", "mixed.html", "mixed.json"):
        assert (tmp_path / name).stat().st_size > 1_000, name
