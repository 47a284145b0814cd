"""CSV records over lines."""

from __future__ import annotations

import csv
import io
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.logs.parser import PAUSE, Line, Rejected
from authrisk.logs.records import LONGEST_RECORD, UNCLOSED, Record, read_records, split_fields
from authrisk.testing.parser import lines_of

CELL = st.text(st.sampled_from('a",\n é'), max_size=6)


@settings(max_examples=150)
@given(st.lists(st.lists(CELL, min_size=2, max_size=3), min_size=1, max_size=4))
def test_what_a_writer_wrote_is_read(table: list[list[str]]) -> None:
    """Any table that a CSV writer wrote comes back cell for cell, line breaks included."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table)
    items = list(read_records(lines_of(out.getvalue().removesuffix("\n").split("\n"))))
    assert [item.fields for item in items if isinstance(item, Record)] == table
    assert len(items) == len(table)


@settings(max_examples=150)
@given(st.lists(st.text(st.sampled_from('a",'), max_size=6), max_size=8))
def test_every_line_is_accounted_for(texts: list[str]) -> None:
    """Whatever the quotes, each line is in exactly one record or rejection, in order."""
    lines = lines_of(texts)
    seen: list[Line] = []
    for item in read_records(lines):
        seen += [item.line] if isinstance(item, Rejected) else [item.line, *item.rest]
    assert seen == lines


def test_a_pause_ends_no_record() -> None:
    """While a log rests between records that is told; inside a record it is nothing."""
    whole, opening, closing = (Line("f", n, text) for n, text in enumerate(["a", '"b', 'c"'], 1))
    items = list(read_records([whole, PAUSE, opening, PAUSE, closing]))
    assert [item.line for item in items] == [whole, PAUSE, opening]
    assert isinstance(items[-1], Record) and items[-1].fields == ["b\nc"]


def test_damage_costs_one_line() -> None:
    """A row cut off in its quoted field does not take the good rows behind it with it."""
    good = 'x,"y, z",w'
    items = list(read_records(lines_of(['x,"y, z', *[good] * 3])))
    assert [isinstance(item, Record) for item in items] == [False, True, True, True]


def test_an_open_quote_is_bounded() -> None:
    """A quote that never closes takes a bounded number of characters, all of them rejected."""
    lines = lines_of(['x,"y', *["a,b"] * (LONGEST_RECORD // 2), ""])
    items = list(read_records(lines))
    lost = [item for item in items if isinstance(item, Rejected)]
    assert {item.cause for item in lost} == {UNCLOSED}
    assert LONGEST_RECORD / 4 <= len(lost) <= LONGEST_RECORD / 4 + 3
    assert len(items) == len(lines)


def test_cost_is_linear() -> None:
    """Quotes astray cost no more than twice the time for twice the input."""
    for line in ('"', '""', '"""', 'a,"', '","', 'x"y', '"x"y,"'):
        seconds = []
        for count in (20_000, 40_000):
            runs = []
            for _ in range(3):  # the least disturbed of three
                start = time.process_time()
                list(read_records([Line("f", 1, line)] * count))
                runs.append(time.process_time() - start)
            seconds.append(min(runs))
        assert seconds[1] < 5 * seconds[0] + 0.05
    assert split_fields('"' * 200_000) is not None
    assert split_fields('"' * 200_001) is None
