"""Stamps by columns are stamps one by one."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from authrisk.logs.stamp_column import stamps_ns
from authrisk.logs.timestamps import StampReader
from authrisk.testing.parser import SETTINGS

GOOD = ["Mar  1 00:00:40", "Dec 31 23:59:60", "Mar 1 00:00:01", "Feb 29 2023 00:00:00",
        "Mar  1 2021 10:00:59.5", "2024-01-05T10:00:01.5Z", "2024-01-05 10:00:01,123456789012",
        "2024-01-05T10:00:01 +02", "1969-12-31T23:59:59Z", "2024-01-05T10:00:01+25:00"]  # fmt: skip
STAMPS = st.sampled_from(GOOD) | st.builds(
    lambda text, at, piece: text[:at] + piece + text[at + 1 :],
    st.sampled_from(GOOD),
    st.integers(0, 28),
    st.sampled_from(["0", "9", ":", ".", " ", "Z", "-", "+01:00", ":00", "", "１", "\n"]),
)


@given(st.lists(STAMPS, max_size=12))
def test_columns_are_what_the_reader_says(texts: list[str]) -> None:
    """Any stamps, good, bent or none: the reader's time, or null where it refuses."""

    def one(text: str) -> int | None:
        try:
            return StampReader(SETTINGS).utc_ns(text)
        except ValueError:
            return None

    column = stamps_ns(pl.Series(texts, dtype=pl.String), StampReader(SETTINGS))
    assert column.to_list() == [one(text) for text in texts]
    assert column.dtype == pl.Int64
