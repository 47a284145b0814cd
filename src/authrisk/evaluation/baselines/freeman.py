"""The statistical model of Freeman et al. with the weights of Wiefling et al.

A login's risk is the product over its features of p(value) / p(value | user), times
p(user | attack) / p(user | legitimate): how much more common the value is with everybody than with
this user. A feature has levels, from the value itself to what contains it (address, AS, country;
client, browser, operating system, device type), mixed with fixed weights, so that a new address
in a known network is half known. Everything is counted from earlier logins alone; nothing is
fitted.

- D. Freeman, S. Jain, M. Duermuth, B. Biggio, G. Giacinto: Who Are You? A Statistical Approach
  to Measuring User Authenticity. NDSS 2016, equation 7 and the smoothing of section IV.
- S. Wiefling, P. R. Joergensen, S. Thunem, L. Lo Iacono: Pump Up Password Security! Evaluating
  and Enhancing Risk-Based Authentication on a Real-World Large-Scale Online Service. ACM TOPS
  26(1), 2022: the levels, and the weights that were published with it.

As published, the user's side is not smoothed; a value that is new to the user at every level
counts as a quarter of what it is for everybody; of the population's side the first level is
smoothed; a user without history is not judged, and never flagged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from numba import njit

from authrisk.evaluation.periods import Mask
from authrisk.evaluation.problem import Problem, Scores
from authrisk.features.catalogue import FIELDS
from authrisk.features.coded import BROWSER_VERSION, CODES, OS_VERSION, Ints
from authrisk.features.population import ABSENT
from authrisk.features.source import number
from authrisk.features.timeline import FAMILIAR, Timeline

ADDRESS_WEIGHTS = (0.6, 0.3, 0.1)
"""Address, AS, country."""
CLIENT_WEIGHTS = (
    0.5386653840551359,
    0.2680451498625666,
    0.18818295100109536,
    0.0051065150812021525,
)
"""Whole user agent, browser with version, operating system with version, device type."""
UNSEEN_SHARE = 0.25
"""p(value | user) / p(value) of a value that the user never had at any level."""
NOT_JUDGED = -1_000.0
"""The score of a user without history: below every logarithm of a risk."""

_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Freeman:
    """Freeman et al. 2016 with Wiefling et al. 2022; the score is the logarithm of the risk."""

    name: str = "Freeman"
    supervised: bool = False
    steady: ClassVar[bool] = True

    def scores(self, problem: Problem, seed: int) -> Scores:
        """ln risk (N,)."""
        past = past_of(problem.timeline, _struck(problem))
        return _judged(problem.timeline, log_values(problem.timeline, past) + log_prior(past))


@dataclass(frozen=True, slots=True)
class FreemanValues:
    """The same without p(user | attack) / p(user | legitimate): the values alone.

    That factor calls a login risky because its user seldom logs in, and where users differ much
    in that it drowns the values.
    """

    name: str = "Freeman, values only"
    supervised: bool = False
    steady: ClassVar[bool] = True

    def scores(self, problem: Problem, seed: int) -> Scores:
        """ln ratio (N,)."""
        past = past_of(problem.timeline, _struck(problem))
        return _judged(problem.timeline, log_values(problem.timeline, past))


@dataclass(frozen=True, slots=True)
class Past:
    """Whose past an event enters, (N,) in time order."""

    users: npt.NDArray[np.int32]
    """Whose past it is judged against; that of the victim, for the events of a shadow."""
    shadows: npt.NDArray[np.int32]
    """Number of the shadow that it is on, from 1; 0 for an account of its own."""
    own: Mask
    """Whether its user remembers it."""
    stray: Mask
    """Whether its shadow does, and nobody else: the accepted logins of a campaign."""
    everybody: Mask
    """Whether the population remembers it."""


def past_of(timeline: Timeline, struck: Mask | None = None) -> Past:
    """The pasts of a timeline.

    struck: (N,) the attempts of campaigns. A shadow (evaluation.shadows) carries the latest part
    of its victim's past as copies. This model counts the whole past, so the victim's own is taken
    and the copies are left alone; what the campaign adds is the shadow's.
    """
    order = timeline.by_time
    accounts = np.repeat(np.arange(timeline.starts.size - 1), np.diff(timeline.starts))
    shadow = accounts != timeline.users
    familiar = timeline.standing == FAMILIAR
    stray = familiar & shadow & (False if struck is None else struck)
    return Past(
        users=timeline.users[order],
        shadows=np.where(shadow, accounts + 1, 0).astype(np.int32)[order],
        own=(familiar & ~shadow)[order],
        stray=stray[order],
        everybody=(familiar & timeline.counted)[order],
    )


def log_prior(past: Past) -> Scores:
    """ln p(user | attack) - ln p(user | legitimate), (N,) in time order; NaN without history.

    All users are attacked alike; a user logs in as often as in the past.
    """
    return _prior(past.users, past.shadows, past.own, past.stray, past.everybody)  # type: ignore[no-any-return] # compiled by numba


def log_ratio(values: Ints, past: Past, weights: tuple[float, ...]) -> Scores:
    """ln p(value) - ln p(value | user) of one feature, (N,) in time order; NaN without history.

    values: (L, N) codes of its levels, the value itself first. weights: one per level.
    """
    seen = _numbered(values)
    return _ratio(  # type: ignore[no-any-return] # compiled by numba
        seen,
        _numbered(_joined(values, past.users)),
        _numbered(_joined(values, past.shadows)),
        _numbered(_joined(values, seen[0])),
        past.users, past.shadows, past.own, past.stray, past.everybody, np.array(weights),
    )  # fmt: skip


def log_values(timeline: Timeline, past: Past) -> Scores:
    """`log_ratio` of address and client together, (N,) in time order; NaN without history."""
    order = timeline.by_time
    return log_ratio(_address_levels(timeline, order), past, ADDRESS_WEIGHTS) + log_ratio(
        _client_levels(timeline, order), past, CLIENT_WEIGHTS
    )


def _struck(problem: Problem) -> Mask:
    struck: Mask = problem.cases.turn[problem.timeline.row_of] >= 0
    return struck


def _judged(timeline: Timeline, in_time_order: Scores) -> Scores:
    """In the timeline's order; NOT_JUDGED without an earlier familiar login of the user."""
    out = np.empty(len(timeline))
    out[timeline.by_time] = np.where(np.isnan(in_time_order), NOT_JUDGED, in_time_order)
    return out


