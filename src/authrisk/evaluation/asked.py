"""The logins that are measured, and what they are sliced by: the same for every contender."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from authrisk.evaluation.cases import Cases
from authrisk.evaluation.periods import Mask
from authrisk.evaluation.problem import Problem
from authrisk.features.catalogue import FIELDS, F, column
from authrisk.features.coded import TIME
from authrisk.features.encoders import Scalers
from authrisk.features.timeline import Rows, Timeline

Index = npt.NDArray[np.int64]

MIMIC = "T5"
"""The tier that cannot be told from its victim: more recall than false positives proves a leak."""
CAMPAIGN = "T6"
MACRO_TIERS = ("T0", "T1", "T2", "T3", "T4", "T6")
"""The tiers of macro means."""
LABELLED = "labelled"
"""The tier of attacks that were not injected."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """n measured logins, legitimate ones and attacks; every array is (n,)."""

    legitimate: Mask
    tier: npt.NDArray[np.str_]
    """T0 ... T6, `labelled`, or "" for legitimate logins."""
    owner: Index
    """Code of the user whose history a login belongs to."""
    time_ns: Index
    late: Mask
    """Of the late period, where drift shows; the others are of the test period."""
    unseen: Mask
    """Of users that were held out of training."""
    depth: Index
    """Earlier familiar logins of the user."""
    gap_s: npt.NDArray[np.float64]
    """Seconds since the user's last success; NaN where there is none."""
    novelty: Index
    """Fields with a value that is new to the user."""
    campaign: Index
    """Number of the campaign that an attack belongs to, -1 for none."""
    turn: Index
    """Place of an attack within its campaign, ascending."""

    @property
    def tiers(self) -> tuple[str, ...]:
        """The tiers that are there, in order."""
        return tuple(str(name) for name in np.unique(self.tier[~self.legitimate]))

    def attacks(self, tier: str) -> Mask:
        """The attacks of a tier."""
        mask: Mask = ~self.legitimate & (self.tier == tier)
        return mask


class Past(NamedTuple):
    """What a login's slices are read from; every array is (n,)."""

    depth: Index
    gap_s: npt.NDArray[np.float64]
    novelty: Index


def asked_of(problem: Problem) -> Asked:
    """What is asked of every contender of a problem, in the order of `flatnonzero(asked)`."""
    at = np.flatnonzero(problem.asked)
    return asked_at(
        problem.timeline,
        problem.cases,
        at,
        past_of(problem.features[at]),
        late=problem.periods.late[at],
        unseen=problem.periods.unseen[at],
    )


def past_of(rows: Rows, scalers: Scalers | None = None) -> Past:
    """Read from rows (n, F), unscaled or scaled by `scalers`."""
    shift, scale = (np.zeros(F), np.ones(F)) if scalers is None else scalers.vectors()

    def plain(name: str) -> npt.NDArray[np.float64]:
        at = column(name)
        values: npt.NDArray[np.float64] = rows[:, at].astype(np.float64) / scale[at] + shift[at]
        return values

    gap_s = np.expm1(plain("gap_log") * 20.0)
    return Past(
        depth=np.rint(np.expm1(plain("depth_log") * 4.0)).astype(np.int64),
        gap_s=np.where(plain("first") > 0.5, np.nan, gap_s),
        novelty=np.rint(plain("novelty") * len(FIELDS)).astype(np.int64),
    )


def asked_at(
    timeline: Timeline, cases: Cases, at: Index, past: Past, *, late: Mask, unseen: Mask
) -> Asked:
    """The logins at timeline positions `at` (n,), legitimate ones and attacks."""
    row = timeline.row_of[at]
    attack = cases.attack[row]
    tier = cases.tier.fill_null("").to_numpy()[row].astype(np.str_)
    tier = np.where(attack & (tier == ""), LABELLED, np.where(attack, tier, ""))
    time_ns = timeline.ints[at, TIME]
    owner = cases.owner[row]
    campaign, turn = _campaigns(cases, row, tier, owner, time_ns)
    return Asked(
        legitimate=~attack,
        tier=tier,
        owner=owner,
        time_ns=time_ns,
        late=late,
        unseen=unseen,
        depth=past.depth,
        gap_s=past.gap_s,
        novelty=past.novelty,
        campaign=np.where(attack, campaign, -1),
        turn=turn,
    )


def _campaigns(
    cases: Cases, row: Index, tier: npt.NDArray[np.str_], owner: Index, time_ns: Index
) -> tuple[Index, Index]:
    """Number and turn of the campaign of each login; one victim is one campaign where the cases
    name none."""
    named = getattr(cases, "campaign", None)
    turn = getattr(cases, "turn", None)
    if named is None or turn is None:
        return np.where(tier == CAMPAIGN, owner, -1), time_ns
    ranks = named.rank("dense").cast(int).fill_null(0).to_numpy().astype(np.int64) - 1
    return ranks[row], turn[row].astype(np.int64)
