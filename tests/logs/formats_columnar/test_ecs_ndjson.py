"""ECS documents, our own and others'."""

from __future__ import annotations

import json

import pytest

from authrisk.event import LoginEvent, Outcome
from authrisk.export import to_ecs
from authrisk.logs.formats.ecs_ndjson import PARSER
from authrisk.logs.parser import Ignored, Rejected
from authrisk.testing.parser import parse_text


def test_our_own_export_comes_back_whole() -> None:
    """Exported events are read back field for field, addresses that are none included."""
    events = [
        LoginEvent(
            event_id="a", timestamp_ns=1, user_id=None, outcome=Outcome.INTERRUPTED, count=3
        ),
        LoginEvent(
            event_id="b",
            timestamp_ns=1_589_912_560_607_000_001,
            user_id="x\ny",
            src_ip="999.1.1.1",
            src_latitude=0.0,
            rtt_ms=1.5,
            source_type="sshd",
            logon_type="network",
        ),
    ]
    text = "\n".join(json.dumps(to_ecs(event)) for event in events)
    assert parse_text(PARSER, text) == events


def test_dotted_and_nested_keys_are_one() -> None:
    """The same document with dotted keys gives the same event."""
    nested = (
        '{"@timestamp":"2020-01-01T00:00:00Z","event":{"category":["authentication"]},'
        '"source":{"geo":{"city_name":"Oslo"}},"user":{"id":"7"}}'
    )
    dotted = (
        '{"@timestamp":"2020-01-01T00:00:00Z","event.category":"authentication",'
        '"source":{"geo.city_name":"Oslo"},"user.id":["7"]}'
    )
    assert parse_text(PARSER, nested) == parse_text(PARSER, dotted)


def test_what_is_no_login_is_counted() -> None:
    """Other categories and ends of sessions are ignored with a cause; broken lines rejected."""
    items = parse_text(PARSER, PARSER.sample + "not json of authentication\n")
    assert [item.cause for item in items if isinstance(item, Ignored)] == [
        "end of a session",
        "event.category is not authentication",
        "empty line",
    ]
    assert [item.cause for item in items if isinstance(item, Rejected)] == ["not a JSON object"]


@pytest.mark.parametrize(
    "location", ['{"lat":91,"lon":0}', '{"lat":"0","lon":0}', "[1]", '"x"', "null", '{"lat":1}']
)
def test_bad_places_are_unknown(location: str) -> None:
    """A coordinate off the globe, half or mistyped is unknown; the login stays."""
    (event,) = parse_text(
        PARSER,
        '{"@timestamp":"2020-01-01T00:00:00Z","event":{"category":["authentication"]},'
        f'"source":{{"geo":{{"location":{location}}}}},"user":{{"id":"7"}}}}',
    )
    assert isinstance(event, LoginEvent)
    assert (event.user_id, event.src_latitude, event.src_longitude) == ("7", None, None)


def test_claims() -> None:
    """JSON lines are claimed only with the marks of ECS on every line."""
    assert PARSER.claims(PARSER.sample.splitlines())
    assert not PARSER.claims(['{"@timestamp":"2020-01-01T00:00:00Z","user":"x"}'])
    assert not PARSER.claims(['{"event":{"category":"authentication"}}'])
    assert not PARSER.claims([*PARSER.sample.splitlines(), "plain"])
