"""JSON records are found in whatever layout a log has them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.logs.json_records import Envelope, json_objects
from authrisk.logs.parser import Ignored, Line, Rejected
from authrisk.testing.parser import lines_of

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-999, 999), st.text(max_size=12))
RECORDS = st.lists(
    st.dictionaries(
        st.text(max_size=6),
        st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(st.text(), SCALARS)),
        max_size=4,
    ),
    min_size=1,
    max_size=4,
)
LAYOUTS: dict[str, Callable[[list[Any]], str]] = {
    "one a line": lambda records: "\n".join(map(json.dumps, records)),
    "an array in one line": json.dumps,
    "one a line in an array": lambda records: "[" + ",\n".join(map(json.dumps, records)) + "]",
    "brackets alone": lambda records: "[\n" + "\n,\n".join(map(json.dumps, records)) + "\n]",
    "a printed array": lambda records: json.dumps(records, indent=2),
    "printed one after another": lambda records: "\n".join(
        json.dumps(record, indent=4) for record in records
    ),
    "a printed envelope": lambda records: json.dumps({"n": 1, "value": records}, indent=2),
    "a deeper envelope": lambda records: json.dumps(
        {"stat": {"ok": [1]}, "response": {"value": records, "more": [{"x": 1}]}}, indent=1
    ).replace('"more"', '"value"'),
}


def read(text: str, *lists: str) -> list[Line | Ignored | Rejected]:
    return list(json_objects(lines_of(text.split("\n")), lists))


@pytest.mark.parametrize("layout", list(LAYOUTS)[:-1])
@given(records=RECORDS)
def test_every_layout_holds_the_same_records(layout: str, records: list[Any]) -> None:
    """The same objects come out, in order, and each line of the log has an item."""
    text = LAYOUTS[layout](records)
    items = read(text, "value")
    found = [json.loads(item.text) for item in items if isinstance(item, Line)]
    assert found == records
    assert not any(isinstance(item, Rejected) for item in items)
    assert len(items) >= text.count("\n") + 1


def test_an_envelope_may_be_nested() -> None:
    """The records of an inner list come out alone, without what stands around them."""
    items = read(LAYOUTS["a deeper envelope"]([{"a": 1}, {"a": 2}]), "value")
    found = [json.loads(item.text) for item in items if isinstance(item, Line)]
    assert found == [{"a": 1}, {"a": 2}, {"x": 1}]


def test_a_printed_object_has_the_number_of_its_first_line() -> None:
    """What is reported of a record points at where it begins."""
    numbers = [item.number for item in read('{\n"a":1\n}\n{"b":2}\n{\n}') if isinstance(item, Line)]
    assert numbers == [1, 4, 5]


@pytest.mark.parametrize(
    "broken", ['{\n  "a": 1,', '{\n  "a": {\n    "b":', '{\n  "a": 1,\nplain words', "[\n  {\n"]
)
def test_reading_goes_on_after_an_object_that_does_not_end(broken: str) -> None:
    """A truncated record costs itself and no later one."""
    items = read(f'{broken}\n{{"c":3}}\n{{"d":4}}')
    assert [item.text for item in items if isinstance(item, Line)] == ['{"c":3}', '{"d":4}']
    assert any(isinstance(item, Rejected) for item in items)


def test_an_endless_object_is_given_up() -> None:
    """At most 1 MiB is held back for an object that never closes."""
    start, more = '"a": "' + "x" * 1000 + '",', '"b": "' + "y" * 1000 + '",'
    items = json_objects(lines_of(["{", start, *[more] * 2000]))
    first = next(item for item in items if isinstance(item, Rejected))
    assert first.line.number == 1


@given(records=RECORDS, key=st.sampled_from(["Records", "value", "a.b"]))
def test_an_envelope_opens_at_its_path(records: list[Any], key: str) -> None:
    """The elements of the path come out; an object without the path is itself."""
    envelope = Envelope(["Records", "value", "a.b"])
    content: Any = records
    for name in reversed(key.split(".")):
        content = {"n": 1, name: content}
    opened = envelope.open(json.dumps(content))
    assert [json.loads(bytes(raw)) for raw in opened if not isinstance(raw, str)] == records
    assert envelope.open('{"other": [1]}') == ('{"other": [1]}',)
