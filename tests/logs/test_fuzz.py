"""What `scripts/fuzz.py` looks for at length is looked for in every run of the tests, shortly."""

from __future__ import annotations

import itertools
import random
import runpy
from pathlib import Path

import pytest

FUZZ = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "fuzz.py"))
TEXTS = list(itertools.islice(FUZZ["mutations"](FUZZ["seeds"](), random.Random(20)), 300))


@pytest.mark.parametrize(("name", "target"), FUZZ["targets"]().items())
def test_bent_lines_are_taken_as_promised(name: str, target) -> None:
    """Each grammar and each format: nothing is raised, each line gives an item, none takes long."""
    assert FUZZ["first_failure"](target, TEXTS) is None, name


def test_a_failure_is_told() -> None:
    """The text and what it does, of the first that fails."""

    def fails(text: str) -> None:
        assert "3" not in text, "a three"

    found = FUZZ["first_failure"](fails, map(str, range(9)))
    assert found.startswith("'3'\n")
    assert "a three" in found
