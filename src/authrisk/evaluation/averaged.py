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
    one: Contender
    span: int

    @property
    def supervised(self) -> bool:
        return self.one.supervised

    @property
    def version(self) -> str:
        """Tells the kept scores of two versions of the other apart."""
        return str(getattr(self.one, "version", ""))

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Mean raw scores (N,) of `span` trainings."""
        return self.together(
            problem, [self.one.scores(problem, seed + k) for k in range(self.span)]
        )

    @property
    def of(self) -> tuple[Contender, ...]:
        """Whose scores are put together."""
        return (self.one,)

    def parts(self, seed: int, seeds: Sequence[int]) -> list[tuple[Contender, int]]:
        """Who, with which of the seeds of a comparison.

        >>> from authrisk.evaluation.baselines import BASELINES
        >>> three = Averaged("three", BASELINES[0], 3)
        >>> [seed for _, seed in three.parts(4, (1, 2, 3, 4, 5))]
        [4, 5, 1]
        """
        first, span = list(seeds).index(seed), min(self.span, len(seeds))
        return [(self.one, seeds[(first + k) % len(seeds)]) for k in range(span)]

    def together(self, problem: Problem, scores: Sequence[Scores]) -> Scores:  # noqa: ARG002 - the protocol names it
        """Raw scores (N,) of what the parts say."""
        found: Scores = np.mean(scores, axis=0)
        return found
