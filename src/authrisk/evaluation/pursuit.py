"""How soon a campaign is noticed: logins and days until its first one is challenged."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from authrisk.evaluation.asked import CAMPAIGN, Asked
from authrisk.evaluation.intervals import Estimate, Floats, Resamples, estimate
from authrisk.models.calibration import HIGH, MEDIUM

_DAY_NS = 86_400e9


class Pursuit(msgspec.Struct, frozen=True):
    """Campaigns against the riskScore at which a login is challenged. All seeds are pooled, the
    interval draws users and seeds."""

    level: float
    campaigns: int
    logins: float
    """Mean number of logins of a campaign."""
    detected: Estimate | None
    """Share with at least one login challenged."""
    at_once: Estimate | None
    """Share whose first login is challenged."""
    median_logins: float | None
    """Of the detected ones: logins until the first one challenged, 1 is at once."""
    median_days: float | None
    """Of the detected ones: days from the first login to the first one challenged."""


def pursuits(asked: Asked, risk: Floats, resamples: Resamples) -> tuple[Pursuit, ...]:
    """For riskScores (S, n); empty without campaigns."""
    mine = np.flatnonzero(asked.attacks(CAMPAIGN) & (asked.campaign >= 0))
    if not mine.size:
        return ()
    mine = mine[np.lexsort((asked.time_ns[mine], asked.turn[mine], asked.campaign[mine]))]
    _, starts, sizes = np.unique(asked.campaign[mine], return_index=True, return_counts=True)
    return tuple(
        _pursuit(asked, risk >= level, level, mine, starts, sizes, resamples)
        for level in (MEDIUM, HIGH)
    )


def _pursuit(
    asked: Asked,
    hit: npt.NDArray[np.bool_],
    level: float,
    mine: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
    resamples: Resamples,
) -> Pursuit:
    first = mine[starts]
    which = np.repeat(np.arange(starts.size), sizes)
    turn = np.arange(mine.size) - starts[which]
    found = np.zeros((len(hit), asked.tier.size), np.bool_)
    logins, days = [], []
    for s, challenged in enumerate(hit[:, mine]):
        until = np.full(starts.size, np.iinfo(np.int64).max)
        np.minimum.at(until, which[challenged], turn[challenged])
        caught = np.flatnonzero(until < sizes)
        found[s, first[caught]] = True
        logins.append(until[caught] + 1)
        then = mine[starts[caught] + until[caught]]
        days.append((asked.time_ns[then] - asked.time_ns[first[caught]]) / _DAY_NS)
    among = np.zeros(asked.tier.size, np.bool_)
    among[first] = True
    all_logins, all_days = np.concatenate(logins), np.concatenate(days)
    return Pursuit(
        level=level,
        campaigns=int(starts.size),
        logins=float(sizes.mean()),
        detected=estimate(resamples.rate(found, among)),
        at_once=estimate(resamples.rate(hit, among)),
        median_logins=float(np.median(all_logins)) if all_logins.size else None,
        median_days=float(np.median(all_days)) if all_days.size else None,
    )
