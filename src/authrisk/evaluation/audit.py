"""The audit: fakes must not be told from real logins by anything that the attacker left alone.

A small booster is shown one view at a time (`audit_views`) and asked, by cross-validation grouped
by victim, which logins are fakes. It must fail. If it does not, an artefact of the injector tells
them apart, every model would learn it, and no figure measured on these fakes may be published.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from authrisk.errors import AuthriskError, InputError
from authrisk.evaluation.audit_views import Table, View, views
from authrisk.evaluation.metrics import auc
from authrisk.evaluation.periods import Mask
from authrisk.evaluation.problem import Problem

BOUNDS = (0.45, 0.56)
"""What the area under the ROC curve may be where nothing should tell."""
SHUFFLED = 0.02
"""How far from 0.5 it may be when the labels are shuffled."""
LEAST = 200
"""Fakes of a tier below which its area says nothing."""
MIMIC = "T5"
_FOLDS = 3
_ROUNDS = 60
_POSITIVES, _NEGATIVES = 8_000, 24_000
_BOOSTER = {
    "objective": "binary",
    "num_leaves": 8,
    "learning_rate": 0.1,
    "min_data_in_leaf": 40,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """How well one view tells the fakes of one tier from real logins."""

    tier: str
    """T0..T6, or `shuffled`."""
    view: str
    fakes: int
    area: float
    """Under the ROC curve, held-out victims, mean over the folds; 0.5 is a coin."""
    low: float
    high: float
    """What it may be."""

    @property
    def passed(self) -> bool:
        """Whether the view is blind."""
        return self.low <= self.area <= self.high


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All findings of one problem."""

    findings: tuple[Finding, ...]
    missing: tuple[str, ...]
    """Tiers with too few fakes to judge, and `T5`, which every audit needs, where it is absent."""

    @property
    def passed(self) -> bool:
        """Whether figures measured on these fakes may be published."""
        return not self.missing and all(finding.passed for finding in self.findings)

    @property
    def leaks(self) -> tuple[Finding, ...]:
        """What tells fakes and must not."""
        return tuple(finding for finding in self.findings if not finding.passed)

    def told(self) -> list[str]:
        """The verdict and its reasons, a line each."""
        if self.passed:
            return [f"passed: {len(self.findings)} views tell nothing that they should not"]
        lines = [f"too few fakes of {tier} to judge it" for tier in self.missing]
        lines += [
            f"{f.view} tells {f.tier} from real logins: area {f.area:.3f}, "
            f"allowed {f.low:.2f} to {f.high:.2f}"
            for f in self.leaks
        ]
        return ["failed: publish no figure measured on these fakes", *lines]


def audit(problem: Problem, seed: int) -> AuditReport:
    """Try to tell the fakes of a problem from its legitimate logins, one view at a time.

    Raises AuthriskError when LightGBM is not installed (extra `evaluate`), InputError when the
    problem has no injected attacks.
    """
    _lightgbm()
    tiers = sorted(set(problem.tier[problem.attack]) & {f"T{n}" for n in range(7)})
    if not tiers:
        raise InputError("there are no injected attacks to audit")
    sizes = {tier: int(((problem.tier == tier) & problem.attack).sum()) for tier in tiers}
    scarce = [tier for tier in tiers if sizes[tier] < LEAST]
    missing = scarce if MIMIC in tiers else [*scarce, MIMIC]
    shown = views(problem)
    findings = [
        _finding(problem, view, tier, seed)
        for view in shown
        for tier in view.tiers
        if tier in tiers and tier not in scarce
    ]
    whole = next(view for view in shown if view.name == "all")
    findings += _shuffled(problem, whole, seed)
    return AuditReport(tuple(findings), tuple(missing))


def _finding(problem: Problem, view: View, tier: str, seed: int) -> Finding:
    fakes = problem.attack & (problem.tier == tier)
    chosen, label = _sample(fakes, view.among, seed)
    area = _area(view.table[chosen], label, view.cluster[chosen], seed)
    return Finding(tier, view.name, int(label.sum()), area, *BOUNDS)


def _shuffled(problem: Problem, view: View, seed: int) -> Iterator[Finding]:
    """All fakes and as many real logins three times over, with labels drawn by lot."""
    chosen, label = _sample(problem.attack, view.among, seed)
    label = np.random.default_rng(seed).permutation(label)
    area = _area(view.table[chosen], label, view.cluster[chosen], seed)
    yield Finding("shuffled", view.name, int(label.sum()), area, 0.5 - SHUFFLED, 0.5 + SHUFFLED)


def _sample(fakes: Mask, real: Mask, seed: int) -> tuple[np.ndarray, Mask]:
    """Positions of some fakes and some real logins, and which are fakes."""
    rng = np.random.default_rng(seed)
    positive = rng.permutation(np.flatnonzero(fakes))[:_POSITIVES]
    negative = rng.permutation(np.flatnonzero(real))[:_NEGATIVES]
    chosen = np.concatenate([positive, negative])
    return chosen, np.arange(chosen.size) < positive.size


def _area(table: Table, label: Mask, cluster: np.ndarray, seed: int) -> float:
    """Mean area over folds of clusters, of a small booster on the columns (n, C) of one view."""
    lightgbm = _lightgbm()
    _, number = np.unique(cluster, return_inverse=True)
    fold = np.random.default_rng(seed + 1).integers(0, _FOLDS, number.max() + 1)[number]
    areas, weights = [], []
    for k in range(_FOLDS):
        held = fold == k
        data = lightgbm.Dataset(table[~held], label[~held].astype(np.float64))
        booster = lightgbm.train({**_BOOSTER, "seed": seed}, data, _ROUNDS)
        score = np.asarray(booster.predict(table[held]))
        areas.append(auc(score[~label[held]], score[label[held]]))
        weights.append(label[held].sum())
    return float(np.average(areas, weights=weights))


def _lightgbm() -> ModuleType:
    try:
        import lightgbm
    except ImportError as error:
        raise AuthriskError(
            "the audit needs lightgbm, which is not installed",
            remedy="pip install 'authrisk[evaluate]'",
        ) from error
    return lightgbm
