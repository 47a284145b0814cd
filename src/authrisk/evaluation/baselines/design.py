"""The design of a comparison as matrices: which rows a baseline fits, and which it answers."""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np
import numpy.typing as npt

from authrisk.errors import InputError
from authrisk.evaluation.periods import Mask
from authrisk.evaluation.problem import Problem, Scores
from authrisk.features.catalogue import FEATURES, FIELDS
from authrisk.features.timeline import Rows

Columns = npt.NDArray[np.int64]


def columns_where(chosen: list[bool]) -> Columns:
    """Indices of the columns for which a list over FEATURES says yes."""
    assert len(chosen) == len(FEATURES)
    return np.flatnonzero(chosen)


EVERYTHING = columns_where([True for _ in FEATURES])
NOVELTY = columns_where(
    [
        feature.name in {f"{field}_new" for field in FIELDS}
        or feature.name in {"depth_log", "speed_impossible"}
        for feature in FEATURES
    ]
)
"""What is new, for how well known a user, and travel that cannot be: what a baseline without
labels is given. Given all columns it finds odd hours and busy addresses, and half the attacks."""

LEGITIMATE_WEIGHT = 6.0
"""Of a legitimate login beside an attack in supervised training: what counts is which attacks are
told from nearly all legitimate logins, not from half of them."""
CHUNK = 65_536
"""Rows that are gathered and scored at a time, so that no second matrix of all events is held."""


def answered(problem: Problem) -> Mask:
    """(N,) where scores are due: the calibration period, and what is asked."""
    return problem.periods.calibration | problem.asked


def fitted(problem: Problem, mask: Mask) -> Mask:
    """The same mask; InputError when a class is missing that a supervised baseline needs."""
    if not (mask & problem.legitimate).any() or not (mask & problem.attack).any():
        raise InputError(
            "a supervised baseline needs legitimate logins and attacks in training and validation",
            remedy="give more events, or let attacks be injected",
        )
    return mask


def usual(problem: Problem, mask: Mask) -> Mask:
    """The legitimate logins of a mask; InputError when there are none."""
    legitimate = mask & problem.legitimate
    if not legitimate.any():
        raise InputError("there are no legitimate logins to fit on", remedy="give more events")
    return legitimate


def matrix(problem: Problem, mask: Mask, columns: Columns) -> Rows:
    """The feature rows (n, C) of a mask; a copy, gathered once."""
    rows = np.flatnonzero(mask)
    out = np.empty((rows.size, columns.size), np.float32)
    for begin in range(0, rows.size, CHUNK):
        chosen = rows[begin : begin + CHUNK]
        out[begin : begin + CHUNK] = problem.features[chosen[:, None], columns]
    return out


def weights(problem: Problem, mask: Mask) -> npt.NDArray[np.float32]:
    """(n,) of the logins of a mask: all tiers weigh alike, a legitimate login LEGITIMATE_WEIGHT
    times a mean attack."""
    attack, tier = problem.attack[mask], problem.tier[mask]
    out = np.full(attack.size, LEGITIMATE_WEIGHT, np.float32)
    tiers, member, sizes = np.unique(tier[attack], return_inverse=True, return_counts=True)
    out[attack] = attack.sum() / tiers.size / sizes[member]
    return out


def chunks(mask: Mask) -> list[Columns]:
    """The events of a mask, CHUNK at a time."""
    rows = np.flatnonzero(mask)
    return [rows[begin : begin + CHUNK] for begin in range(0, rows.size, CHUNK)]


def blank(problem: Problem) -> Scores:
    """Scores (N,) that nobody gave yet: NaN."""
    return np.full(len(problem.timeline), np.nan)


def needed(package: str) -> ModuleType:
    """A package that only the comparison needs; InputError names the extra that brings it."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package.partition(".")[0]:
            raise
        raise InputError(
            f"the comparison with baselines needs {package.partition('.')[0]}",
            remedy="pip install 'authrisk[evaluate]'",
        ) from None
