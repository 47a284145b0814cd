"""Everything before the network: split, encoders, scalers, rows, stretches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from authrisk.evaluation.cases import Cases, with_hidden
from authrisk.evaluation.periods import DEPLOYED, Periods
from authrisk.evaluation.problem import Problem, pose
from authrisk.features.catalogue import F_LOGIN, F_MOMENT, column
from authrisk.features.encoders import Encoders, Scalers, as_past, fit_scalers, scale_rows
from authrisk.features.timeline import (
    Rows,
    Timeline,
    previous_failure,
    previous_familiar,
    windows,
)
from authrisk.training.dataset import Judged, judge_events
from authrisk.training.start import Start

Kind = Literal["autoencoder", "supervised"]
TierWeights = Mapping[str, float]

SAMPLE = 128
"""Encoded training windows kept in a bundle."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that is worked out before the network is trained."""

    problem: Problem
    scalers: Scalers
    train: Judged
    validation: Judged

    @property
    def cases(self) -> Cases:
        return self.problem.cases

    @property
    def timeline(self) -> Timeline:
        return self.problem.timeline

    @property
    def encoders(self) -> Encoders:
        return self.problem.encoders

    @property
    def periods(self) -> Periods:
        return self.problem.periods

    @property
    def moments(self) -> Rows:
        """(N, F_MOMENT) unscaled population and source columns."""
        return self.problem.features[:, F_LOGIN : F_LOGIN + F_MOMENT]


def prepare(
    cases: Cases,
    kind: Kind,
    seed: int,
    start: Start | None = None,
    tier_weights: TierWeights | None = None,
) -> Prepared:
    """Encode, scale and lay out; the network is not needed for any of it.

    start: what training goes on from; its encoders and scalers are kept.
    tier_weights: of each tier against the others, 1 where none is named.

    Of injected attacks a few are made to hide their client or their place (`with_hidden`).
    """
    encoders, scalers = (None, None) if start is None else (start.encoders, start.scalers)
    problem = pose(with_hidden(cases, seed), seed, DEPLOYED, encoders)
    return prepare_problem(problem, kind, scalers=scalers, tier_weights=tier_weights)


def prepare_problem(
    problem: Problem,
    kind: Kind,
    seed: int = 1,
    scalers: Scalers | None = None,
    tier_weights: TierWeights | None = None,
) -> Prepared:
    """Scale and lay out a problem that is posed already.

    scalers: those of a bundle; fitted on the legitimate training logins by default.

    Of the easy legitimate training logins the supervised model sees one in EASY, which counts for
    all of them: hard negatives are few, and time is better spent on them.
    """
    timeline, legitimate, attack = problem.timeline, problem.legitimate, problem.attack
    fit = problem.fit
    if scalers is None:
        scalers = fit_scalers(problem.features[fit & legitimate])
    rows = problem.features.copy()
    scale_rows(rows, scalers)
    past = as_past(rows, scalers)
    label = attack.astype(np.float32)
    weight = _weights(problem, tier_weights or {})
    judged = legitimate if kind == "autoencoder" else legitimate | attack
    if kind == "supervised":
        easy = _easy(problem) & fit
        kept = np.random.default_rng(seed).random(easy.size) < 1 / EASY
        weight = np.where(easy, weight * EASY, weight)
        judged = judged & (~easy | kept)

    def lay_out(mask: npt.NDArray[np.bool_]) -> Judged:
        return judge_events(timeline, rows, past, mask & judged, label, weight)

    return Prepared(problem, scalers, lay_out(fit), lay_out(problem.tune))


EASY = 6
ATTACKS = 1 / 3
"""Weight of all attacks against all legitimate logins; calibration puts the prior right."""


def _easy(problem: Problem) -> npt.NDArray[np.bool_]:
    """(N,) legitimate logins by a known client from a known address."""
    at = [column("client_new"), column("address_new")]
    easy: npt.NDArray[np.bool_] = problem.legitimate & ~problem.features[:, at].any(axis=1)
    return easy


def _weights(problem: Problem, of_tiers: TierWeights) -> npt.NDArray[np.float32]:
    """(N,) every tier weighs what it is said to, whatever its number: spraying would drown the
    rest."""
    weight = np.ones(len(problem.tier), np.float32)
    for period in (problem.fit, problem.tune):
        tiers = np.unique(problem.tier[period & problem.attack])
        shares = np.array([of_tiers.get(str(tier), 1.0) for tier in tiers])
        for tier, share in zip(tiers, shares / shares.sum(), strict=True):
            mine = period & problem.attack & (problem.tier == tier)
            weight[mine] = ATTACKS * share * (period & problem.legitimate).sum() / mine.sum()
    return weight


def known_columns(prepared: Prepared) -> npt.NDArray[np.float32]:
    """(F,) 1 for columns that differ among the training logins, and for `present`."""
    rows_seen = prepared.train.rows[prepared.train.event]
    known = rows_seen.max(axis=0) > rows_seen.min(axis=0)
    known[column("present")] = True
    weights: npt.NDArray[np.float32] = known.astype(np.float32)
    return weights


def sample_windows(prepared: Prepared, seed: int) -> tuple[npt.NDArray[np.int64], Rows]:
    """Up to SAMPLE training logins: their labels (n,) and scaled windows (n, T, F)."""
    judged = prepared.train
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(judged.event.size)[:SAMPLE])
    return judged.label[chosen].astype(np.int64), windows_at(prepared, judged.event[chosen])


def windows_at(prepared: Prepared, positions: npt.NDArray[np.int64]) -> Rows:
    """Scaled windows (n, T, F) of events of the timeline, by their positions (n,)."""
    timeline = prepared.timeline
    links = previous_familiar(timeline), previous_failure(timeline)
    moment = prepared.moments[positions]
    return windows(timeline, positions, moment, links, prepared.encoders, prepared.scalers)
