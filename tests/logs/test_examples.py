"""The example parser is complete, runs, and the contract check tells what is missing."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from authrisk.testing.parser import check_parser

EXAMPLE = Path(__file__).parents[2] / "examples" / "parse_logs_generic.py"
HARBOR: Any = runpy.run_path(str(EXAMPLE))["HarborVpn"]


def test_the_example_keeps_the_contract() -> None:
    """Who copies the example starts from a parser that passes."""
    check_parser(HARBOR())


def test_the_example_runs() -> None:
    """It prints one JSON object per event of its sample."""
    done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, check=True)
    events = [json.loads(row) for row in done.stdout.splitlines() if not row.startswith("#")]
    assert [event["user_id"] for event in events] == ["ada", "bob", "bob"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"sample": ""}, "`sample` is empty"),
        ({"expected": ()}, "`expected` is empty"),
        ({"hostile": " "}, "`hostile` is empty"),
        ({"claims": lambda self, head: True}, "claims an empty file"),
        ({"claims": lambda self, head: False}, "does not claim its sample"),
        ({"expected": ({"user_id": "eve"},) * 3}, "user_id is 'ada', not 'eve'"),
        ({"expected": ({"user_id": "ada"},)}, "3 events of the sample, 1 expected"),
        ({"hostile": HARBOR.sample.replace("ada", "Victim")}, "forged user"),
        ({"parse": lambda self, lines, settings: iter(())}, "0 events"),
    ],
)
def test_the_check_tells_what_is_wrong(changes: dict[str, object], fault: str) -> None:
    """Each broken promise is named."""
    broken = type("Broken", (HARBOR,), changes)()
    with pytest.raises(AssertionError, match=fault):
        check_parser(broken)


def test_the_check_finds_a_parser_that_calls_itself() -> None:
    """A parser that recurses into what a line quotes fails on deep nesting."""

    def depth(text: str) -> int:
        inner = text.partition(" (")[2]
        return 1 + depth(inner) if inner else 0

    def parse(self: object, lines: Any, settings: object) -> Any:
        for line in lines:
            depth(line.text)
            yield from HARBOR().parse([line], settings)

    hostile = HARBOR.hostile + "\nquoted (by victim)"
    with pytest.raises(RecursionError):
        check_parser(type("Deep", (HARBOR,), {"parse": parse, "hostile": hostile})())


def test_the_check_finds_a_parser_that_raises() -> None:
    """An exception for bad content comes through."""

    def parse(self: object, lines: Any, settings: object) -> Any:
        for line in lines:
            line.text.encode("ascii")
            yield from HARBOR().parse([line], settings)

    with pytest.raises(UnicodeEncodeError):
        check_parser(type("Raises", (HARBOR,), {"parse": parse})())
