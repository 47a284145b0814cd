"""The mean of a contender's scores over several seeds, as a contender of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from authrisk.evaluation.problem import Problem


@dataclass(frozen=True, slots=True)
class Averaged:
    """What a bundle of `span` networks says: the mean of another contender's raw scores.

    Seed k of n takes the scores of the seeds k, k + 1, ... in a circle, so two seeds share some of
    their members and an interval over seeds is a little too narrow.
    """

    name: str
    of: str
    """Name of the other contender."""
    span: int
    supervised: bool = True

    def scores(self, problem: Problem, seed: int) -> NoReturn:
        """A comparison averages what it keeps; alone, there is nothing to average."""
        raise NotImplementedError("scored by a Comparison, from the scores that it keeps")

    def seeds_of(self, seed: int, seeds: Sequence[int]) -> list[int]:
        """The seeds whose scores are averaged.

        >>> Averaged("three", "one", 3).seeds_of(4, (1, 2, 3, 4, 5))
        [4, 5, 1]
        """
        first = list(seeds).index(seed)
        return [seeds[(first + k) % len(seeds)] for k in range(min(self.span, len(seeds)))]
