"""From what callers write to what the engine reads."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.service.fields import EARLIEST_S, LATEST_S, time_ns
from authrisk.service.problems import Problem

UNITS = st.sampled_from([1, 10**3, 10**6, 10**9])


@given(st.floats(0, 1, exclude_max=True), UNITS)
def test_floats_are_read_digit_for_digit(part: float, unit: int) -> None:
    """A float stands for the decimal number that it is written as, cut to whole nanoseconds."""
    value = (EARLIEST_S + (LATEST_S - 1 - EARLIEST_S) * part) * unit
    assert time_ns(value) == Fraction(repr(value)) * (10**9 // unit) // 1


@given(st.integers(EARLIEST_S, LATEST_S - 1), st.integers(0, 10**9 - 1), UNITS)
def test_texts_are_read_digit_for_digit(whole: int, fraction: int, unit: int) -> None:
    """A text loses no digit, down to the nanosecond."""
    number = whole * unit
    expected = (number + Fraction(fraction, 10**9)) * (10**9 // unit) // 1
    assert time_ns(f"{number}.{fraction:09d}") == expected
    assert time_ns(number) == number * (10**9 // unit)


def test_a_carry_is_not_lost() -> None:
    """The last tenth of a microsecond of a second belongs to that second."""
    assert time_ns(1589912560.9999998) == 1_589_912_560_999_999_800


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.5, 0.5, 1e30, 4133980800.0])
def test_other_floats_are_no_time(value: float) -> None:
    """What is no time between 2000 and 2100 is refused."""
    with pytest.raises(Problem):
        time_ns(value)
