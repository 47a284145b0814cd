"""Our models as contenders: trained on a problem, exported, and replayed as the service would."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from authrisk.evaluation.problem import Problem, Scores
from authrisk.evaluation.replay import replay
from authrisk.features.population import Population
from authrisk.models.onnx_model import OnnxModel
from authrisk.training.ensemble import fit_ensemble
from authrisk.training.export import to_onnx
from authrisk.training.fit import FitSettings
from authrisk.training.prepare import Kind, prepare_problem

SUPERVISED = FitSettings(epochs=7, patience=3, learning_rate=2.5e-3)
AUTOENCODER = FitSettings(epochs=8, patience=3, learning_rate=4e-3)
"""The recipes of the shipped bundles."""


@dataclass(frozen=True, slots=True)
class LstmContender:
    """One of our models, with the recipe of the shipped bundles."""

    name: str
    kind: Kind
    settings: FitSettings

    @property
    def supervised(self) -> bool:
        """Whether labels are looked at."""
        return self.kind == "supervised"

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Raw scores (N,) of the ONNX model, NaN where nothing is asked."""
        prepared = prepare_problem(problem, self.kind)
        with TemporaryDirectory() as work:
            network, _ = fit_ensemble(
                self.kind, prepared, replace(self.settings, seed=seed), Path(work), lambda _: None
            )
        model = OnnxModel(to_onnx(network))
        judged = problem.legitimate | problem.attack
        wanted = judged & (problem.periods.calibration | problem.periods.asked)
        raw = np.full(len(problem.timeline), np.nan)
        for scored in replay(
            problem.timeline, problem.encoders, prepared.scalers, model, Population(), wanted
        ):
            raw[scored.position] = scored.raw
        return raw


LSTM_CONTENDERS: tuple[LstmContender, ...] = (
    LstmContender("supervised LSTM", "supervised", SUPERVISED),
    LstmContender("LSTM autoencoder", "autoencoder", AUTOENCODER),
)
