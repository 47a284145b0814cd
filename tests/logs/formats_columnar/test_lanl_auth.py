"""LANL's auth.txt."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from authrisk.event import NS_PER_S, LoginEvent
from authrisk.logs.formats.lanl_auth import PARSER
from authrisk.logs.parser import Ignored, Line, Rejected
from authrisk.logs.reader import read_lines
from authrisk.testing.parser import SETTINGS, parse_text

REAL = Path(__file__).parents[4] / "shared/data/lanl/auth-15k.txt"
LOGIN = "5,U1@DOM1,U2@DOM1,C1,C2,Kerberos,Network,LogOn,Success"


def test_time_counts_from_1970() -> None:
    """Second 5 of the collection is five seconds after midnight of 1970-01-01 UTC."""
    (event,) = parse_text(PARSER, LOGIN)
    assert isinstance(event, LoginEvent)
    assert event.timestamp_ns == 5 * NS_PER_S
    assert (event.user_id, event.actor_name) == ("U2@DOM1", "U1@DOM1")


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("LogOn", "LogIn", "unknown orientation"),
        ("Success", "success", "neither Success nor Fail"),
        ("5,", "five,", "the time is no number of seconds"),
        ("5,", "５,", "the time is no number of seconds"),
        ("C1,", "", "not 9 fields"),
    ],
)
def test_bad_lines_have_a_cause(old: str, new: str, cause: str) -> None:
    """A line off the grammar is rejected with its cause, never guessed at."""
    (item,) = parse_text(PARSER, LOGIN.replace(old, new, 1))
    assert isinstance(item, Rejected)
    assert item.cause == cause


def test_claims() -> None:
    """Nine fields of the right sort are claimed; the red-team list and other CSV are not."""
    assert PARSER.claims([LOGIN])
    assert not PARSER.claims(["150885,U620@DOM1,C17693,C1003"])
    assert not PARSER.claims([LOGIN, "index,Login Timestamp"])


@pytest.mark.skipif(not REAL.exists(), reason="the LANL lines are not beside the checkout")
def test_real_lines_all_parse() -> None:
    """Of 15,000 real lines none is rejected, and each LogOn is an event."""
    lines = [line for line in read_lines([REAL]) if isinstance(line, Line)]
    items = list(PARSER.parse(iter(lines), SETTINGS))
    kinds = Counter(type(item) for item in items)
    assert kinds == {LoginEvent: 5677, Ignored: 9323}
    events = [item for item in items if isinstance(item, LoginEvent)]
    assert len({event.event_id for event in events}) == len(events)
    assert {event.account_kind for event in events} <= {None, "machine", "anonymous", "system"}
