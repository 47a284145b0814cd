"""The last-login network: what the current login's row says, without the logins before it.

It has the labels, the features and the training of the supervised model, but no sequence. What
the LSTM has over it is what the sequence adds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from authrisk.evaluation.baselines.design import (
    answered,
    blank,
    chunks,
    fitted,
    weights,
)
from authrisk.evaluation.problem import Problem, Scores
from authrisk.features.catalogue import F
from authrisk.features.encoders import fit_scalers, scale_rows
from authrisk.training.baselines.minibatch import DenseSettings, seeded, train

LAYERS = (256, 128, 64)
DROPOUT = 0.15


@dataclass(frozen=True, slots=True)
class LastLogin:
    """A dense network on the row of the current login."""

    name: str = "last login only"
    supervised: bool = True
    settings: DenseSettings = field(default_factory=DenseSettings)

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Log-odds (N,) where answered, NaN elsewhere."""
        fit, tune = fitted(problem, problem.fit), fitted(problem, problem.tune)
        scalers = fit_scalers(problem.features[fit & problem.legitimate])
        rows = torch.from_numpy(scale_rows(problem.features[fit], scalers))
        label = torch.from_numpy(problem.attack[fit].astype(np.float32))
        weight = torch.from_numpy(weights(problem, fit))
        asked = torch.from_numpy(scale_rows(problem.features[tune], scalers))
        truth = torch.from_numpy(problem.attack[tune].astype(np.float32))
        trust = torch.from_numpy(weights(problem, tune))
        cross_entropy = nn.functional.binary_cross_entropy_with_logits
        with seeded(seed):
            network = _network()
            train(
                network,
                len(rows),
                lambda batch: cross_entropy(
                    network(rows[batch]).squeeze(1), label[batch], weight[batch]
                ),
                lambda: float(cross_entropy(network(asked).squeeze(1), truth, trust)),
                self.settings,
                seed,
            )
            out = blank(problem)
            with torch.no_grad():
                for part in chunks(answered(problem)):
                    scaled = torch.from_numpy(scale_rows(problem.features[part], scalers))
                    out[part] = network(scaled).squeeze(1).numpy().astype(np.float64)
        return out


def _network() -> nn.Sequential:
    """rows (B, F) -> log-odds (B, 1)."""
    layers: list[nn.Module] = []
    width = F
    for units in LAYERS:
        layers += [nn.Linear(width, units), nn.ReLU(), nn.Dropout(DROPOUT)]
        width = units
    return nn.Sequential(*layers, nn.Linear(width, 1))
