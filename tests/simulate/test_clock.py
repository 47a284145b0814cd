import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from authrisk.simulate.clock import RULES, Clocks, clocks_of, local_s, utc_s
from authrisk.simulate.universe import network_universe

ZONES = {
    "Europe/Berlin": (1.0, "europe"), "Europe/Lisbon": (0.0, "europe"),
    "America/New_York": (-5.0, "america"), "America/Los_Angeles": (-8.0, "america"),
    "Australia/Sydney": (10.0, "australia"), "Pacific/Auckland": (12.0, "new_zealand"),
    "Asia/Kolkata": (5.5, "none"), "America/Sao_Paulo": (-3.0, "none"),
}  # fmt: skip
TIMES = np.arange(1_577_836_800.0, 1_893_456_000.0, 5_400.0)  # 2020 to 2029, every 90 minutes


@pytest.mark.parametrize("name", list(ZONES))
def test_clocks_change_when_the_real_ones_do(name):
    """Every change to and from summer time of ten years is that of the time zone database."""
    standard, rule = ZONES[name]
    clocks = Clocks(np.full(len(TIMES), standard), np.full(len(TIMES), RULES.index(rule)))
    zone = ZoneInfo(name)
    wanted = [dt.datetime.fromtimestamp(t, zone).utcoffset().total_seconds() for t in TIMES]
    assert np.array_equal(local_s(clocks, TIMES) - TIMES, wanted)


@pytest.mark.parametrize("name", list(ZONES))
def test_utc_is_the_way_back(name):
    """What a clock shows leads back to the moment, but for the doubled hour of autumn."""
    standard, rule = ZONES[name]
    clocks = Clocks(np.full(len(TIMES), standard), np.full(len(TIMES), RULES.index(rule)))
    back = utc_s(clocks, local_s(clocks, TIMES))
    assert (back != TIMES).sum() <= 10
    assert np.abs(back - TIMES).max() <= 3600.0


def test_wide_countries_have_several_zones():
    """Who lives in the west of the United States gets up later than who lives in the east."""
    universe = network_universe()
    us = np.flatnonzero(universe.as_country[universe.network_as] == universe.country("US"))
    clocks = clocks_of(universe, np.full(len(us), universe.country("US")), us)
    assert set(clocks.standard_h) == {-8.0, -7.0, -6.0, -5.0}
