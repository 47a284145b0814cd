"""Freeman et al. with Wiefling's weights, against values worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from authrisk.evaluation.baselines.freeman import (
    ADDRESS_WEIGHTS,
    CLIENT_WEIGHTS,
    NOT_JUDGED,
    Freeman,
    Past,
    log_prior,
    log_ratio,
    log_values,
    past_of,
)
from authrisk.evaluation.problem import Problem
from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import to_frame
from authrisk.features.catalogue import column
from authrisk.features.coded import code_frame
from authrisk.features.timeline import FAMILIAR, Timeline, arrange

LOGINS = (
    # user, address, AS, country
    ("ada", "192.0.2.1", 1, "NO"),
    ("ben", "192.0.2.2", 1, "NO"),
    ("ada", "192.0.2.1", 1, "NO"),
    ("ben", "198.51.100.3", 2, "NO"),
    ("ada", "198.51.100.3", 2, "NO"),
    ("ada", "203.0.113.9", 9, "DE"),
)
RATIOS = (
    None,
    None,
    # 2 logins; 192.0.2.1 once, in 1 AS and 1 country; unseen values 1 + 1 AS + 1 country.
    (0.6 * 1 / (2 + 3) * 1 / (1 + 3) + 0.3 * 2 / 2 + 0.1 * 2 / 2) / 1.0,
    # Address and AS are new to everybody, the country is everybody's.
    (0.6 * 1 / (3 + 3) + 0.3 * 0 / 3 + 0.1 * 3 / 3) / (0.1 * 1 / 1),
    # ben's network: new to ada, but for the country.
    (0.6 * 1 / (4 + 4) * 1 / (1 + 3) + 0.3 * 1 / 4 + 0.1 * 4 / 4) / (0.1 * 2 / 2),
    # New to ada at every level: a quarter of what it is for everybody.
    4.0,
)
"""p(address) / p(address | user) of each login."""
PRIORS = (None, None, (1 / 2) / (1 / 2), (1 / 2) / (1 / 3), (1 / 2) / (2 / 4), (1 / 2) / (3 / 5))
"""p(user | attack) / p(user | legitimate)"""


def events(agents: tuple[str, ...] = ("Chrome",) * len(LOGINS)) -> list[LoginEvent]:
    return [
        LoginEvent(
            event_id=str(i),
            timestamp_ns=i * 10**9,
            user_id=user,
            outcome=Outcome.SUCCESS,
            src_ip=address,
            src_asn=asn,
            src_country=country,
            user_agent=f"Mozilla ({agent})",
            browser=agent,
            browser_version="100.0",
            os="Windows",
            os_version="10",
            device_type="desktop",
        )
        for i, ((user, address, asn, country), agent) in enumerate(zip(LOGINS, agents, strict=True))
    ]


def timeline(of: list[LoginEvent], standing: list[int] | None = None) -> Timeline:
    kept = np.full(len(of), FAMILIAR, np.int8) if standing is None else np.array(standing, np.int8)
    return arrange(code_frame(to_frame(of)), kept)


def risks(of: Timeline, struck: np.ndarray | None = None) -> np.ndarray:
    """ln risk of the events in the order in which they were given; NaN without history."""
    past = past_of(of, struck)
    out = np.empty(len(of))
    out[of.row_of[of.by_time]] = log_values(of, past) + log_prior(past)
    return out


def logarithms(values: tuple[float | None, ...]) -> np.ndarray:
    return np.array([math.nan if value is None else math.log(value) for value in values])


def test_the_ratio_of_one_feature_is_the_one_worked_by_hand() -> None:
    """Levels, weights, smoothing and the value that a user never had, to twelve digits."""
    users = np.array([0, 1, 0, 1, 0, 0], np.int32)
    address = np.array([11, 12, 11, 13, 13, 19])
    asn = np.array([1, 1, 1, 2, 2, 9])
    country = np.array([5, 5, 5, 5, 5, 6])
    every, none = np.ones(6, np.bool_), np.zeros(6, np.bool_)
    past = Past(users, np.zeros(6, np.int32), own=every, stray=none, everybody=every)
    found = log_ratio(np.stack([address, asn, country]), past, ADDRESS_WEIGHTS)
    np.testing.assert_allclose(found, logarithms(RATIOS), rtol=1e-12)
    np.testing.assert_allclose(log_prior(past), logarithms(PRIORS), rtol=1e-12, atol=1e-12)


def test_the_risk_of_events_is_the_one_worked_by_hand() -> None:
    """Addresses, clients and users multiply; everybody here has one client."""
    client = [
        # n logins, all with one client in one browser, system and device.
        None if ratio is None else CLIENT_WEIGHTS[0] * (n / (n + 4)) ** 2 + sum(CLIENT_WEIGHTS[1:])
        for n, ratio in enumerate(RATIOS)
    ]
    expected = logarithms(RATIOS) + logarithms(tuple(client)) + logarithms(PRIORS)
    np.testing.assert_allclose(risks(timeline(events())), expected, rtol=1e-12, atol=1e-12)


def test_another_browser_is_less_than_another_device() -> None:
    """The levels of the client: the more of them are the user's own, the lower the risk."""
    usual = events()
    newer = [*usual[:4], _but(usual[4], browser_version="101.0", user_agent="b"), usual[5]]
    other = [*usual[:4], _but(usual[4], browser="Firefox", user_agent="c"), usual[5]]
    phone = [
        *usual[:4],
        _but(usual[4], browser="Safari", user_agent="d", os="iOS", device_type="mobile"),
        usual[5],
    ]
    found = [risks(timeline(of))[4] for of in (usual, newer, other, phone)]
    assert found[0] < found[1] < found[3]
    # Neither the version nor the browser is known, to her or to anybody: one level, one price.
    assert found[1] == pytest.approx(found[2])


