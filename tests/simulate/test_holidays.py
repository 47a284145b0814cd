import datetime as dt

import numpy as np
import pytest

from authrisk.simulate.holidays import closed_days, easter, week_shift
from authrisk.simulate.universe import network_universe

WORLD = network_universe()


@pytest.mark.parametrize(
    ("country", "date"),
    [
        ("DE", "2025-04-18"), ("DE", "2025-05-29"), ("PL", "2025-06-19"), ("US", "2025-11-27"),
        ("US", "2025-05-26"), ("BR", "2025-03-04"), ("IN", "2026-08-15"), ("MX", "2025-11-17"),
    ],
)  # fmt: skip
def test_holidays_are_the_real_ones(country, date):
    """Fixed days, Easter's and nth weekdays fall where the calendars of 2025 and 2026 have them."""
    closed = closed_days(WORLD, dt.date.fromisoformat(date), 1, shutdown=False)
    assert closed[WORLD.country(country), 0]


def test_every_country_rests_about_a_dozen_days_a_year():
    """No country works through, and none is closed for weeks."""
    closed = closed_days(WORLD, dt.date(2025, 1, 1), 365, shutdown=False).sum(axis=1)
    assert closed.min() >= 4
    assert closed.max() <= 16


def test_the_window_may_begin_in_one_year_and_end_in_another():
    """A day is closed or not whatever the window that it is looked at in."""
    whole = closed_days(WORLD, dt.date(2024, 12, 1), 60, shutdown=True)
    for offset in (0, 20, 31, 45):
        part = closed_days(WORLD, dt.date(2024, 12, 1) + dt.timedelta(offset), 10, shutdown=True)
        assert np.array_equal(part, whole[:, offset : offset + 10])


def test_easter():
    """Easter Sundays of the years around."""
    days = [easter(year).strftime("%m-%d") for year in (2019, 2024, 2025, 2026, 2038)]
    assert days == ["04-21", "03-31", "04-20", "04-05", "04-25"]


def test_some_weeks_begin_on_sunday():
    """Saudi Arabia works on Sundays, Norway does not."""
    shift = week_shift(WORLD)
    assert (shift[WORLD.country("SA")], shift[WORLD.country("NO")]) == (1, 0)
