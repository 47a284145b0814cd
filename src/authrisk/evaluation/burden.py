"""What a legitimate user feels: re-authentications in a row of logins.

As in Wiefling et al. (ACM TOPS 2022): the threshold is set so that a given share of a tier's
attacks is challenged, then the challenges within a user's logins are counted.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from authrisk.evaluation.asked import Asked
from authrisk.evaluation.intervals import Floats
from authrisk.evaluation.metrics import score_reached_by

ROWS = (12, 39)
"""Logins in a row that are looked at."""
RECALL = 0.90
TIER = "T1"
LEAST = 20
"""Users with as many logins below which nothing is told."""
MOST = 6
"""Challenges that are told apart; more count as this many."""


class Burden(msgspec.Struct, frozen=True):
    """Challenges within the first `logins` measured logins of each user who has as many."""

    tier: str
    recall: float
    logins: int
    users: int
    median: float | None
    mean: float | None
    shares: tuple[float, ...]
    """Share of users with 0, 1, ... MOST or more challenges; empty for fewer than LEAST users."""


def burdens(asked: Asked, raw: Floats) -> tuple[Burden, ...]:
    """For raw scores (S, n), all seeds pooled; the first tier where there is no T1."""
    tiers = asked.tiers
    if not tiers:
        return ()
    tier = TIER if TIER in tiers else tiers[0]
    attacks = asked.attacks(tier)
    rows = [_in_a_row(asked, logins) for logins in ROWS]
    counts: list[list[npt.NDArray[np.int64]]] = [[] for _ in ROWS]
    for scores in raw:
        challenged = scores >= score_reached_by(scores[attacks], RECALL)
        for found, first in zip(counts, rows, strict=True):
            found.append(challenged[first].sum(axis=1))
    return tuple(
        _burden(tier, logins, first.shape[0], np.concatenate(found))
        for logins, first, found in zip(ROWS, rows, counts, strict=True)
    )


def _in_a_row(asked: Asked, logins: int) -> npt.NDArray[np.int64]:
    """(users, logins) the first legitimate logins of every user who has as many."""
    at = np.flatnonzero(asked.legitimate)
    at = at[np.lexsort((asked.time_ns[at], asked.owner[at]))]
    _, starts, sizes = np.unique(asked.owner[at], return_index=True, return_counts=True)
    starts = starts[sizes >= logins]
    rows: npt.NDArray[np.int64] = at[starts[:, None] + np.arange(logins)]
    return rows


def _burden(tier: str, logins: int, users: int, counts: npt.NDArray[np.int64]) -> Burden:
    if users < LEAST:
        return Burden(tier, RECALL, logins, users, None, None, ())
    shares = np.bincount(np.minimum(counts, MOST), minlength=MOST + 1) / counts.size
    return Burden(
        tier, RECALL, logins, users, float(np.median(counts)), float(counts.mean()),
        tuple(shares.tolist()),
    )  # fmt: skip
