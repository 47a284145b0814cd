"""Burden and pursuit: what users feel, and how soon campaigns are noticed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from authrisk.evaluation.asked import Asked
from authrisk.evaluation.burden import LEAST, MOST, burdens
from authrisk.evaluation.intervals import resample
from authrisk.evaluation.pursuit import pursuits

DAY_NS = 86_400 * 10**9


def logins(tiers: list[str], owners: list[int], days: list[float]) -> Asked:
    """Logins of these tiers, owners and days; T6 of one owner is one campaign."""
    n = len(tiers)
    tier, owner = np.array(tiers, dtype=np.str_), np.array(owners)
    return Asked(
        legitimate=tier == "",
        tier=tier,
        owner=owner,
        time_ns=(np.array(days) * DAY_NS).astype(np.int64),
        late=np.zeros(n, np.bool_),
        unseen=np.zeros(n, np.bool_),
        depth=np.zeros(n, np.int64),
        gap_s=np.zeros(n),
        novelty=np.zeros(n, np.int64),
        campaign=np.where(tier == "T6", owner, -1),
        turn=np.arange(n),
    )


def test_challenges_in_a_row() -> None:
    """Users challenged in every third login have four challenges in their first 12, in the order of
    time; shorter histories are not counted."""
    length = [12] * LEAST + [11] * 5
    owners = [u for u, n in enumerate(length) for _ in range(n)]
    days = [float(i) for n in length for i in range(n)]
    asked = logins([""] * len(owners) + ["T1"] * 10, [*owners, *range(10)], [*days, *range(10)])
    raw = np.where(asked.time_ns // DAY_NS % 3 == 0, 5.0, 0.0)
    raw[asked.tier == "T1"] = 5.0
    shuffled = np.random.default_rng(1).permutation(raw.size)
    fields = {name: getattr(asked, name)[shuffled] for name in Asked.__slots__}
    twelve, many = burdens(Asked(**fields), raw[None, shuffled])
    assert (twelve.users, twelve.median, twelve.mean) == (LEAST, 4.0, 4.0)
    assert twelve.shares == tuple(float(k == 4) for k in range(MOST + 1))
    assert (many.users, many.median, many.shares) == (0, None, ())


def test_the_first_challenge_of_a_campaign() -> None:
    """Of three campaigns one is challenged at once, one at its third login after two days, one
    never."""
    owners = [1, 1, 2, 2, 2, 3, 3]
    asked = logins(["T6"] * 7, owners, [0, 1, 0, 1.5, 2, 0, 5])
    risk = np.array([[0.6, 0.1, 0.2, 0.3, 0.8, 0.4, 0.4]])
    medium, high = pursuits(asked, risk, resample(asked.owner, rounds=3))
    assert medium.campaigns == 3
    assert medium.detected is not None
    assert medium.at_once is not None
    assert medium.detected.value == pytest.approx(2 / 3)
    assert medium.at_once.value == pytest.approx(1 / 3)
    assert (medium.median_logins, medium.median_days) == (2.0, 1.0)
    assert (high.median_logins, high.median_days) == (3.0, 2.0)


def test_no_campaigns(asked: Asked, scores: np.ndarray) -> None:
    """Where nothing belongs to a campaign nothing is told."""
    none = replace(asked, campaign=np.full(asked.tier.size, -1))
    assert pursuits(none, scores, resample(asked.owner, 3, 2)) == ()