@njit(cache=True)
def _prior(users, shadows, own, stray, everybody):
    out = np.full(users.size, np.nan)
    logins = np.zeros(users.max() + 1)
    added = np.zeros(shadows.max() + 1)
    known = np.zeros(users.max() + 1, np.bool_)
    n = 0
    n_users = 0
    for i in range(users.size):
        u = users[i]
        mine = logins[u] + added[shadows[i]]
        if mine > 0 and n > 0:
            out[i] = math.log((1.0 / n_users) / (mine / n))
        logins[u] += own[i]
        added[shadows[i]] += stray[i]
        if everybody[i]:
            n += 1
            if not known[u]:
                known[u] = True
                n_users += 1
    return out


@njit(cache=True)
def _ratio(seen, mine, strange, within, users, shadows, own, stray, everybody, weights):
    """seen, mine, strange, within: (L, N) numbers of each level's value, alone and with the user,
    with the shadow, with the value of level 0."""
    n_levels, n_events = seen.shape
    counts = np.zeros((n_levels, seen.max() + 1))
    counts_of_user = np.zeros((n_levels, mine.max() + 1))
    counts_of_shadow = np.zeros((n_levels, strange.max() + 1))
    met = np.zeros((n_levels, within.max() + 1), np.bool_)
    distinct = np.zeros(n_levels)
    inside = np.ones(seen[0].max() + 1)  # 1 + distinct containers of each value of level 0
    logins = np.zeros(users.max() + 1)
    added = np.zeros(shadows.max() + 1)
    n = 0
    out = np.full(n_events, np.nan)
    for i in range(n_events):
        u = users[i]
        v = seen[0, i]
        n_user = logins[u] + added[shadows[i]]
        if n_user > 0 and n > 0:
            unseen = 1.0 + distinct[1:].sum()
            if counts[0, v] > 0:
                p = counts[0, v] / (n + unseen) * counts[0, v] / (counts[0, v] + inside[v])
            else:
                p = 1.0 / (n + unseen)
            p *= weights[0]
            p_user = 0.0
            for level in range(n_levels):
                if level > 0:
                    p += weights[level] * counts[level, seen[level, i]] / n
                of_user = counts_of_user[level, mine[level, i]]
                of_user += counts_of_shadow[level, strange[level, i]]
                p_user += weights[level] * of_user / n_user
            if p_user == 0.0:
                p_user = p * UNSEEN_SHARE
            out[i] = math.log(p) - math.log(p_user)
        logins[u] += own[i]
        added[shadows[i]] += stray[i]
        for level in range(n_levels):
            counts_of_user[level, mine[level, i]] += own[i]
            counts_of_shadow[level, strange[level, i]] += stray[i]
        if everybody[i]:
            n += 1
            for level in range(n_levels):
                if counts[level, seen[level, i]] == 0:
                    distinct[level] += 1
                counts[level, seen[level, i]] += 1
                if level > 0 and not met[level, within[level, i]]:
                    met[level, within[level, i]] = True
                    inside[v] += 1
    return out


def _address_levels(timeline: Timeline, order: Ints) -> Ints:
    return np.stack([_codes(timeline, order, name) for name in ("address", "asn", "country")])


def _client_levels(timeline: Timeline, order: Ints) -> Ints:
    browser = _codes(timeline, order, "browser")
    os = _codes(timeline, order, "os")
    return np.stack(
        [
            _codes(timeline, order, "client"),
            _with_version(browser, timeline.floats[order, BROWSER_VERSION]),
            _with_version(os, timeline.floats[order, OS_VERSION]),
            _codes(timeline, order, "device_type"),
        ]
    )


def _codes(timeline: Timeline, order: Ints, field: str) -> Ints:
    codes: Ints = timeline.ints[order, CODES + FIELDS.index(field)]
    return codes


def _with_version(codes: Ints, versions: npt.NDArray[np.float64]) -> Ints:
    return _joined(codes, np.nan_to_num(versions, nan=-1.0).astype(np.int64))


def _joined(codes: Ints, others: npt.NDArray[np.signedinteger]) -> Ints:
    """One code for two: equal when both are equal, but for one chance in 2^64."""
    mixed = (codes.astype(np.uint64) ^ (others.astype(np.uint64) * _MIX)) * _MIX
    return (mixed ^ (mixed >> np.uint64(32))).astype(np.int64)


def _numbered(levels: Ints) -> npt.NDArray[np.int32]:
    """(L, N) codes as small numbers. Absence is a value like any other; `number` keeps 0 for
    nothing."""
    return np.stack([number(np.where(level == 0, ABSENT, level))[0] for level in levels])
