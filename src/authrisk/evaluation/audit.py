"""The audit: fakes must not be told from real logins by anything that the attacker left alone.

A small booster is shown one view at a time (`audit_views`) and asked, by cross-validation grouped
by victim, which logins are fakes. It must fail. If it does not, an artefact of the injector tells
them apart, every model would learn it, and no figure measured on these fakes may be published.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import numpy as np

from authrisk.errors import AuthriskError, InputError
from authrisk.evaluation.audit_views import Table, View, views
from authrisk.evaluation.metrics import auc
from authrisk.evaluation.periods import Mask
from authrisk.evaluation.problem import Problem

BOUNDS = (0.45, 0.56)
"""What the area under the ROC curve may be where a group of features should tell nothing."""
BORROWED = (0.42, 0.58)
"""The same for borrowings, which fewer logins show and which stand together in few places."""
SHUFFLED = 0.02
"""How far from 0.5 it may be when the labels are shuffled."""
LEAST = 150
"""Victims of a tier below which its area says nothing."""
LEAST_SHUFFLED = 1_500
"""Fakes of all tiers below which chance alone would break the bounds of shuffled labels."""
MIMIC = "T5"
_FOLDS = 3
_ROUNDS = 40
_POSITIVES, _NEGATIVES = 6_000, 12_000
_BOOSTER = {
    "objective": "binary",
    "num_leaves": 6,
    "learning_rate": 0.1,
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
    """What every audit needs and this one could not judge: tiers with too few victims, T5 where
    it is absent, `shuffled` with too few fakes."""
    unjudged: tuple[str, ...]
    """Views of a tier that too few victims have anything for; they are no reason to fail."""

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
        notes = [f"too few to judge {what}" for what in self.unjudged]
        if self.passed:
            verdict = f"passed: {len(self.findings)} views tell nothing that they should not"
            return [verdict, *notes]
        lines = [f"too few fakes to judge {tier}" for tier in self.missing]
        lines += [
            f"{f.view} tells {f.tier} from real logins: area {f.area:.3f}, "
            f"allowed {f.low:.2f} to {f.high:.2f}"
            for f in self.leaks
        ]
        return ["failed: publish no figure measured on these fakes", *lines, *notes]


def audit(problem: Problem, seed: int) -> AuditReport:
    """Try to tell the fakes of a problem from its legitimate logins, one view at a time.

    Raises AuthriskError when LightGBM is not installed (extra `evaluate`), InputError when the
    problem has no injected attacks.
    """
    _lightgbm()
    tiers = sorted(set(problem.tier[problem.attack]) & {f"T{n}" for n in range(7)})
    if not tiers:
        raise InputError("there are no injected attacks to audit")
    every = np.ones(len(problem.owner), np.bool_)
    judged = [tier for tier in tiers if _victims(problem, tier, every) >= LEAST]
    missing = [tier for tier in sorted({*tiers, MIMIC}) if tier not in judged]
    findings, unjudged = [], []
    shown = views(problem)
    for view in shown:
        for tier in sorted(set(view.tiers) & set(judged)):
            if _victims(problem, tier, view.among) >= LEAST:
                findings.append(_finding(problem, view, tier, seed))
            else:
                unjudged.append(f"{view.name} of {tier}")
    if problem.attack.sum() >= LEAST_SHUFFLED:
        whole = next(view for view in shown if view.name == "all")
        findings.append(_shuffled(problem, whole, seed))
    else:
        missing.append("shuffled")
    return AuditReport(tuple(findings), tuple(missing), tuple(unjudged))


def _victims(problem: Problem, tier: str, among: Mask) -> int:
    return np.unique(problem.owner[problem.attack & among & (problem.tier == tier)]).size


def _finding(problem: Problem, view: View, tier: str, seed: int) -> Finding:
    fakes = problem.attack & (problem.tier == tier) & view.among
    chosen, label = _sample(fakes, problem.legitimate & view.among, seed)
    area = _area(view.table[chosen], label, view.cluster[chosen], seed)
    bounds = BORROWED if view.borrowing else BOUNDS
    return Finding(tier, view.name, int(label.sum()), area, *bounds)


def _shuffled(problem: Problem, view: View, seed: int) -> Finding:
    """All fakes and twice as many real logins, with labels drawn by lot, three times over."""
    chosen, label = _sample(problem.attack, problem.legitimate, seed)
    rng = np.random.default_rng(seed)
    areas = [
        _area(view.table[chosen], rng.permutation(label), view.cluster[chosen], seed)
        for _ in range(3)
    ]
    area = float(np.mean(areas))
    return Finding("shuffled", view.name, int(label.sum()), area, 0.5 - SHUFFLED, 0.5 + SHUFFLED)


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
        if len(set(label[held])) < 2:
            continue
        data = lightgbm.Dataset(table[~held], label[~held].astype(np.float64))
        # Leaves of a hundredth at least: a user's own habits are no artefact of an injector.
        leaf = max(40, len(label) // 100)
        settings = {**_BOOSTER, "seed": seed, "min_data_in_leaf": leaf}
        booster = lightgbm.train(settings, data, _ROUNDS)
        score = np.asarray(booster.predict(table[held]))
        areas.append(auc(score[~label[held]], score[label[held]]))
        weights.append(label[held].sum())
    return float(np.average(areas, weights=weights)) if areas else float("nan")


def _lightgbm() -> ModuleType:
    try:
        import lightgbm
    except ImportError as error:
        raise AuthriskError(
            "the audit needs lightgbm, which is not installed",
            remedy="pip install 'authrisk[evaluate]'",
        ) from error
    return lightgbm
