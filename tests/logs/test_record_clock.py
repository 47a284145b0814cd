"""The times of JSON records."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.event import format_time_ns
from authrisk.logs.parser import ParseSettings
from authrisk.logs.record_clock import RecordClock
from authrisk.logs.timestamps import StampReader

SETTINGS = ParseSettings(dt.datetime(2024, 1, 1, tzinfo=dt.UTC), timezone="Europe/Berlin")
TIMES = st.integers(10**17, 9 * 10**18)


@given(st.lists(TIMES, min_size=1, max_size=3), st.sampled_from(["T", " "]))
def test_any_spelling_of_a_time_is_that_time(times: list[int], gap: str) -> None:
    """RFC 3339 to the nanosecond with Z, without a zone (UTC) or an offset, first or repeated."""
    clock = RecordClock(SETTINGS)
    for ns in times + times:
        text = format_time_ns(ns).replace("T", gap)
        assert clock.ns(text) == ns
        assert clock.ns(text.removesuffix("Z")) == ns
        assert clock.ns(text.removesuffix("Z") + "+00:00") == ns
        assert clock.ns(text.removesuffix("Z") + " UTC") == ns


@given(st.text(alphabet="0123456789-: TZ.+", min_size=1, max_size=30))
def test_the_quick_way_reads_what_the_full_way_reads(tail: str) -> None:
    """A minute that is known changes nothing about which stamps are refused."""
    clock, stamps = RecordClock(SETTINGS), StampReader(ParseSettings(SETTINGS.reference))
    clock.ns("2024-02-29T10:11:12Z")
    text = "2024-02-29T10:11" + tail
    try:
        expected = stamps.utc_ns(text.strip())
    except ValueError:
        with pytest.raises(ValueError, match=r"time"):
            clock.ns(text)
    else:
        assert clock.ns(text) == expected


@given(st.integers(10**9, 9 * 10**9))
def test_epoch_numbers_in_any_unit(second: int) -> None:
    """Seconds to nanoseconds, as a number or as text, told by magnitude."""
    clock = RecordClock(SETTINGS)
    for scale in (1, 1000, 10**6, 10**9):
        assert clock.ns(second * scale) == clock.ns(str(second * scale)) == second * 10**9


def test_no_time_at_all_is_the_time_of_the_file() -> None:
    """As a relay stamps what arrives without a time; a time that cannot be read is refused."""
    clock = RecordClock(SETTINGS)
    assert clock.ns(None, "") == 1_704_067_200_000_000_000
    assert clock.ns(None, 1_700_000_000) == 1_700_000_000_000_000_000
    for wrong in ("redacted", "2024", 2024, -1, True, "0001-01-01T00:00:00Z", float("nan")):
        with pytest.raises(ValueError, match=r"time"):
            clock.ns(wrong)
