"""What a contender said of the measured logins, on the scale that its calibration gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from authrisk.errors import ScoringError
from authrisk.evaluation.intervals import Floats
from authrisk.evaluation.probability import fit_platt
from authrisk.evaluation.problem import Contender, Problem, Scores
from authrisk.models.calibration import Calibration, Calibrator, Platt, fit_calibration


@runtime_checkable
class Calibrated(Protocol):
    """A contender that brings its own calibration; the others get one of the calibration period."""

    @property
    def calibration(self) -> Calibration: ...


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Scores of n measured logins by S trainings of one contender, a row a seed."""

    name: str
    supervised: bool
    raw: Floats
    """(S, n) higher is riskier."""
    risk: Floats
    """(S, n) riskScore: how rare the score is among legitimate logins of the calibration period."""
    platts: tuple[Platt, ...]
    """The probability of each training; empty for a contender without one."""

    @property
    def seeds(self) -> int:
        """S"""
        return int(self.raw.shape[0])


def answers_of(problem: Problem, contender: Contender, scores: Sequence[Scores]) -> Answers:
    """Calibrate scores (N,) of each seed on the calibration period and keep what was asked.

    Raises ScoringError where a score that is needed is not finite.
    """
    asked = problem.asked
    legitimate, tier = problem.legitimate, problem.tier
    ruler = problem.periods.calibration & (legitimate | problem.attack)
    raws, risks, platts = [], [], []
    for all_scores in scores:
        if not np.isfinite(all_scores[asked | ruler]).all():
            raise ScoringError(f"{contender.name} left logins without a finite score")
        raw = all_scores[asked].astype(np.float64)
        if isinstance(contender, Calibrated):
            calibration, platt = contender.calibration, contender.calibration.platt
        else:
            calibration = fit_calibration(all_scores[ruler & legitimate])
            platt = None
            if contender.supervised:
                platt = fit_platt(all_scores[ruler], legitimate[ruler], tier[ruler])
        raws.append(raw)
        risks.append(Calibrator(calibration).risk(raw))
        platts += [] if platt is None else [platt]
    whole = len(platts) == len(raws)
    return Answers(
        contender.name,
        contender.supervised,
        np.stack(raws),
        np.stack(risks),
        tuple(platts) if whole else (),
    )
