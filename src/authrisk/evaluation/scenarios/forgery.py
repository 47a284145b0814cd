"""Forged feedback, and the account taken back: what verdicts change, and what they undo."""

from __future__ import annotations

from typing import NamedTuple

from authrisk.evaluation.scenarios.cast import Pair
from authrisk.evaluation.scenarios.stage import DAY_NS, HOUR_NS, Stage, attempt


class Forgery(NamedTuple):
    """riskScores of the attacker's own profile."""

    before: float
    after: tuple[float, ...]
    """After 1, 2, ... n forged verdicts, each on one login of the attacker's."""
    taken_back: float
    """After `compromised`, since the first of those logins."""
    untouched: float
    """The same login where none of it ever happened."""


def forgery(stage: Stage, pair: Pair, *, verdicts: int = 5) -> Forgery:
    """One login of the attacker's own profile a day, each called legitimate by a forged verdict;
    then the account is found out and everything since the first is disowned."""
    own = set(pair.differing)
    start = stage.end_ns + HOUR_NS
    probe = pair.login("probe", start + verdicts * DAY_NS, own)
    with stage.scene(pair.victim) as scorer:
        untouched = scorer.assess(probe).risk_score
        before = scorer.assess(pair.login("own", start, own)).risk_score
        after = []
        for n in range(verdicts):
            login = pair.login(f"forged-{n}", start + n * DAY_NS, own)
            attempt(scorer, login)
            scorer.judge(login.event_id, "legitimate")
            after.append(scorer.assess(pair.login("own", start + (n + 1) * DAY_NS, own)).risk_score)
        scorer.judge(login.event_id, "compromised", since_ns=start)
        return Forgery(before, tuple(after), scorer.assess(probe).risk_score, untouched)
