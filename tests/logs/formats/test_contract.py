"""Every installed format keeps the contract of formats."""

from __future__ import annotations

import dataclasses
import gzip
import random
import re
from importlib.metadata import entry_points

import pytest

from authrisk.event import LoginEvent
from authrisk.logs.choice import choose_formats
from authrisk.logs.discovery import GROUP, formats, load
from authrisk.logs.parse import parse_events
from authrisk.logs.parser import Ignored
from authrisk.logs.reader_format import ReaderFormat
from authrisk.testing.parser import SETTINGS, check_linear, check_parser, parse_text

POINTS = sorted(entry_points(group=GROUP), key=lambda point: point.name)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_format_keeps_the_contract(point) -> None:
    """Sample, expectations and hostile lines are there and hold; noise raises nothing."""
    check_parser(load(point))


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_cost_is_linear_in_the_line(point) -> None:
    """Doubling a line, up to what the format takes, never costs more than 2.5 times as much."""
    check_linear(load(point))


def walked_again(text: str) -> int:
    """Quadratic, whatever the text."""
    return sum(text[at:].startswith("x") for at in range(len(text)))


def blanks_tried_again(text: str) -> int:
    """Quadratic where many blanks stand together."""
    return len(re.findall(r" +$", text))


@pytest.mark.parametrize(
    ("cost", "longest"),
    [(walked_again, 65_536), (walked_again, 16_384), (blanks_tried_again, 16_384)],
)
def test_a_quadratic_reader_is_told(cost, longest: int) -> None:
    """Also one that only reads lines of moderate length; a linear one is not."""
    openldap = formats()["openldap"]
    assert isinstance(openldap, ReaderFormat)

    def opened(read):
        return lambda _settings: lambda line: Ignored(line, str(read(line.text)))

    slow = dataclasses.replace(openldap, longest=longest, opened=opened(cost))
    with pytest.raises(AssertionError, match="half of it"):
        check_linear(slow, 2)
    quick = opened(lambda text: sum(character == "x" for character in text))
    check_linear(dataclasses.replace(slow, opened=quick), 2)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_a_damaged_file_loses_only_what_is_damaged(point, tmp_path) -> None:
    """Binary garbage among the lines and a gzip file that ends too early: what stands before
    gives the same events, and every line is accounted for."""
    parser = load(point)
    events = [item for item in parse_text(parser, parser.sample) if isinstance(item, LoginEvent)]
    noise = random.Random(1).randbytes(20_000).replace(b'"', b"'") + b"\n"
    path = tmp_path / "log"
    path.write_bytes(gzip.compress(parser.sample.encode() + b"\n" + noise)[:-9])
    run = parse_events([path], settings=SETTINGS, format=parser)
    found = list(run.events)
    assert found[: len(events)] == events
    assert "gzip data ends too early" in run.report.rejected


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_a_whole_line_in_a_value_is_no_second_login(point) -> None:
    """Whatever word of a line holds a whole other line of a login of `victim`, nobody is victim."""
    parser = load(point)
    samples = [text for text in parser.sample.split("\n") if text.strip()]
    for field in ("user_id", "user_name"):  # an id that is made of two fields stands nowhere
        names = {str(row[field]) for row in parser.expected if row.get(field)}
        forged = [
            text.replace(name, "victim") for text in samples for name in names if name in text
        ]
        if forged:
            break
    assert forged, f"{parser.name}: no sample line holds a user of `expected`"
    for text in samples:
        for name in names:
            for inner in forged[:6]:
                hostile = text.replace(name, f"x {inner}").replace("\n", " ")
                for item in parse_text(parser, hostile):
                    if isinstance(item, LoginEvent):
                        assert "victim" not in (item.user_id, item.user_name), hostile[:200]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_no_format_claims_the_sample_of_another(point) -> None:
    """Sniffing never has to guess between two formats that ship."""
    head = load(point).sample.split("\n")
    assert [other.name for other in POINTS if load(other).claims(head)] == [point.name]


def test_all_syslog_formats_mix() -> None:
    """No two of them read one program, so that a line never gives two events."""
    assert choose_formats("auto").parser is not None
