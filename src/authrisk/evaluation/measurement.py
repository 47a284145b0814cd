"""From answers to figures: the same measurement for every contender, and differences in pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from authrisk.evaluation.answers import Answers
from authrisk.evaluation.asked import Asked, Index
from authrisk.evaluation.burden import burdens
from authrisk.evaluation.figures import (
    ContenderFigures,
    Curve,
    Difference,
    Promise,
    Spread,
    TierFigures,
    View,
)
from authrisk.evaluation.intervals import Floats, Resamples, estimate
from authrisk.evaluation.metrics import PREVALENCE, RATES, recall_curve
from authrisk.evaluation.periods import Mask
from authrisk.evaluation.probability import EVEN, Reliability, log_odds, reliability
from authrisk.evaluation.pursuit import pursuits
from authrisk.evaluation.ranking import Ranking, descending, over_seeds, rank
from authrisk.evaluation.slices import Slice, slices, views
from authrisk.models.calibration import DECADES, HIGH, MEDIUM

CURVE_RATES = np.geomspace(1e-4, 1.0, 81)
"""False-positive rates of the curves."""
SPREAD_BINS = 40
"""Bins of riskScore."""
MACRO = "macro"


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The figures, and the rounds that paired differences need."""

    figures: ContenderFigures
    rankings: dict[str, Ranking]
    """By view of users: all, warm, unseen."""


def measure_answers(asked: Asked, answers: Answers, resamples: Resamples) -> Measured:
    """Everything that is told of a contender. `resamples` must be of the same logins and seeds."""
    orders = [descending(scores) for scores in answers.raw]
    rankings, seen = {}, []
    for view in views(asked):
        ranking = ranked(asked, answers.raw, orders, view.mask, resamples)
        rankings[view.name] = ranking
        seen.append(_view(asked, answers, resamples, view, ranking))
    for part in slices(asked):
        ranking = ranked(asked, answers.raw, orders, part.mask, resamples)
        seen.append(_view(asked, answers, resamples, part, ranking))
    figures = ContenderFigures(
        name=answers.name,
        supervised=answers.supervised,
        seeds=answers.seeds,
        views=tuple(seen),
        promises=tuple(_promises(asked, answers, resamples)),
        probability=tuple(_probability(asked, answers)),
        burdens=burdens(asked, answers.raw),
        pursuits=pursuits(asked, answers.risk, resamples),
        curves=tuple(_curves(asked, answers)),
        promise_curves=tuple(_promise_curves(asked, answers)),
        spreads=tuple(_spreads(asked, answers)),
    )
    return Measured(figures, rankings)


def ranked(
    asked: Asked, raw: Floats, orders: Sequence[Index], among: Mask, resamples: Resamples
) -> Ranking:
    """The ranking of raw scores (S, n) among the logins of a mask (n,), mean over seeds.

    orders: of each seed, from the riskiest login to the least risky.
    """
    return over_seeds(
        [
            rank(asked, scores, order[among[order]], resamples)
            for scores, order in zip(raw, orders, strict=True)
        ],
        resamples,
    )


def differences(first: Measured, second: Measured) -> Iterator[Difference]:
    """First minus second, per view of users, tier and rate, both with the same rounds."""
    for view, mine in first.rankings.items():
        theirs = second.rankings[view]
        gap = mine.recall - theirs.recall  # (1 + B, rates, K)
        for r, rate in enumerate(RATES):
            macro = (mine.macro - theirs.macro)[:, r]
            for tier, values in [(MACRO, macro), *zip(mine.tiers, gap[:, r].T, strict=True)]:
                yield Difference(
                    first.figures.name, second.figures.name, view, tier, rate, estimate(values)
                )


def periods_of(asked: Asked) -> dict[str, Mask]:
    """The measured periods that hold logins."""
    named = {"test": ~asked.late, "late": asked.late}
    return {name: mask for name, mask in named.items() if mask.any()}


def _view(
    asked: Asked, answers: Answers, resamples: Resamples, part: Slice, ranking: Ranking
) -> View:
    legitimate = asked.legitimate & part.mask
    challenged = answers.risk >= MEDIUM
    macro = [estimate(values) for values in ranking.macro.T]
    tiers = []
    for k, name in enumerate(ranking.tiers):
        mine = asked.attacks(name) & part.mask
        tiers.append(
            TierFigures(
                tier=name,
                attacks=int(mine.sum()),
                recall_at_1pct=estimate(ranking.recall[:, 0, k]),
                recall_at_01pct=estimate(ranking.recall[:, 1, k]),
                average_precision=estimate(ranking.precision[:, k]),
                challenged_at=tuple(estimate(column) for column in ranking.challenged[:, :, k].T),
                auc=estimate(ranking.auc[:, k]),
                caught=estimate(resamples.rate(challenged, mine)),
            )
        )
    return View(
        by=part.by,
        name=part.name,
        legitimate=int(legitimate.sum()),
        users=int(np.unique(asked.owner[legitimate]).size),
        realised=estimate(resamples.rate(challenged, legitimate)),
        tiers=tuple(tiers),
        macro_at_1pct=macro[0],
        macro_at_01pct=macro[1],
    )


def _promises(asked: Asked, answers: Answers, resamples: Resamples) -> Iterator[Promise]:
    for period, mask in periods_of(asked).items():
        among = mask & asked.legitimate
        for level in (MEDIUM, HIGH):
            yield Promise(
                period=period,
                logins=int(among.sum()),
                level=level,
                promised=round(10 ** (-DECADES * level), 9),
                realised=estimate(resamples.rate(answers.risk >= level, among)),
            )


def _probability(asked: Asked, answers: Answers) -> Iterator[Reliability]:
    for prevalence in (PREVALENCE, EVEN) if answers.platts else ():
        odds = np.stack(
            [
                log_odds(platt, raw, prevalence)
                for platt, raw in zip(answers.platts, answers.raw, strict=True)
            ]
        )
        yield reliability(odds, asked.legitimate, asked.tier, prevalence)


def _curves(asked: Asked, answers: Answers) -> Iterator[Curve]:
    for tier in asked.tiers:
        mine = asked.attacks(tier)
        recalls = [recall_curve(raw[asked.legitimate], raw[mine], CURVE_RATES)
                   for raw in answers.raw]  # fmt: skip
        yield Curve(tier, tuple(CURVE_RATES.tolist()), tuple(np.mean(recalls, axis=0).tolist()))


def _promise_curves(asked: Asked, answers: Answers) -> Iterator[Curve]:
    promised = np.geomspace(1e-4, 0.3, 36)
    levels = -np.log10(promised) / DECADES
    for period, mask in periods_of(asked).items():
        risks = [np.sort(risk[mask & asked.legitimate]) for risk in answers.risk]
        realised = [1 - np.searchsorted(r, levels - 1e-12, side="left") / max(1, r.size)
                    for r in risks]  # fmt: skip
        yield Curve(period, tuple(promised.tolist()), tuple(np.mean(realised, axis=0).tolist()))


def _spreads(asked: Asked, answers: Answers) -> Iterator[Spread]:
    for tier in ("", *asked.tiers):
        mine = asked.attacks(tier) if tier else asked.legitimate
        if mine.any():
            counts, _ = np.histogram(answers.risk[:, mine], SPREAD_BINS, (0.0, 1.0))
            yield Spread(tier, tuple((counts / counts.sum()).tolist()))
