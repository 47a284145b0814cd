"""Failure flooding: ten thousand failed logins, to lock a user out or to raise alarms."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from authrisk.evaluation.scenarios.cast import PLACE, Pair
from authrisk.evaluation.scenarios.stage import DAY_NS, HOUR_NS, Stage
from authrisk.event import LoginEvent, Outcome

FAILURES = 10_000

Origin = Literal["elsewhere", "same AS", "same address"]
ORIGINS: tuple[Origin, ...] = ("elsewhere", "same AS", "same address")


class Flood(NamedTuple):
    """riskScore of the victim's own next login without and with the flood before it."""

    before: float
    after: float

    @property
    def moved(self) -> float:
        return self.after - self.before


def flood(stage: Stage, pair: Pair, origin: Origin, *, failures: int = FAILURES) -> Flood:
    """Play a flood over the last 24 hours before the victim's login, evenly, against one user."""
    now = stage.end_ns + DAY_NS + HOUR_NS
    own = pair.login("own", now, set())
    with stage.scene(pair.victim) as scorer:
        before = scorer.assess(own).risk_score
        for n in range(failures):
            failed = _failure(pair, origin, n, now - HOUR_NS - (failures - n) * DAY_NS // failures)
            scorer.store.append(failed, scorer.standing_of(failed, 1.0))
        return Flood(before, scorer.assess(own).risk_score)


def _failure(pair: Pair, origin: Origin, n: int, at_ns: int) -> LoginEvent:
    """The n-th attempt. In the same AS it comes from another of its addresses each time."""
    places = set() if origin != "elsewhere" else set(PLACE)
    login = pair.login(f"failed-{n}", at_ns, places)
    address = {}
    if origin == "same AS":
        address = {"src_ip": f"240.{1 + n // 62_500 % 250}.{n // 250 % 250}.{1 + n % 250}"}
    return msgspec.structs.replace(
        login, outcome=Outcome.FAILURE, failure_reason="bad_credentials", **address
    )