def test_an_event_that_is_only_judged_changes_no_other_risk() -> None:
    """A branch teaches nobody: neither its victim nor the population."""
    usual = events()
    fake = _but(usual[4], event_id="fake", src_ip="203.0.113.77", src_country="US", user_agent="x")
    both = [*usual[:4], fake, *usual[4:]]
    standing = [FAMILIAR] * 4 + [0] + [FAMILIAR] * 2
    found = risks(timeline(both, standing))
    expected = risks(timeline(usual))
    assert np.array_equal(np.delete(found, 4), expected, equal_nan=True)
    assert found[4] > expected[4]


def test_what_comes_later_changes_nothing() -> None:
    """The risk of a login stands when it is made."""
    assert np.array_equal(
        risks(timeline(events()))[:5], risks(timeline(events()[:5])), equal_nan=True
    )


def test_a_campaign_meets_its_victims_whole_past_and_keeps_it_clean() -> None:
    """On a shadow, which carries one login of three, the first fake is as risky as on the account
    itself; the second finds the first one familiar; the victim's next login knows neither."""
    usual = events()
    fakes = [_but(usual[5], event_id=f"fake{k}", timestamp_ns=5 * 10**9 + k) for k in (1, 2)]
    after = _but(usual[5], event_id="after", timestamp_ns=6 * 10**9)
    branch = risks(timeline([*usual[:5], fakes[0]], [FAMILIAR] * 5 + [0]))[5]
    clean = risks(timeline([*usual[:5], after]))[5]
    shadow = [_but(event, user_id="ada#1") for event in (usual[4], *fakes)]
    both = [*usual[:4], shadow[0], usual[4], *shadow[1:], after]
    of = timeline(both)
    ada, hers = (
        np.array([event.user_id == name for event in both])[of.row_of] for name in ("ada", "ada#1")
    )
    of = replace(
        of,
        users=np.where(hers, of.users[ada][0], of.users),
        counted=np.where(hers, False, of.counted),
    )
    struck = np.array([event.event_id.startswith("fake") for event in both])[of.row_of]
    found = risks(of, struck)
    assert found[6] == pytest.approx(branch, rel=1e-12)
    assert found[7] < found[6]
    assert found[8] == pytest.approx(clean, rel=1e-12)


def test_a_user_without_history_is_never_flagged(problem: Problem) -> None:
    """First logins are not judged, and lie below everything that is."""
    scores = Freeman().scores(problem, 1)
    judged = problem.legitimate | problem.attack
    first = problem.features[:, column("first")] == 1.0
    assert (scores[judged & first] == NOT_JUDGED).all()
    assert scores[judged & ~first].min() > NOT_JUDGED


def _but(event: LoginEvent, **changes: object) -> LoginEvent:
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    return LoginEvent(**(fields | changes))
