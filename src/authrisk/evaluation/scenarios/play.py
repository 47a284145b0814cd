"""All scenarios on one file: what the attackers of docs/decisions/slow-drift.md reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import polars as pl

from authrisk.evaluation.scenarios.cast import Pair, pairs
from authrisk.evaluation.scenarios.drift import LONGEST_DAYS, Drift, drift
from authrisk.evaluation.scenarios.flooding import FAILURES, ORIGINS, flood
from authrisk.evaluation.scenarios.forgery import forgery
from authrisk.evaluation.scenarios.pursuit import Campaign, campaigns
from authrisk.evaluation.scenarios.stage import Stage
from authrisk.models.bundle import Bundle
from authrisk.models.calibration import MEDIUM
from authrisk.scorer import Trust

PROMISED_LOGINS, PROMISED_DAYS = 20, 14
"""What a slow drift must take at least."""
PROMISED_MOVE = 0.05
"""What a flood of failures may move the victim's own score."""


class Spread(msgspec.Struct, frozen=True):
    """How a figure differs among victims."""

    least: float
    low: float
    """A twentieth of the victims lies below."""
    median: float
    high: float
    """A twentieth of the victims lies above."""
    most: float


class DriftFigures(msgspec.Struct, frozen=True):
    """Slow drift. Attackers who need none are left out: their own profile is not challenged at
    the beginning, or no more on some later day without any login of theirs."""

    victim_too: bool
    attackers: int
    unchallenged: int
    """Attackers that were left out."""
    held_off: float
    """Share of attackers that needed as much as promised."""
    never: float
    """Share that was not through after LONGEST_DAYS."""
    logins: Spread
    """Accepted logins; those who were never through count as LONGEST_DAYS."""
    days: Spread


class FloodFigures(msgspec.Struct, frozen=True):
    """What a flood moves the victim's own riskScore."""

    origin: str
    failures: int
    moved: Spread
    within: float
    """Share of victims whose score moved no more than promised."""


class ForgeryFigures(msgspec.Struct, frozen=True):
    """riskScore of the attacker's own profile around forged verdicts (medians)."""

    before: float
    after: tuple[float, ...]
    """After 1, 2, ... forged verdicts."""
    taken_back: float
    """Share of victims where `compromised since` brings back the very score of before."""


class CampaignFigures(msgspec.Struct, frozen=True):
    """Campaigns of one to five logins, at the step-up threshold."""

    campaigns: int
    detected: float
    at_once: float
    median_logins: float | None
    """Of the detected ones: logins until the first challenge; 1 is at once."""
    median_days: float | None


class Played(msgspec.Struct, frozen=True):
    """Everything that was played, with one bundle."""

    bundle: str
    version: str
    trust: str
    victims: int
    seed: int
    drifts: tuple[DriftFigures, ...]
    floods: tuple[FloodFigures, ...]
    forgery: ForgeryFigures
    pursuit: CampaignFigures | None


def play(
    events: pl.DataFrame,
    bundle: Bundle,
    *,
    victims: int = 60,
    seed: int = 1,
    trust: Trust = "low-risk",
    failures: int = FAILURES,
    say: Callable[[str], None] = lambda _: None,
) -> Played:
    """Play every scenario against up to `victims` users of the events (sorted by time).

    `say` hears the name of each scenario. Raises InputError when no user has past enough.
    """
    stage = Stage(events, bundle, trust=trust)
    cast = pairs(stage, victims, seed)
    drifts, floods = [], []
    for victim_too in (False, True):
        say("slow drift" + (", the victim in between" if victim_too else ""))
        drifts.append(_drifts([drift(stage, p, victim_too=victim_too) for p in cast], victim_too))
    for origin in ORIGINS:
        say(f"failure flood, {origin}")
        moved = np.array([flood(stage, p, origin, failures=failures).moved for p in cast])
        within = float((np.abs(moved) <= PROMISED_MOVE).mean())
        floods.append(FloodFigures(origin, failures, _spread(moved), within))
    say("forged verdicts")
    forged = _forged(stage, cast)
    say("campaigns")
    found = campaigns(stage, events, victims, seed)
    return Played(
        bundle=bundle.name,
        version=bundle.version,
        trust=trust,
        victims=len(cast),
        seed=seed,
        drifts=tuple(drifts),
        floods=tuple(floods),
        forgery=forged,
        pursuit=_pursuit(found),
    )


def _drifts(all_of_them: Sequence[Drift], victim_too: bool) -> DriftFigures:
    found = [d for d in all_of_them if d.before >= MEDIUM and (d.accepted or not d.succeeded)]
    held = [
        not d.succeeded or (d.accepted >= PROMISED_LOGINS and d.days >= PROMISED_DAYS)
        for d in found
    ]
    logins = [d.accepted if d.succeeded else LONGEST_DAYS for d in found]
    return DriftFigures(
        victim_too=victim_too,
        attackers=len(found),
        unchallenged=len(all_of_them) - len(found),
        held_off=float(np.mean(held)) if held else float("nan"),
        never=float(np.mean([not d.succeeded for d in found])) if found else float("nan"),
        logins=_spread(np.array(logins, np.float64)),
        days=_spread(np.array([d.days for d in found], np.float64)),
    )


def _forged(stage: Stage, cast: Sequence[Pair]) -> ForgeryFigures:
    found = [forgery(stage, p) for p in cast]
    return ForgeryFigures(
        before=float(np.median([f.before for f in found])),
        after=tuple(np.median([f.after for f in found], axis=0).tolist()),
        taken_back=float(np.mean([f.taken_back == f.untouched for f in found])),
    )


def _pursuit(found: Sequence[Campaign]) -> CampaignFigures | None:
    if not found:
        return None
    caught = [c for c in found if c.detected_at is not None]
    return CampaignFigures(
        campaigns=len(found),
        detected=len(caught) / len(found),
        at_once=sum(c.detected_at == 1 for c in found) / len(found),
        median_logins=float(np.median([c.detected_at for c in caught])) if caught else None,
        median_days=float(np.median([c.days for c in caught])) if caught else None,
    )


def _spread(values: np.ndarray) -> Spread:
    if not values.size:
        return Spread(*[float("nan")] * 5)
    return Spread(*np.quantile(values, [0.0, 0.05, 0.5, 0.95, 1.0]).tolist())
