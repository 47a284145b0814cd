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
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from authrisk.evaluation.problem import Problem, Scores
from authrisk.features.catalogue import FIELDS
from authrisk.features.coded import BROWSER_VERSION, CODES, OS_VERSION, Ints
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

    def scores(self, problem: Problem, seed: int) -> Scores:
        """ln risk (N,)."""
        return log_risks(problem.timeline)


@dataclass(frozen=True, slots=True)
class FreemanValues:
    """The same without p(user | attack) / p(user | legitimate): the values alone.

    That factor calls a login risky because its user seldom logs in, and where users differ much
    in that it drowns the values.
    """

    name: str = "Freeman, values only"
    supervised: bool = False

    def scores(self, problem: Problem, seed: int) -> Scores:
        """ln ratio (N,)."""
        return log_value_ratios(problem.timeline)


def log_risks(timeline: Timeline) -> Scores:
    """ln risk (N,) of every event of a timeline, each against the events before it.

    NOT_JUDGED without an earlier familiar login of the user.
    """
    past = _past(timeline)
    return _judged(timeline, _of_values(timeline, past) + log_prior(*past))


def log_value_ratios(timeline: Timeline) -> Scores:
    """`log_risks` without what it says of the user: the values alone."""
    return _judged(timeline, _of_values(timeline, _past(timeline)))


def log_prior(
    users: npt.NDArray[np.int32], own: npt.NDArray[np.bool_], everybody: npt.NDArray[np.bool_]
) -> Scores:
    """ln p(user | attack) - ln p(user | legitimate), (N,) in time order; NaN without history.

    All users are attacked alike; a user logs in as often as in the past. own, everybody: whether
    an event is remembered by its user, and by the population.
    """
    return _prior(users, own, everybody)  # type: ignore[no-any-return]


def log_ratio(
    values: Ints,
    users: npt.NDArray[np.int32],
    own: npt.NDArray[np.bool_],
    everybody: npt.NDArray[np.bool_],
    weights: tuple[float, ...],
) -> Scores:
    """ln p(value) - ln p(value | user) of one feature, (N,) in time order; NaN without history.

    values: (L, N) codes of its levels, the value itself first. weights: one per level.
    """
    seen = np.stack([number(_spread(level))[0] for level in values])
    mine = np.stack([number(_joined(level, users))[0] for level in values])
    within = np.stack([number(_joined(level, seen[0]))[0] for level in values])
    return _ratio(seen, mine, within, users, own, everybody, np.array(weights))  # type: ignore[no-any-return]


class _Past(NamedTuple):
    """Who remembers what, (N,) in time order."""

    users: npt.NDArray[np.int32]
    own: npt.NDArray[np.bool_]
    """Whether its user remembers an event."""
    everybody: npt.NDArray[np.bool_]
    """Whether the population does."""


def _past(timeline: Timeline) -> _Past:
    order = timeline.by_time
    own = timeline.standing[order] == FAMILIAR
    return _Past(timeline.users[order], own, own & timeline.counted[order])


def _of_values(timeline: Timeline, past: _Past) -> Scores:
    order = timeline.by_time
    return log_ratio(_address_levels(timeline, order), *past, ADDRESS_WEIGHTS) + log_ratio(
        _client_levels(timeline, order), *past, CLIENT_WEIGHTS
    )


def _judged(timeline: Timeline, in_time_order: Scores) -> Scores:
    out = np.empty(len(timeline))
    out[timeline.by_time] = np.where(np.isnan(in_time_order), NOT_JUDGED, in_time_order)
    return out


@njit(cache=True)
def _prior(users, own, everybody):
    out = np.full(users.size, np.nan)
    logins = np.zeros(users.max() + 1)
    known = np.zeros(users.max() + 1, np.bool_)
    n = 0
    n_users = 0
    for i in range(users.size):
        u = users[i]
        if logins[u] > 0 and n > 0:
            out[i] = math.log((1.0 / n_users) / (logins[u] / n))
        logins[u] += own[i]
        if everybody[i]:
            n += 1
            if not known[u]:
                known[u] = True
                n_users += 1
    return out


@njit(cache=True)
def _ratio(seen, mine, within, users, own, everybody, weights):
    n_levels, n_events = seen.shape
    counts = np.zeros((n_levels, seen.max() + 1))
    counts_of_user = np.zeros((n_levels, mine.max() + 1))
    met = np.zeros((n_levels, within.max() + 1), np.bool_)
    distinct = np.zeros(n_levels)
    inside = np.ones(seen[0].max() + 1)  # 1 + distinct containers of each value of level 0
    logins = np.zeros(users.max() + 1)
    n = 0
    out = np.full(n_events, np.nan)
    for i in range(n_events):
        u = users[i]
        v = seen[0, i]
        if logins[u] > 0 and n > 0:
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
                p_user += weights[level] * counts_of_user[level, mine[level, i]] / logins[u]
            if p_user == 0.0:
                p_user = p * UNSEEN_SHARE
            out[i] = math.log(p) - math.log(p_user)
        if own[i]:
            logins[u] += 1
            for level in range(n_levels):
                counts_of_user[level, mine[level, i]] += 1
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
    return _spread((mixed ^ (mixed >> np.uint64(32))).astype(np.int64))


def _spread(codes: Ints) -> Ints:
    """Absence is a value like any other; `number` keeps 0 for nothing."""
    return np.where(codes == 0, np.int64(0x5EED0FAB5E47), codes)
