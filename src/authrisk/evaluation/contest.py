"""Champion against challenger: two bundles on the same logins, judged in the same turn.

Where attacks are known or injected, recall is compared in pairs; without any it still shows what
would change for the people who log in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from authrisk.errors import InputError
from authrisk.evaluation.asked import MIMIC, Asked, Past, asked_at, past_of
from authrisk.evaluation.cases import Cases, lay_out
from authrisk.evaluation.intervals import ROUNDS, Estimate, Floats, Resamples, estimate, resample
from authrisk.evaluation.metrics import RATES
from authrisk.evaluation.ranking import Ranking, descending, rank
from authrisk.evaluation.replay import replay
from authrisk.features.coded import TIME
from authrisk.features.population import Population
from authrisk.features.timeline import Timeline
from authrisk.models.bundle import Bundle
from authrisk.models.calibration import HIGH, MEDIUM

LEVELS = {MEDIUM: 0.01, HIGH: 0.001}
"""Levels of riskScore and the share of legitimate logins that each promises to reach it."""


class TierDuel(msgspec.Struct, frozen=True):
    """Recall of both at one false-positive rate, and what the challenger gains, in pairs."""

    tier: str
    rate: float
    attacks: int
    champion: Estimate | None
    challenger: Estimate | None
    gain: Estimate | None


class PromiseDuel(msgspec.Struct, frozen=True):
    """Share of legitimate logins at or above a level of riskScore."""

    level: float
    promised: float
    champion: Estimate | None
    challenger: Estimate | None


class Contest(msgspec.Struct, frozen=True):
    """What is told of two bundles on the same logins."""

    champion: str
    challenger: str
    """Name and version."""
    legitimate: int
    users: int
    promises: tuple[PromiseDuel, ...]
    agreement: float
    """Share of legitimate logins to which both give the same level."""
    only_champion: int
    """Legitimate logins that only the champion challenges."""
    only_challenger: int
    users_more: int
    """Users whom the challenger would challenge more often."""
    users_less: int
    tiers: tuple[TierDuel, ...] = ()


@dataclass(frozen=True, slots=True)
class Fought:
    """The figures, and what they mean for each user."""

    contest: Contest
    people: pl.DataFrame
    """`user_id`, `logins` (legitimate), `champion`, `challenger` (of them challenged), `change`;
    the users who would be challenged most in addition come first."""


def fight(cases: Cases, champion: Bundle, challenger: Bundle, *, skip: float = 0.25) -> Fought:
    """Replay all cases through both and measure what comes after the first `skip` of the events.

    Raises InputError without legitimate logins there.
    """
    timeline = lay_out(cases)
    judged = (cases.legitimate | cases.attack)[timeline.row_of]
    wanted = np.zeros(len(timeline), np.bool_)
    wanted[timeline.by_time[int(skip * len(timeline)) :]] = True
    wanted &= judged
    positions = np.flatnonzero(wanted)
    legitimate = cases.legitimate[timeline.row_of[positions]]
    if not legitimate.any():
        raise InputError("there are no legitimate logins to compare on")
    raws, pasts = zip(*(_raw(timeline, b, wanted) for b in (champion, challenger)), strict=True)
    risks = [b.calibrator.risk(r) for b, r in zip((champion, challenger), raws, strict=True)]
    asked = _asked(timeline, cases, positions, pasts[0])
    resamples = resample(asked.owner, 1, ROUNDS)
    levels = [np.digitize(risk, [MEDIUM, HIGH])[legitimate] for risk in risks]
    theirs, mine = (level > 0 for level in levels)
    people = _people(cases, timeline.row_of[positions[legitimate]], theirs, mine)
    contest = Contest(
        champion=f"{champion.name} {champion.version}",
        challenger=f"{challenger.name} {challenger.version}",
        legitimate=int(legitimate.sum()),
        users=people.height,
        promises=tuple(
            PromiseDuel(level, promised, *(_share(r >= level, asked, resamples) for r in risks))
            for level, promised in LEVELS.items()
        ),
        agreement=float((levels[0] == levels[1]).mean()),
        only_champion=int((theirs & ~mine).sum()),
        only_challenger=int((mine & ~theirs).sum()),
        users_more=int((people["change"] > 0).sum()),
        users_less=int((people["change"] < 0).sum()),
        tiers=_duels(asked, raws, resamples) if asked.tiers else (),
    )
    return Fought(contest, people)


def to_json(contest: Contest) -> dict[str, Any]:
    """The contest as plain values."""
    out: dict[str, Any] = msgspec.to_builtins(contest)
    return out


def _raw(timeline: Timeline, bundle: Bundle, wanted: npt.NDArray[np.bool_]) -> tuple[Floats, Past]:
    """Raw scores (n,) and slices of the wanted logins, in order of position."""
    at, raw, pasts = [], [], []
    for scored in replay(
        timeline, bundle.encoders, bundle.scalers, bundle.model, Population(), wanted
    ):
        at.append(scored.position)
        raw.append(scored.raw.astype(np.float64))
        pasts.append(past_of(scored.rows, bundle.scalers))
    order = np.argsort(np.concatenate(at))
    past = Past(*(np.concatenate(columns)[order] for columns in zip(*pasts, strict=True)))
    return np.concatenate(raw)[order], past


def _asked(timeline: Timeline, cases: Cases, positions: npt.NDArray[np.int64], past: Past) -> Asked:
    time_ns = timeline.ints[positions, TIME]
    nobody = np.zeros(positions.size, np.bool_)
    late = time_ns > (time_ns.min() + time_ns.max()) // 2
    return asked_at(timeline, cases, positions, past, late=late, unseen=nobody)


def _share(reached: npt.NDArray[np.bool_], asked: Asked, resamples: Resamples) -> Estimate | None:
    return estimate(resamples.rate(reached[None], asked.legitimate))


def _duels(asked: Asked, raws: tuple[Floats, ...], resamples: Resamples) -> tuple[TierDuel, ...]:
    theirs, mine = (rank(asked, raw, descending(raw), resamples) for raw in raws)
    duels = [
        TierDuel(
            tier, rate, int(asked.attacks(tier).sum()),
            *_pair(theirs.recall[:, r, k], mine.recall[:, r, k]),
        )
        for k, tier in enumerate(theirs.tiers)
        for r, rate in enumerate(RATES)
    ]  # fmt: skip
    return (*duels, *_macros(asked, theirs, mine))


def _macros(asked: Asked, theirs: Ranking, mine: Ranking) -> list[TierDuel]:
    attacks = int((~asked.legitimate & (asked.tier != MIMIC)).sum())
    return [
        TierDuel("macro", rate, attacks, *_pair(theirs.macro[:, r], mine.macro[:, r]))
        for r, rate in enumerate(RATES)
    ]


def _pair(theirs: Floats, mine: Floats) -> tuple[Estimate | None, ...]:
    return estimate(theirs), estimate(mine), estimate(mine - theirs)


def _people(
    cases: Cases,
    rows: npt.NDArray[np.int64],
    theirs: npt.NDArray[np.bool_],
    mine: npt.NDArray[np.bool_],
) -> pl.DataFrame:
    each = pl.DataFrame(
        {"user_id": cases.events["user_id"][rows], "champion": theirs, "challenger": mine}
    )
    people = each.group_by("user_id").agg(
        logins=pl.len().cast(pl.Int64),
        champion=pl.col("champion").sum().cast(pl.Int64),
        challenger=pl.col("challenger").sum().cast(pl.Int64),
    )
    changed = people.with_columns(change=pl.col("challenger") - pl.col("champion"))
    return changed.sort(["change", "user_id"], descending=[True, False])
