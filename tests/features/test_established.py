"""The established past: old logins, and young ones that bring nothing new."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from authrisk.event import LoginEvent
from authrisk.features.coded import Ints, code_event, coded_from
from authrisk.features.established import established

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
