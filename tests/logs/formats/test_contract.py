"""Every installed format keeps the contract of formats."""

from __future__ import annotations

import random
import time
from importlib.metadata import entry_points

import pytest

from authrisk.logs.discovery import GROUP, load
from authrisk.logs.parser import Line
from authrisk.testing.parser import SETTINGS, check_parser

POINTS = sorted(entry_points(group=GROUP), key=lambda point: point.name)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_format_keeps_the_contract(point) -> None:  # type: ignore[no-untyped-def]
    """Sample, expectations and hostile lines are there and hold; noise raises nothing."""
    check_parser(load(point))


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_cost_is_linear_in_the_line(point) -> None:  # type: ignore[no-untyped-def]
    """A hostile line of 1 MB costs at most some ms a format; 50 ms is promised, 250 asserted."""
    parser = load(point)
    seeds = [line for line in (parser.sample + "\n" + parser.hostile).split("\n") if line.strip()]
    rng = random.Random(3)
    for line in seeds:
        words = line.split(" ")
        middle = rng.randrange(len(line))
        for long in (
            (line + " ") * (1_000_000 // (len(line) + 1)),
            line[:middle] + line[middle : middle + 1] * 1_000_000 + line[middle:],
            line[: len(line) // 2] + (rng.choice(words) + " ") * (500_000 // 8) + line,
            line[: len(line) // 2] + " from 1.2.3.4 port" * 50_000 + line[len(line) // 2 :],
        ):
            start = time.process_time()
            list(parser.parse([Line("f", 1, long[:1_000_000])], SETTINGS))
            assert time.process_time() - start < 0.25


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_no_format_claims_the_sample_of_another(point) -> None:  # type: ignore[no-untyped-def]
    """Sniffing never has to guess between two formats that ship."""
    head = load(point).sample.split("\n")
    assert [other.name for other in POINTS if load(other).claims(head)] == [point.name]
