"""Described formats: what a description may say, and what is told of a wrong one."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authrisk.errors import FormatError
from authrisk.event import LoginEvent
from authrisk.logs.description import describe
from authrisk.logs.formats.generic import GenericParser, load_description
from authrisk.logs.parser import Ignored, Item, ParseSettings, Rejected
from authrisk.testing.parser import check_parser, parse_lines

EXAMPLE = Path(__file__).parents[3] / "examples" / "acme_login.toml"
SETTINGS = ParseSettings(dt.datetime(2024, 12, 31, tzinfo=dt.UTC), "Europe/Berlin")
JSON = """
name = "shop"
sample = '''{"at": 1714979289123, "ok": true, "who": {"id": 9007199254740993}, "ip": ["::1"]}'''
[fields]
timestamp = "at"
outcome = "ok"
user_id = "who.id"
src_ip = "ip[0]"
mfa = ["second.factor", "used"]
[time]
format = "epoch"
[outcome]
success = ["true"]
failure = ["false"]
"""


def load(tmp_path: Path, text: str) -> GenericParser:
    path = tmp_path / "log.toml"
    path.write_text(text, encoding="utf-8")
    return load_description(path)


def parse(parser: GenericParser, *texts: str) -> list[Item]:
    return parse_lines(parser, *texts, settings=SETTINGS)


def test_the_example_keeps_the_contract() -> None:
    """The shipped description is a parser like any other."""
    check_parser(load_description(EXAMPLE))


def test_json_paths_reach_into_objects_and_lists(tmp_path: Path) -> None:
    """Nested values, list items, long integers and keys with dots come out exactly."""
    parser = load(tmp_path, JSON)
    (event,) = parse(parser, parser.sample[:-1] + ', "second.factor": {"used": "yes"}}')
    assert isinstance(event, LoginEvent)
    assert event.user_id == "9007199254740993"
    assert (event.src_ip, event.mfa) == ("::1", True)
    assert event.timestamp_ns == 1_714_979_289_123_000_000


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("nonsense", "damaged JSON"),
        ("{}", "no timestamp"),
        ('{"at": "x", "ok": true}', "a stamp that is no time"),
        ('{"at": 1, "ok": "perhaps"}', "an outcome that the description does not name"),
        ('{"at": 1, "ok": true, "second.factor": {"used": "maybe"}}', "mfa is no bool"),
        ('{"at": 1, "ok": true, "ok": false}', "a JSON key said twice"),
        ("[" * 100_000, "damaged JSON"),
    ],
)
def test_json_lines_that_do_not_fit(tmp_path: Path, line: str, cause: str) -> None:
    """Each misfit is rejected with its own cause."""
    (item,) = parse(load(tmp_path, JSON), line)
    assert isinstance(item, Rejected) and item.cause == cause


@pytest.mark.parametrize(
    ("form", "stamp", "ns"),
    [
        ("iso", "2024-07-01 10:00:00", 1_719_820_800_000_000_000),
        ("syslog", "Jul  1 10:00:00", 1_719_820_800_000_000_000),
        ("epoch", "1719820800", 1_719_820_800_000_000_000),
        ("%d/%b/%Y:%H:%M:%S", "01/Jul/2024:10:00:00", 1_719_820_800_000_000_000),
        ("%d/%b/%Y:%H:%M:%S %z", "01/Jul/2024:08:00:00 +0000", 1_719_820_800_000_000_000),
    ],
)
def test_time_formats(form: str, stamp: str, ns: int) -> None:
    """Each time format reads the same instant; zone-free stamps are in the settings' zone."""
    parser = GenericParser(
        describe(
            {
                "name": "x", "sample": "x", "pattern": "(?P<timestamp>.+) (?P<user_id>[a-z]+)",
                "time": {"format": form}, "constants": {"outcome": "failure"},
            }
        )
    )  # fmt: skip
    (event,) = parse(parser, f"{stamp} ann")
    assert isinstance(event, LoginEvent)
    assert (event.timestamp_ns, event.outcome) == (ns, "failure")


def test_everything_wrong_is_told_at_once() -> None:
    """One reading of the report is enough to mend a description."""
    with pytest.raises(FormatError) as caught:
        describe(
            {
                "name": "Bad Name", "pattern": "(?P<timestamp>.*", "patern": "x",
                "time": {"format": "%H:%M", "zone": "Mars/Base"},
                "outcome": {"success": ["OK"], "failure": ["ok"], "other": "guess"},
                "constants": {"src_port": "22", "colour": "red"},
                "failure_reason": {"no": "because"}, "expected": [{"usr": 1}],
            }
        )  # fmt: skip
    text = str(caught.value)
    for fault in (
        "`patern`", "`name`", "`pattern`", "unclosed group", "no year", "Mars/Base", "two outcomes",
        "`outcome.other`", "`constants.src_port`", "`constants.colour`", "`failure_reason`",
        "`sample` is missing", "`expected.usr`",
    ):  # fmt: skip
        assert fault in text


