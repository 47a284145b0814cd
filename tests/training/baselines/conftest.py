"""The small problem of the other baselines."""

from tests.evaluation.baselines.conftest import problem

__all__ = ["problem"]
