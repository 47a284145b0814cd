"""The gate: a new bundle takes the place of the one that serves only when nothing was lost.

Both answer the same frozen attacks, injected with GATE_SEED into the last part of the events,
which no training and no early stopping looks at.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from authrisk.evaluation.asked import MIMIC
from authrisk.evaluation.cases import injected_cases
from authrisk.evaluation.contest import Contest, PromiseDuel, TierDuel, fight
from authrisk.evaluation.intervals import Estimate
from authrisk.evaluation.metrics import RATES
from authrisk.models.bundle import Bundle

GATE_SEED = 20_001
GATE_SHARE = 0.4
GATE_SKIP = 0.75
"""Share of the events that is not measured: what `periods.DEPLOYED` trains and tunes on."""
TOLERANCE = 0.02
"""Recall at 1 % that a tier may lose; more is refused where the interval leaves no doubt."""
SLACK = {0.01: 0.25, 0.001: 0.50}
"""How far a realised rate may be from the promised one."""
FEWEST = 30
"""Attacks of a tier below which nothing is concluded from it."""


def frozen_contest(
    events: pl.DataFrame, champion: Bundle, challenger: Bundle, bad: pl.Series | None = None
) -> Contest:
    """Both on the frozen attack set. bad: (N,) events known to be attacks."""
    cases = injected_cases(events, GATE_SEED, GATE_SHARE, bad=bad)
    return fight(cases, champion, challenger, skip=GATE_SKIP).contest


def refusals(contest: Contest) -> list[str]:
    """Why the challenger is refused, a sentence for each figure; nothing where it is not."""
    return [*_lost(contest.tiers), *_broken(contest.promises)]


def _lost(tiers: tuple[TierDuel, ...]) -> Iterator[str]:
    for duel in tiers:
        gain = duel.gain
        asked = duel.rate == RATES[0] and duel.tier != MIMIC and duel.attacks >= FEWEST
        if gain is None or not asked:
            continue
        if gain.value < -TOLERANCE and gain.high < 0.0:
            yield (
                f"recall of {duel.tier} at {duel.rate:.0%} falls by {-gain.value:.1%} "
                f"[{-gain.high:.1%}, {-gain.low:.1%}], allowed is {TOLERANCE:.0%}"
            )


def _broken(promises: tuple[PromiseDuel, ...]) -> Iterator[str]:
    for promise in promises:
        slack = SLACK[promise.promised]
        mine = promise.challenger
        if mine is not None and _outside(mine, promise.promised, slack):
            yield (
                f"{mine.value:.2%} [{mine.low:.2%}, {mine.high:.2%}] of the legitimate logins "
                f"reach {promise.level}, promised is {promise.promised:.1%} within {slack:.0%}"
            )


def _outside(found: Estimate, promised: float, slack: float) -> bool:
    """Whether even the end of the interval that is nearest to the promise breaks it."""
    return found.low > promised * (1 + slack) or found.high < promised * (1 - slack)
