"""Calibrate a trained model and measure it on logins that the calibration did not use."""

from __future__ import annotations

from typing import Any

import numpy as np

from authrisk.evaluation.asked import asked_at, past_of
from authrisk.evaluation.intervals import Floats, estimate, resample
from authrisk.evaluation.metrics import RATES, recall_at
from authrisk.evaluation.periods import Mask
from authrisk.evaluation.probability import fit_platt
from authrisk.evaluation.ranking import descending, rank
from authrisk.evaluation.replay import replay
from authrisk.features.population import Population
from authrisk.models.calibration import HIGH, MEDIUM, Calibration, Calibrator, fit_calibration
from authrisk.models.onnx_model import OnnxModel
from authrisk.training.prepare import Kind, Prepared


def measure(
    prepared: Prepared, model_bytes: bytes, kind: Kind
) -> tuple[Calibration, dict[str, Any]]:
    """Calibrate on every other legitimate user of the calibration period and measure on the rest.

    So no login is both a ruler and measured by it.
    """
    timeline, cases = prepared.timeline, prepared.cases
    legitimate = cases.legitimate[timeline.row_of]
    attack = cases.attack[timeline.row_of]
    wanted = prepared.periods.calibration & (legitimate | attack)
    raw = np.full(len(timeline), np.nan)
    model = OnnxModel(model_bytes)
    for scored in replay(
        timeline, prepared.encoders, prepared.scalers, model, Population(), wanted
    ):
        raw[scored.position] = scored.raw
    tiers = cases.tier.fill_null("labelled").to_numpy()[timeline.row_of]
    ruler = timeline.users % 2 == 0
    platt = None
    if kind == "supervised":
        told = wanted & ruler
        platt = fit_platt(raw[told], legitimate[told], tiers[told])
    calibration = fit_calibration(raw[wanted & legitimate & ruler], platt)
    risk = Calibrator(calibration).risk(raw)
    return calibration, _figures(prepared, wanted & ~ruler, raw, risk)


def _figures(prepared: Prepared, measured: Mask, raw: Floats, risk: Floats) -> dict[str, Any]:
    """Rates, recall by tier with 95 % intervals (users drawn again), in plain numbers."""
    problem = prepared.problem
    at = np.flatnonzero(measured)
    asked = asked_at(
        problem.timeline,
        problem.cases,
        at,
        past_of(problem.features[at]),
        late=np.zeros(at.size, np.bool_),
        unseen=problem.periods.unseen[at],
    )
    scores, resamples = raw[at], resample(asked.owner)
    good = asked.legitimate
    metrics: dict[str, Any] = {"legitimate_logins": int(good.sum())}
    for name, level in (("promised_1pct", MEDIUM), ("promised_0.1pct", HIGH)):
        found = estimate(resamples.rate((risk[at] >= level)[None], good))
        assert found is not None
        metrics[f"{name}_realised"] = found.value
        metrics[f"{name}_interval"] = [found.low, found.high]
    if good.all():
        return metrics
    metrics["attacks"] = int((~good).sum())
    ranking = rank(asked, scores, descending(scores), resamples)
    unseen_good = scores[good & asked.unseen]
    per_tier = {}
    for k, tier in enumerate(ranking.tiers):
        mine = asked.attacks(tier)
        at_1pct, at_01pct = (estimate(ranking.recall[:, r, k]) for r in range(len(RATES)))
        assert at_1pct is not None
        assert at_01pct is not None
        per_tier[tier] = {
            "attacks": int(mine.sum()),
            "recall_at_1pct": at_1pct.value,
            "recall_at_1pct_interval": [at_1pct.low, at_1pct.high],
            "recall_at_0.1pct": at_01pct.value,
            "recall_at_0.1pct_interval": [at_01pct.low, at_01pct.high],
            "recall_at_1pct_unseen_users": recall_at(
                unseen_good, scores[mine & asked.unseen], RATES[0]
            ),
            "auc": float(ranking.auc[0, k]),
        }
    metrics["per_tier"] = per_tier
    return metrics
