"""The established past: old logins, and young ones that bring nothing new."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.event import LoginEvent
from authrisk.features.coded import Ints, code_event, coded_from
from authrisk.features.established import (
    LONGEST_DAYS,
    PROBATION_DAYS,
    PROBATION_LOGINS,
    PROBATIONS,
    established,
    served,
)

HOME: dict[str, Any] = {
    "src_country": "NO", "src_asn": 2119, "browser": "Chrome", "os": "Windows",
    "device_type": "desktop", "user_agent": "A",
}  # fmt: skip
NETWORK = HOME | {"src_asn": 7018}
ABROAD = NETWORK | {"src_country": "US"}
PHONE = HOME | {"browser": "Safari", "os": "iOS", "device_type": "mobile", "user_agent": "B"}


def rows(*logins: dict[str, Any]) -> Ints:
    events = [
        LoginEvent(event_id=str(n), timestamp_ns=n, user_id="u", **fields)
        for n, fields in enumerate(logins)
    ]
    return coded_from([code_event(event) for event in events]).ints


NOTHING = rows(HOME)[:0]
DAY_NS = 86_400 * 10**9


@pytest.mark.parametrize(
    ("young", "login", "kept"),
    [
        ([NETWORK, HOME], NETWORK | {"user_agent": "C"}, [False, True]),
        ([PHONE], PHONE | {"src_asn": 7018}, [False]),
        ([HOME, NETWORK], ABROAD, [True, False]),
    ],
)
def test_new_things_combined_anew_are_judged_twice(young, login, kept) -> None:
    """Where a login adds a new thing to one that is on probation, young logins with anything new
    are left out and those without stay."""
    good = established(rows(HOME), rows(*young), rows(login)[0])
    assert good is not None
    assert good.tolist() == kept


@pytest.mark.parametrize(
    ("base", "young", "login"),
    [
        ([HOME], [NETWORK], HOME),
        ([HOME], [NETWORK], NETWORK),
        ([HOME], [ABROAD], ABROAD),
        ([HOME], [NETWORK, ABROAD], ABROAD),
        ([HOME], [HOME], ABROAD),
        ([], [NETWORK], ABROAD),
        ([HOME, PHONE], [NETWORK], PHONE),
    ],
)
def test_what_is_no_drift_is_judged_once(base, young, login) -> None:
    """Once is enough where nothing is new, where one thing is, where a login before combined the
    same, where nothing is on probation, and where nothing is established."""
    of_base = rows(*base) if base else NOTHING
    assert established(of_base, rows(*young), rows(login)[0]) is None


def test_absence_is_a_value() -> None:
    """Hiding the client is as new as any other."""
    hidden = HOME | dict.fromkeys(("browser", "os", "device_type", "user_agent"))
    good = established(rows(HOME), rows(hidden), rows(hidden | {"src_asn": 7018})[0])
    assert good is not None
    assert np.array_equal(good, [False])


@given(
    days=st.lists(st.integers(0, 120), max_size=60).map(sorted),
    logins=st.sampled_from(PROBATIONS),
)
def test_probation_takes_days_and_logins(days: list[int], logins: int) -> None:
    """A login has served when it is 21 days old and, where logins are asked for, twenty came after
    it or it is 90 days old; who has served stays so when more is let in or time goes by."""
    times, now = np.array(days, np.int64) * DAY_NS, 120 * DAY_NS
    n = served(times, now, logins)
    for i, day in enumerate(days):
        age, after = 120 - day, len(days) - 1 - i
        done = age >= PROBATION_DAYS and (after >= logins or age >= LONGEST_DAYS)
        assert (i < n) == done
    assert served(np.append(times, now), now, logins) >= n
    assert served(times, now + DAY_NS, logins) >= n


def test_twenty_logins_are_twenty() -> None:
    """The promise is of twenty accepted logins."""
    assert PROBATION_LOGINS >= 20
    assert PROBATION_DAYS >= 14
