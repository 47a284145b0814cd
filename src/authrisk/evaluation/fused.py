"""Several contenders who judge together: a weighted sum of their raw scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from authrisk.evaluation.averaged import weighted
from authrisk.evaluation.problem import Contender, Problem, Scores


@dataclass(frozen=True, slots=True)
class Fused:
    """Each of `parts` trained by itself. A `Comparison` in which they take part trains none again.

    An autoencoder beside a supervised model also sees attackers that no label told of.
    """

    name: str
    parts: tuple[tuple[Contender, float], ...]
    """Who, and the weight of their raw scores."""

    @property
    def supervised(self) -> bool:
        return any(part.supervised for part, _ in self.parts)

    @property
    def version(self) -> str:
        """Tells the kept scores of other parts or weights apart."""
        return " ".join(f"{getattr(part, 'version', '')}{weight}" for part, weight in self.parts)

    @property
    def of(self) -> tuple[Contender, ...]:
        """Whose scores are put together."""
        return tuple(part for part, _ in self.parts)

    def shares(self, seed: int, seeds: Sequence[int]) -> list[tuple[Contender, int, float]]:  # noqa: ARG002 - the protocol names it
        """Who, with which seed, and with which weight."""
        return [(part, seed, weight) for part, weight in self.parts]

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Raw scores (N,)."""
        return weighted([(part.scores(problem, seed), weight) for part, weight in self.parts])
