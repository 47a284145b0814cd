"""Calibrate a trained model and measure it on logins that the calibration did not use."""

from __future__ import annotations

from typing import Any

import numpy as np

from authrisk.evaluation.metrics import auc, recall_at
from authrisk.evaluation.probability import fit_platt
from authrisk.evaluation.replay import replay
from authrisk.features.population import Population
from authrisk.models.calibration import Calibration, Calibrator, fit_calibration
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
    good = risk[wanted & legitimate & ~ruler]
    bad = wanted & attack & ~ruler
    metrics: dict[str, Any] = {
        "legitimate_logins": int(good.size),
        "promised_1pct_realised": float((good >= 0.5).mean()),
        "promised_0.1pct_realised": float((good >= 0.75).mean()),
    }
    if bad.any():
        metrics["attacks"] = int(bad.sum())
        raws = raw[wanted & legitimate & ~ruler]
        per_tier = {}
        for name in sorted(set(tiers[bad])):
            mine = raw[bad & (tiers == name)]
            unseen = bad & (tiers == name) & prepared.periods.unseen
            per_tier[name] = {
                "attacks": int(mine.size),
                "recall_at_1pct": recall_at(raws, mine, 0.01),
                "recall_at_0.1pct": recall_at(raws, mine, 0.001),
                "recall_at_1pct_unseen_users": recall_at(
                    raw[wanted & legitimate & ~ruler & prepared.periods.unseen], raw[unseen], 0.01
                ),
                "auc": auc(raws, mine),
            }
        metrics["per_tier"] = per_tier
    return calibration, metrics
