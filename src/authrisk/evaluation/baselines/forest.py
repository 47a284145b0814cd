"""Isolation forest: logins that are cut off early by random splits are odd."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from authrisk.evaluation.baselines.design import (
    NOVELTY,
    answered,
    blank,
    chunks,
    matrix,
    needed,
    usual,
)
from authrisk.evaluation.problem import Problem, Scores


@dataclass(frozen=True, slots=True)
class Forest:
    """Isolation forest (Liu, Ting, Zhou 2008) on the legitimate logins of the training period."""

    trees: int = 300
    sample: int = 32_768
    """Logins that each tree sees."""
    name: str = "isolation forest"
    supervised: bool = False

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Anomaly scores (N,) where answered, NaN elsewhere."""
        ensemble = needed("sklearn.ensemble")
        rows = matrix(problem, usual(problem, problem.fit), NOVELTY)
        forest = ensemble.IsolationForest(
            n_estimators=self.trees,
            max_samples=min(self.sample, len(rows)),
            random_state=seed,
            n_jobs=1,
        ).fit(rows)
        out = blank(problem)
        for part in chunks(answered(problem)):
            out[part] = -forest.score_samples(problem.features[part[:, None], NOVELTY]).astype(
                np.float64
            )
        return out
