"""Slow drift: the attacker has the password and changes one thing a day, until all is their own.

The attacker is as strong as can be: begins as a perfect copy of the victim, and knows beforehand
what each change would score, so takes the change that scores least. A day on which every change
would be challenged is spent with a login like the last accepted one.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from authrisk.evaluation.scenarios.cast import THINGS, Pair
from authrisk.evaluation.scenarios.stage import DAY_NS, HOUR_NS, Stage, attempt
from authrisk.event import LoginEvent
from authrisk.models.calibration import MEDIUM
from authrisk.scorer import Scorer

LONGEST_DAYS = 60


class Drift(NamedTuple):
    """How one attacker fared."""

    before: float
    """riskScore of the attacker's own profile at the beginning."""
    accepted: int
    """Logins that were let in until the attacker's own profile scored below medium."""
    days: int
    """Days until then; LONGEST_DAYS where it never did."""
    succeeded: bool


def drift(stage: Stage, pair: Pair, *, victim_too: bool) -> Drift:
    """Play one attacker; `victim_too`: the victim logs in between, once a day."""
    with stage.scene(pair.victim) as scorer:
        start = stage.end_ns + HOUR_NS
        own = set(pair.differing)
        before = scorer.assess(pair.login("own", start, own)).risk_score
        taken: set[str] = set()
        accepted = 0
        if before < MEDIUM:
            return Drift(before, 0, 0, succeeded=True)
        for day in range(1, LONGEST_DAYS + 1):
            now = start + day * DAY_NS
            if victim_too:
                login = _again(stage, pair, day, now - 2 * HOUR_NS)
                attempt(scorer, login)
            if scorer.assess(pair.login("own", now, own)).risk_score < MEDIUM:
                return Drift(before, accepted, day, succeeded=True)
            step = _quietest(scorer, pair, now, taken, own)
            if step is not None:
                taken.add(step)
            accepted += attempt(scorer, pair.login(f"drift-{day}", now, taken))
        return Drift(before, accepted, LONGEST_DAYS, succeeded=False)


def _quietest(scorer: Scorer, pair: Pair, now: int, taken: set[str], own: set[str]) -> str | None:
    """The change that scores least, if it is let in."""
    scores = {
        thing: scorer.assess(pair.login("try", now, taken | {thing})).risk_score
        for thing in THINGS
        if thing in own - taken
    }
    best = min(scores, key=scores.__getitem__, default=None)
    return best if best is not None and scores[best] < MEDIUM else None


def _again(stage: Stage, pair: Pair, day: int, at_ns: int) -> LoginEvent:
    past = stage.past[pair.victim]
    event = past[-1 - day % min(len(past), 8)]
    return msgspec.structs.replace(
        event, event_id=f"{event.event_id}#own-{day}", timestamp_ns=at_ns
    )
