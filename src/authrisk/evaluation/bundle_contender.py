"""A finished bundle as a contender: nothing is fitted, it answers as the service would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from authrisk.evaluation.problem import Problem, Scores
from authrisk.evaluation.replay import replay
from authrisk.features.population import Population
from authrisk.models.bundle import Bundle
from authrisk.models.calibration import Calibration


@dataclass(frozen=True, slots=True, eq=False)
class BundleContender:
    """Replays a bundle over the whole timeline; the seed changes nothing."""

    bundle: Bundle
    steady: ClassVar[bool] = True

    @property
    def name(self) -> str:
        return self.bundle.name

    @property
    def supervised(self) -> bool:
        return self.bundle.manifest.kind == "supervised"

    @property
    def version(self) -> str:
        """Tells the kept scores of two bundles apart."""
        return self.bundle.version

    @property
    def calibration(self) -> Calibration:
        """Its own: what it promises is measured as it is."""
        return self.bundle.calibrator.calibration

    def scores(self, problem: Problem, seed: int) -> Scores:  # noqa: ARG002 - the protocol names it
        """Raw scores (N,); NaN for logins that are neither asked nor of the calibration period."""
        judged = problem.legitimate | problem.attack
        wanted = (problem.periods.asked | problem.periods.calibration) & judged
        raw = np.full(len(problem.timeline), np.nan)
        bundle = self.bundle
        for scored in replay(
            problem.timeline, bundle.encoders, bundle.scalers, bundle.model, Population(), wanted
        ):
            raw[scored.position] = scored.raw
        return raw
