"""Range tables against the plainest possible reading of the same ranges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.enrich.ranges import RangeTable, from_ranges


@settings(max_examples=150, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(0, 2)), max_size=12),
       st.sampled_from([np.uint32, np.uint64]), st.booleans())  # fmt: skip
def test_a_table_says_what_its_ranges_say(
    steps: list[tuple[int, int, int]], dtype: type, to_the_top: bool
) -> None:
    """Gap, length and value of each range: every number has its range's value, else 0."""
    expected: list[int] = []
    first, last, values = [], [], []
    for gap, length, value in steps:
        expected += [0] * gap
        first.append(len(expected))
        expected += [value] * length
        last.append(len(expected) - 1)
        values.append(value)
    offset = int(np.iinfo(dtype).max) - len(expected) + 1 if to_the_top and expected else 0
    table = from_ranges(
        np.array(first, dtype=np.uint64) + np.uint64(offset),
        np.array(last, dtype=np.uint64) + np.uint64(offset),
        np.array(values, dtype=np.uint8),
        dtype,
    )
    numbers = np.arange(len(expected), dtype=np.uint64) + np.uint64(offset)
    assert [table.at(int(n)) for n in numbers] == expected
    assert table.at_many(numbers.astype(dtype)).tolist() == expected
    assert np.all(table.starts[1:] > table.starts[:-1])
    assert np.all(table.values[1:] != table.values[:-1])


def test_an_uneven_table_is_refused() -> None:
    """One value for each start."""
    with pytest.raises(ValueError, match="one value"):
        RangeTable(np.array([1], np.uint32), np.array([], np.uint8))
