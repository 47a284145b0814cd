"""Calibrate a trained model and measure it on logins that the calibration did not use."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from authrisk.evaluation.metrics import auc, recall_at
from authrisk.evaluation.replay import replay
from authrisk.features.population import Population
from authrisk.models.calibration import Calibration, Calibrator, Platt, fit_calibration
from authrisk.models.onnx_model import OnnxModel
from authrisk.training.prepare import Kind, Prepared

PREVALENCE = 1e-4
"""Share of attacks among logins at which the supervised probability is stated."""


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
    ruler = timeline.users % 2 == 0
    platt = None
    if kind == "supervised":
        platt = _fit_platt(raw[wanted & ruler], attack[wanted & ruler])
    calibration = fit_calibration(raw[wanted & legitimate & ruler], platt)
    risk = Calibrator(calibration).risk(raw)
    good = risk[wanted & legitimate & ~ruler]
    tiers = cases.tier.fill_null("labelled").to_numpy()[timeline.row_of]
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


def _fit_platt(raw: npt.NDArray[np.floating], attack: npt.NDArray[np.bool_]) -> Platt | None:
    """Logistic regression of the label on the raw score, shifted to PREVALENCE."""
    if not attack.any() or attack.all():
        return None
    x = torch.from_numpy(raw.astype(np.float64))
    y = torch.from_numpy(attack.astype(np.float64))
    share = float(y.mean())
    weight = torch.where(y == 1, 0.5 / share, 0.5 / (1 - share))
    slope = torch.ones((), dtype=torch.float64, requires_grad=True)
    intercept = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([slope, intercept], max_iter=100)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        z = torch.nn.functional.softplus(slope) * x + intercept
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y, weight)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    odds = np.log(PREVALENCE / (1 - PREVALENCE))
    rising = float(torch.nn.functional.softplus(slope).detach())
    return Platt(rising, float(intercept.detach()) + float(odds), PREVALENCE)