VALUES = st.recursive(
    st.one_of(
        st.sampled_from(["", "x", "success", "locked", "epoch", "(", "%", "%Y", "[0]", "UTC"]),
        st.text(max_size=5), st.integers(), st.floats(), st.booleans(), st.just(dt.date.min),
    ),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(
        st.sampled_from(
            ["success", "failure", "other", "format", "zone", "outcome", "failure_reason",
             "timestamp", "user_id", "x"]
        ),
        inner,
        max_size=3,
    ),
    max_leaves=6,
)  # fmt: skip
KEYS = ["name", "title", "pattern", "fields", "ignore", "unknown", "time", "outcome",
        "failure_reason", "constants", "sample", "expected", "hostile"]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"constants": {"outcome": []}}, "`constants.outcome` must be one of"),
        ({"constants": {"failure_reason": {}}}, "`constants.failure_reason`: one of"),
        ({"outcome": {"other": []}}, "`outcome.other` must be"),
        ({"failure_reason": {"no": []}}, "`failure_reason`: one of"),
    ],
)
def test_lists_where_a_word_belongs_are_told(content: dict[str, object], fault: str) -> None:
    """A list or a table in place of a word is a fault like any other."""
    with pytest.raises(FormatError) as caught:
        describe(content)
    assert fault in str(caught.value)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_no_description_crashes_its_reader(content: dict[str, object]) -> None:
    """Whatever a file says, it is a description or its faults are told."""
    with contextlib.suppress(FormatError):
        describe({"name": "x", "sample": "x"} | content)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("(?P<src_ip>", "(?P<ip>"), "`ip` is no field"),
        (("(?P<user_id>", "(?:"), "no `user_id`"),
        (("(?P<timestamp>", "(?:"), "no `timestamp`"),
        ((r"\d{4}-\d\d", r"(?=\d)\d{4}-\d\d"), "look-around"),
        (('user_id = "bob"', 'user_id = "eve"'), "user_id is 'bob', not 'eve'"),
        (('success = ["OK"]', 'success = ["FINE"]'), "does not name"),
        (("portal login OK", "portal  login OK"), "the pattern does not fit"),
        (("name = ", "name == "), "is no TOML"),
    ],
)
def test_a_slip_in_the_example_is_found(
    tmp_path: Path, change: tuple[str, str], fault: str
) -> None:
    """The description is tried on its own sample before any log is read."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert change[0] in text
    with pytest.raises(FormatError) as caught:
        load(tmp_path, text.replace(change[0], change[1], 1))
    assert fault in str(caught.value) and "log.toml" in str(caught.value)


def test_a_missing_description_is_told(tmp_path: Path) -> None:
    """The path that is not there is named."""
    with pytest.raises(FormatError, match=r"none\.toml"):
        load_description(tmp_path / "none.toml")


def test_a_bad_pattern_costs_linear_time() -> None:
    """A pattern that takes a backtracking engine forever is harmless."""
    parser = GenericParser(
        describe(
            {
                "name": "x", "sample": "x", "constants": {"outcome": "failure"},
                "pattern": "(?P<timestamp>(a+)+(.*)*(.*)*) (?P<user_id>b)",
            }
        )
    )  # fmt: skip
    start = time.process_time()
    items = parse(parser, "a" * 65_536, "a" * 1_000_000)
    assert time.process_time() - start < 1
    assert [item.cause for item in items if isinstance(item, Rejected)] == [
        "the pattern does not fit",
        "more than 65536 characters",
    ]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=60)))
def test_every_line_has_its_item(texts: list[str]) -> None:
    """Batches lose no line and keep the order, whatever stands in it."""
    parser = load_description(EXAMPLE)
    sample = parser.sample.split("\n")
    lines = [line for text in texts for line in (text, sample[1])]
    items = parse(parser, *lines)
    assert [i.event_id if isinstance(i, LoginEvent) else i.line.place for i in items] == [
        f"log:{number}" for number in range(1, len(lines) + 1)
    ]
    assert all(isinstance(i, Rejected | Ignored) for i in items[::2])
