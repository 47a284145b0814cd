"""The problem that every contender is given: the same events, features, labels and periods.

Models and baselines alike get a `Problem` and answer a score per event. Features are causal: a
row depends on earlier events only, so a row of a later period may be read by anybody who scores
it, and by nobody who fits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from authrisk.evaluation.cases import Cases, lay_out
from authrisk.evaluation.periods import PROTOCOL, Mask, Periods, Shares, cut
from authrisk.features.catalogue import F_LOGIN
from authrisk.features.coded import RTT, TIME
from authrisk.features.encoders import Encoders, fit_encoders
from authrisk.features.timeline import Rows, Timeline, previous_familiar, rows

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Problem:
    """N events on a timeline; every array is (N,) in the timeline's order."""

    cases: Cases
    timeline: Timeline
    encoders: Encoders
    """Fitted on the legitimate training logins, or those of a bundle."""
    features: Rows
    """(N, F) unscaled causal rows, no NaN. In train and validation the population is counted anew
    several times, so that contenders meet young installations; later it counts on."""
    periods: Periods
    legitimate: Mask
    """What must not be challenged."""
    attack: Mask
    tier: npt.NDArray[np.str_]
    """T0 ... T6, `labelled`, or "" for what is no attack."""
    owner: npt.NDArray[np.int64]
    """Code of the user whose history an event belongs to: what intervals are clustered by."""

    @property
    def fit(self) -> Mask:
        """Logins to fit on, both classes; without T5, which is a copy of its victim."""
        return self.periods.train & self._learnable

    @property
    def tune(self) -> Mask:
        """Logins to stop early and to choose settings by, both classes; without T5."""
        return self.periods.validation & self._learnable

    @property
    def _learnable(self) -> Mask:
        copies = np.asarray(self.tier == "T5", np.bool_)
        return self.legitimate | (self.attack & ~copies)

    @property
    def asked(self) -> Mask:
        """Logins whose scores are measured, both classes."""
        return self.periods.asked & (self.legitimate | self.attack)

    def encoded(self, encoders: Encoders) -> Problem:
        """The same problem by the encoders of another: its features worked out anew."""
        features = _features(self.timeline, encoders, self.periods)
        return replace(self, encoders=encoders, features=features)

    def without(self, tier: str) -> Problem:
        """The same problem with a tier left out of `fit` and `tune`; it is asked all the same."""
        kept = self.tier != tier
        periods = replace(
            self.periods,
            train=self.periods.train & kept,
            validation=self.periods.validation & kept,
        )
        return replace(self, periods=periods)


class Contender(Protocol):
    """What takes part in the comparison.

    One that is the same for every seed may say so: `steady = True`. It is asked once then. One that
    puts others together may say `calibrated = True`: it may know which logins of the calibration
    period are legitimate, as whoever sets thresholds there does.
    """

    @property
    def name(self) -> str:
        """As it stands in the table."""

    @property
    def supervised(self) -> bool:
        """Whether it may look at the labels of `fit` and `tune`."""

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Raw scores (N,), higher is riskier, finite where `asked` or in the calibration period.

        Fits on `problem.fit`, chooses on `problem.tune`, looks at no label of any other period.
        """


def pose(
    cases: Cases, seed: int, shares: Shares = PROTOCOL, encoders: Encoders | None = None
) -> Problem:
    """Lay cases on a timeline, cut it, and work out every feature row.

    encoders: those of a bundle; fitted on the legitimate training logins by default.
    """
    timeline = lay_out(cases)
    legitimate = cases.legitimate[timeline.row_of]
    owner = cases.owner[timeline.row_of]
    periods = cut(timeline.ints[:, TIME], owner, legitimate, shares, seed)
    if encoders is None:
        encoders = _fit_encoders(timeline, periods.train & legitimate)
    features = _features(timeline, encoders, periods)
    tier = cases.tier.fill_null("").to_numpy()[timeline.row_of].astype(np.str_)
    attack = cases.attack[timeline.row_of]
    return Problem(
        cases=cases,
        timeline=timeline,
        encoders=encoders,
        features=features,
        periods=periods,
        legitimate=legitimate,
        attack=attack,
        tier=np.where(attack & (tier == ""), "labelled", tier),
        owner=owner,
    )


def _features(timeline: Timeline, encoders: Encoders, periods: Periods) -> Rows:
    """(N, F) unscaled rows: of young populations at first, of one that grew later."""
    features = rows(timeline, encoders, youth(len(timeline)))
    grown = periods.calibration | periods.asked
    if periods.asked.any():
        features[grown, F_LOGIN:] = rows(timeline, encoders)[grown, F_LOGIN:]
    return features


def youth(events: int) -> list[int]:
    """Stretches of 500, 1,000, 2,000, ... events, twice, in the first half of the data."""
    out: list[int] = []
    size = 500
    while sum(out) + 2 * size <= events // 2:
        out += [size, size]
        size *= 2
    return out


def _fit_encoders(timeline: Timeline, chosen: Mask) -> Encoders:
    previous = previous_familiar(timeline)
    pairs = chosen & (previous >= 0)
    gaps = timeline.ints[pairs, TIME] - timeline.ints[previous[pairs], TIME]
    rtt = np.log1p(np.maximum(timeline.floats[:, RTT], 0.0))
    shifts = np.abs(rtt[pairs] - rtt[previous[pairs]])
    return fit_encoders(gaps / 1e9, shifts[np.isfinite(shifts)])
