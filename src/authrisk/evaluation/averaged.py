"""The mean of a contender's scores over several seeds, as a contender of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from authrisk.evaluation.problem import Contender, Problem, Scores


@dataclass(frozen=True, slots=True)
class Averaged:
    """What a bundle of `span` networks says: the mean of another contender's raw scores.

    Alone, seed k trains the other with the seeds k, k + 1, ... A `Comparison` in which the other
    takes part trains nothing again: there the seeds go in a circle, so two seeds share some of
    their members and an interval over seeds is a little too narrow.
    """

    name: str
    of: Contender
    span: int

    @property
    def supervised(self) -> bool:
        return self.of.supervised

    @property
    def version(self) -> str:
        """Tells the kept scores of two versions of the other apart."""
        return str(getattr(self.of, "version", ""))

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Mean raw scores (N,) of `span` trainings."""
        return mean([self.of.scores(problem, seed + k) for k in range(self.span)])

    def seeds_of(self, seed: int, seeds: Sequence[int]) -> list[int]:
        """The seeds of a comparison whose scores are averaged.

        >>> from authrisk.evaluation.baselines import BASELINES
        >>> Averaged("three", BASELINES[0], 3).seeds_of(4, (1, 2, 3, 4, 5))
        [4, 5, 1]
        """
        first = list(seeds).index(seed)
        return [seeds[(first + k) % len(seeds)] for k in range(min(self.span, len(seeds)))]


def mean(scores: Sequence[Scores]) -> Scores:
    """The mean (N,) of scores (N,) of one scale."""
    out: Scores = np.mean(scores, axis=0)
    return out
