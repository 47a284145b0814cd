"""Dense autoencoder: squeezes a login's novelty into a short code, and is surprised by what it
cannot give back.

It sees the row of the last login alone. Trained on legitimate logins with some columns hidden
(Vincent et al., ICML 2008), so that it has to know what goes with what instead of copying.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from authrisk.evaluation.baselines.design import (
    NOVELTY,
    answered,
    blank,
    chunks,
    matrix,
    usual,
)
from authrisk.evaluation.problem import Problem, Scores
from authrisk.features.timeline import Rows
from authrisk.training.baselines.minibatch import DenseSettings, seeded, train

HIDDEN, CODE = 48, 4
MASKED = 0.3
"""Share of the columns that are hidden in training; nothing is hidden when a login is scored."""
NETWORKS = 4
"""Their errors are averaged: of one alone the highest 0.1 % hang on how it was initialised."""
SAMPLE = 200_000
"""Logins that are fitted at most; the code is four numbers wide."""


@dataclass(frozen=True, slots=True)
class DenseAutoencoder:
    """Denoising autoencoder on the last login; the score is its reconstruction error."""

    name: str = "dense autoencoder"
    supervised: bool = False
    settings: DenseSettings = field(default_factory=lambda: DenseSettings(batch=1_024))

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Squared error (N,) where answered, each column in units of its variance; else NaN."""
        usual_rows = matrix(problem, usual(problem, problem.fit), NOVELTY)
        mean = usual_rows.mean(axis=0, dtype=np.float64)
        deviation = np.maximum(usual_rows.std(axis=0, dtype=np.float64), 1e-3)
        if len(usual_rows) > SAMPLE:
            chosen = np.random.default_rng(seed).permutation(len(usual_rows))[:SAMPLE]
            usual_rows = usual_rows[np.sort(chosen)]

        def standard(rows: Rows) -> Tensor:
            return torch.from_numpy(((rows - mean) / deviation).astype(np.float32))

        known = standard(usual_rows)
        asked = standard(matrix(problem, usual(problem, problem.tune), NOVELTY))
        with seeded(seed):
            networks = [self._trained(known, asked, seed * NETWORKS + k) for k in range(NETWORKS)]
            out = blank(problem)
            with torch.no_grad():
                for part in chunks(answered(problem)):
                    rows = standard(problem.features[part[:, None], NOVELTY])
                    errors = [_error(network(rows), rows).numpy() for network in networks]
                    out[part] = np.mean(errors, axis=0, dtype=np.float64)
        return out

    def _trained(self, known: Tensor, asked: Tensor, seed: int) -> nn.Module:
        network = _network(NOVELTY.size)

        def loss(batch: Tensor) -> Tensor:
            whole = known[batch]
            shown = whole * (torch.rand_like(whole) >= MASKED)
            return _error(network(shown), whole).mean()

        def validate() -> float:
            return float(_error(network(asked), asked).mean())

        train(network, len(known), loss, validate, self.settings, seed)
        return network


def _network(columns: int) -> nn.Sequential:
    """(B, C) -> (B, C) through CODE numbers."""
    return nn.Sequential(
        nn.Linear(columns, HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, CODE),
        nn.ReLU(),
        nn.Linear(CODE, HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, columns),
    )


def _error(guess: Tensor, truth: Tensor) -> Tensor:
    """(B, C), (B, C) -> (B,)"""
    return ((guess - truth) ** 2).sum(dim=1)
