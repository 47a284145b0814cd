"""Dense autoencoder: squeezes a login's novelty into a short code, and is surprised by what it
cannot give back.

It sees the row of the last login alone. Trained on legitimate logins with some columns hidden
(Vincent et al., ICML 2008), so that it has to know what goes with what instead of copying.
"""

from __future__ import annotations

from dataclasses import dataclass

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
from authrisk.training.baselines.minibatch import DenseSettings, seeded, train

HIDDEN, CODE = 48, 4
MASKED = 0.3
"""Share of the columns that are hidden in training; nothing is hidden when a login is scored."""


@dataclass(frozen=True, slots=True)
class DenseAutoencoder:
    """Denoising autoencoder on the last login; the score is its reconstruction error."""

    name: str = "dense autoencoder"
    supervised: bool = False
    settings: DenseSettings = DenseSettings()

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Squared error (N,) where answered, each column in units of its variance; else NaN."""
        rows = matrix(problem, usual(problem, problem.fit), NOVELTY)
        mean = rows.mean(axis=0, dtype=np.float64)
        deviation = np.maximum(rows.std(axis=0, dtype=np.float64), 1e-3)

        def standard(raw: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> Tensor:
            return torch.from_numpy(((raw - mean) / deviation).astype(np.float32))

        known = standard(rows)
        asked = standard(matrix(problem, usual(problem, problem.tune), NOVELTY))
        with seeded(seed):
            network = _network(NOVELTY.size)

            def loss(batch: Tensor) -> Tensor:
                whole = known[batch]
                shown = whole * (torch.rand_like(whole) >= MASKED)
                return _error(network(shown), whole).mean()

            train(
                network,
                len(known),
                loss,
                lambda: float(_error(network(asked), asked).mean()),
                self.settings,
                seed,
            )
            out = blank(problem)
            with torch.no_grad():
                for part in chunks(answered(problem)):
                    whole = standard(problem.features[part[:, None], NOVELTY])
                    out[part] = _error(network(whole), whole).numpy().astype(np.float64)
        return out


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
