"""Logistic regression on what was seen before: the simplest thing that learns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from authrisk.evaluation.baselines.design import (
    answered,
    blank,
    chunks,
    columns_where,
    fitted,
    matrix,
    needed,
)
from authrisk.evaluation.problem import Problem, Scores
from authrisk.features.catalogue import FEATURES, FIELD_CLASSES, FIELDS

FLAGS = columns_where(
    [
        feature.unit == "0/1"
        and (
            feature.name in {f"{field}_{known}" for field in FIELDS for known in FIELD_CLASSES[1:]}
            or feature.name.endswith("_seen")
            or feature.name == "first"
        )
        for feature in FEATURES
    ]
)
"""How each field, and each pair of fields, relates to the user's past; whether there is one. Left
out is `same`, which the other three classes of a field imply."""
PENALTIES = (0.01, 0.1, 1.0, 10.0)
"""Inverse strengths of the L2 penalty that are tried on the validation logins."""


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """Logistic regression on seen-before flags, classes weighed alike."""

    name: str = "logistic regression"
    supervised: bool = True

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Log-odds (N,) where answered, NaN elsewhere."""
        linear_model, metrics = needed("sklearn.linear_model"), needed("sklearn.metrics")
        fit, tune = fitted(problem, problem.fit), fitted(problem, problem.tune)
        rows, label = matrix(problem, fit, FLAGS), problem.attack[fit]
        asked, truth = matrix(problem, tune, FLAGS), problem.attack[tune]
        best, loss = None, np.inf
        for penalty in PENALTIES:
            model = linear_model.LogisticRegression(
                C=penalty, class_weight="balanced", solver="newton-cholesky", random_state=seed
            ).fit(rows, label)
            found = metrics.log_loss(truth, model.predict_proba(asked)[:, 1])
            if found < loss:
                best, loss = model, found
        assert best is not None
        weights = best.coef_[0].astype(np.float64)
        out = blank(problem)
        for part in chunks(answered(problem)):
            out[part] = problem.features[part[:, None], FLAGS] @ weights + best.intercept_[0]
        return out
