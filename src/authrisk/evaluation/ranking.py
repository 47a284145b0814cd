"""One walk down the scores gives every figure of every tier, for the sample and for all rounds.

Logins are taken from the highest score to the lowest, equal scores together. The walk counts the
legitimate logins and the attacks of each tier that were passed, each as often as its user counts
in the round, and notes recall, precision and challenged logins on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from authrisk.evaluation.asked import MACRO_TIERS, Asked
from authrisk.evaluation.intervals import Floats, Resamples
from authrisk.evaluation.metrics import PREVALENCE, RATES, RECALLS


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Figures (1 + B, ...) of K tiers; the first row is the sample itself. NaN where a tier or
    the legitimate logins are missing."""

    tiers: tuple[str, ...]
    recall: Floats
    """(1 + B, len(RATES), K) the threshold is that of the round's own legitimate logins."""
    challenged: Floats
    """(1 + B, len(RECALLS), K) share of legitimate logins challenged at those recalls."""
    precision: Floats
    """(1 + B, K) average precision at PREVALENCE."""
    auc: Floats
    """(1 + B, K)"""

    @property
    def macro(self) -> Floats:
        """(1 + B, len(RATES)) recall, mean over the tiers T0 ... T6 that are there, the mimic left
        out; over whatever there is where none of them is."""
        there = np.isfinite(self.recall[0, 0])
        named = there & np.isin(self.tiers, MACRO_TIERS)
        chosen = named if named.any() else there
        known = np.isfinite(self.recall) & chosen
        sums = np.where(known, self.recall, 0.0).sum(axis=2)
        with np.errstate(invalid="ignore"):
            mean: Floats = sums / known.sum(axis=2)
        return mean


def descending(scores: Floats) -> npt.NDArray[np.int64]:
    """Logins (n,) from the riskiest to the least risky."""
    return np.argsort(-scores, kind="stable")


def rank(
    asked: Asked, scores: Floats, order: npt.NDArray[np.int64], resamples: Resamples
) -> Ranking:
    """The figures of scores (n,) among the logins of `order`, descending by score: all of
    `descending(scores)`, or some of them."""
    tiers = asked.tiers
    kind = np.zeros(asked.tier.size, np.int8)
    for k, name in enumerate(tiers):
        kind[asked.attacks(name)] = k + 1
    ordered = scores[order]
    last = np.ones(order.size, np.bool_)
    last[:-1] = ordered[:-1] != ordered[1:]
    kinds, member = kind[order], resamples.member[order]
    rounds, k = 1 + resamples.rounds, len(tiers)
    found = Ranking(
        tiers=tiers,
        recall=np.full((rounds, len(RATES), k), np.nan),
        challenged=np.full((rounds, len(RECALLS), k), np.nan),
        precision=np.full((rounds, k), np.nan),
        auc=np.full((rounds, k), np.nan),
    )
    _walk(
        kinds, member, last, resamples.weights, np.array(RATES), np.array(RECALLS), PREVALENCE,
        found.recall, found.challenged, found.precision, found.auc,
    )  # fmt: skip
    return found


def over_seeds(rankings: Sequence[Ranking], resamples: Resamples) -> Ranking:
    """The mean over training seeds, each round with the seeds that it draws."""

    def mean(name: str) -> Floats:
        return resamples.over_seeds(np.stack([getattr(r, name) for r in rankings]))

    return Ranking(
        rankings[0].tiers, mean("recall"), mean("challenged"), mean("precision"), mean("auc")
    )


@njit(cache=True, nogil=True)
def _walk(
    kinds, member, last, weights, rates, recalls, prevalence, recall, challenged, precision, auc
):
    # The rounds lie side by side, so that one login is counted in all of them at once.
    rounds, n_kinds = weights.shape[1], precision.shape[1] + 1
    total = np.zeros((n_kinds, rounds), np.int32)
    for i in range(kinds.size):
        _count(total[kinds[i]], weights[member[i]])
    for k in range(1, n_kinds):
        for b in range(rounds):
            if total[0, b] > 0 and total[k, b] > 0:
                precision[b, k - 1] = 0.0
                auc[b, k - 1] = 0.0
    limits = np.empty((rates.size, rounds))
    for r in range(rates.size):
        limits[r] = rates[r] * total[0] + 1e-9
    passed = np.zeros((n_kinds, rounds), np.int32)
    here = np.zeros((n_kinds, rounds), np.int32)
    tiers_here = np.zeros(n_kinds, np.bool_)
    crossed = np.zeros((rates.size, rounds), np.bool_)
    reached = np.zeros((n_kinds, rounds), np.int32)
    for i in range(kinds.size):
        _count(here[kinds[i]], weights[member[i]])
        tiers_here[kinds[i]] = True
        if not last[i]:
            continue
        if tiers_here[1:].any():
            # The threshold of a rate is the score of the login that would be one too many.
            # Between two attacks no recall changes, so it is enough to look here.
            _note_recall(passed, here, total, limits, crossed, recall)
            for k in range(1, n_kinds):
                if tiers_here[k]:
                    _note_attacks(
                        k, passed, here, total, recalls, reached, prevalence, challenged,
                        precision, auc,
                    )  # fmt: skip
                    _count(passed[k], here[k])
                    here[k] = 0
        _count(passed[0], here[0])
        here[0] = 0
        tiers_here[:] = False
    limits[:] = -1.0
    _note_recall(passed, here, total, limits, crossed, recall)
    # Counts are summed and divided once: shares summed would round past 1.
    for k in range(1, n_kinds):
        for b in range(rounds):
            if total[0, b] > 0 and total[k, b] > 0:
                precision[b, k - 1] /= total[k, b]
                auc[b, k - 1] /= float(total[0, b]) * total[k, b]


@njit(cache=True, nogil=True)
def _count(counts, weight):
    for b in range(counts.size):
        counts[b] += weight[b]


@njit(cache=True, nogil=True)
def _note_recall(passed, here, total, limits, crossed, recall):
    for r in range(limits.shape[0]):
        for b in range(limits.shape[1]):
            if not crossed[r, b] and passed[0, b] + here[0, b] > limits[r, b]:
                crossed[r, b] = True
                for k in range(1, passed.shape[0]):
                    if total[k, b] > 0 and total[0, b] > 0:
                        recall[b, r, k - 1] = passed[k, b] / total[k, b]


@njit(cache=True, nogil=True)
def _note_attacks(k, passed, here, total, recalls, reached, prevalence, challenged, precision, auc):
    for b in range(here.shape[1]):
        mine = here[k, b]
        if mine == 0 or total[0, b] == 0:
            continue
        false = (passed[0, b] + here[0, b]) / total[0, b]
        share = (passed[k, b] + mine) / total[k, b]
        hits = prevalence * share
        precision[b, k - 1] += mine * (hits / (hits + (1 - prevalence) * false))
        auc[b, k - 1] += mine * (total[0, b] - passed[0, b] - 0.5 * here[0, b])
        while reached[k, b] < recalls.size and share >= recalls[reached[k, b]] - 1e-12:
            challenged[b, reached[k, b], k - 1] = false
            reached[k, b] += 1
