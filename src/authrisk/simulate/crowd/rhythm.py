"""When users log in: counts, gaps, hours and weekdays of their own.

Gaps are drawn in a time without day and night; a user's own week then bends that time. Logins
less than an hour apart belong to one visit and keep their seconds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.clock import Clocks, utc_s
from authrisk.simulate.draws import Bools, Floats, Ints, choose, exponential, uniform
from authrisk.simulate.profiles.crowd import GAP_EDGES_S, Crowd

DAY_S = 86_400.0
_TASTES = 12  # peak hours that a user may prefer
_PEAK = 1.1  # how much a user prefers them
_WEEKEND = 0.5  # how much a user prefers, or shuns, the weekend
_LEAN = (1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0)  # below 1: towards the upper edge of the bin
_LONG_MEAN_DAYS = 40.0  # mean of what a gap exceeds 30 days by


class Logins(NamedTuple):
    """M successful logins, ordered by user and time."""

    user: Ints
    """(M,)"""
    time_s: Floats
    """Seconds since the start of the period, (M,)."""
    visit: Ints
    """Number of the visit within the user's own, (M,)."""


def draw_logins(
    life: Crowd,
    counts: Ints,
    clocks: Clocks,
    *,
    days: float,
    day0_s: float,
    seed: int,
) -> Logins:
    """Times of `counts[i]` logins of user i, whose clock is `clocks`' i-th.

    `day0_s` is the start of the period, seconds since 1970.
    """
    monday_days = (day0_s / DAY_S + 3.0) % 7.0
    users = np.arange(len(counts), dtype=np.int64)
    user = np.repeat(users, counts)
    order = np.arange(len(user)) - np.repeat(np.cumsum(counts) - counts, counts)
    gap_s = _gaps(life, counts, user, order, days=days, seed=seed)
    is_visit = (order == 0) | (gap_s >= 3600.0)
    moves = np.where((order > 0) & is_visit, gap_s, 0.0) / DAY_S
    start, place = _fit_period(moves, user, counts, days, seed)
    own_days = start[user] + place
    visit = np.cumsum(is_visit) - 1
    visit -= np.repeat(visit[np.cumsum(counts) - counts], counts)
    clock_s = _own_week(life, own_days + monday_days, user, len(counts), seed)
    monday_s = day0_s - monday_days * DAY_S
    week_s = utc_s(clocks.take(user), monday_s + clock_s) - day0_s
    pauses = np.where(is_visit, 0.0, gap_s)
    time_s = _whole_days_inside(week_s + _sum_within(pauses, is_visit), days)
    ranks = np.lexsort((time_s, user))
    return Logins(user[ranks], time_s[ranks], visit[ranks].astype(np.int64))


def _gaps(life: Crowd, counts: Ints, user: Ints, order: Ints, *, days: float, seed: int) -> Floats:
    """Seconds between successive logins; the shares of the bins follow the life."""
    shapes, which = np.unique(counts, return_inverse=True)
    tilted = _bin_shares(life, shapes, np.bincount(which), days)
    edges = np.cumsum(tilted, axis=1)[which[user]]
    draw = uniform(seed, user, order, 201)
    bins = np.minimum((draw[:, None] >= edges).sum(axis=1), len(GAP_EDGES_S) - 1)
    low = np.array(GAP_EDGES_S)[bins]
    high = np.array([*GAP_EDGES_S[1:], np.inf])[bins]
    inside = uniform(seed, user, order, 202)
    tail = exponential(seed, user, order, 203) * _LONG_MEAN_DAYS * DAY_S
    top = np.where(np.isinf(high), low + 1.0, high)
    gap_s: Floats = np.where(
        np.isinf(high), low + tail, low * (top / low) ** inside ** np.array(_LEAN)[bins]
    )
    return gap_s


def _bin_shares(life: Crowd, shapes: Ints, users: Ints, days: float) -> Floats:
    """Shares of the gap bins for each number of logins, (len(shapes), 7).

    Many logins do not fit into the period with long gaps between them: their shares are tilted
    towards the short bins, and those of the rest the other way, until the whole is as wanted.
    """
    edges = np.array(GAP_EDGES_S)
    grid = (np.arange(200) + 0.5)[:, None] / 200
    spread = edges[:-1] * (edges[1:] / edges[:-1]) ** grid ** np.array(_LEAN[:-1])
    means = np.append(spread.mean(axis=0), edges[-1] + _LONG_MEAN_DAYS * DAY_S) / DAY_S
    wanted = np.array(life.gap_shares) / sum(life.gap_shares)
    span = life.logins.span_days(shapes, days)
    room = (0.8 * days if span is None else span) / np.maximum(shapes - 1, 1)
    exact = span is not None
    weights = wanted.copy()
    gaps = users * (shapes - 1.0)
    tilted = np.tile(weights, (len(shapes), 1))
    for _ in range(1 if exact else 60):
        tilted = _tilt(weights, means, room, exact)
        reached = (gaps[:, None] * tilted).sum(axis=0) / max(gaps.sum(), 1.0)
        weights *= (wanted / np.maximum(reached, 1e-9)) ** 0.7
        weights /= weights.sum()
    return tilted


def _tilt(weights: Floats, means: Floats, room: Floats, exact: bool) -> Floats:
    """Tilt weights by exp(-theta * mean) per row until the mean gap is (at most) `room` days."""
    low = np.full(len(room), -0.5 if exact else 0.0)
    high = np.full(len(room), 400.0)
    scaled = means / means.max()
    for _ in range(40):
        middle = (low + high) / 2
        rows = weights * np.exp(-np.clip(middle[:, None] * scaled, -60, 600))
        too_long = (rows * means).sum(axis=1) > room * rows.sum(axis=1)
        low, high = np.where(too_long, middle, low), np.where(too_long, high, middle)
    rows = weights * np.exp(-np.clip(high[:, None] * scaled, -60, 600))
    shares: Floats = rows / rows.sum(axis=1, keepdims=True)
    return shares


def _fit_period(
    moves: Floats, user: Ints, counts: Ints, days: float, seed: int
) -> tuple[Floats, Floats]:
    """Start day per user and days since it per login, scaled down where they leave the period."""
    totals = np.bincount(user, weights=moves, minlength=len(counts))
    scale = np.minimum(1.0, 0.98 * days / np.maximum(totals, 1e-9))
    running = np.cumsum(moves)
    first = np.cumsum(counts) - counts
    since = (running - np.repeat(running[first] - moves[first], counts)) * scale[user]
    free = days - totals * scale
    return free * uniform(seed, np.arange(len(counts)), 204), since


def _own_week(life: Crowd, own_days: Floats, user: Ints, users: int, seed: int) -> Floats:
    """Map evenly flowing days to seconds through each user's own week of 168 hours.

    Tastes are weighted so that all users together have exactly the crowd's hours.
    """
    hours = np.array(life.hour_shares) / sum(life.hour_shares)
    week = np.array(life.weekday_shares) / sum(life.weekday_shares)
    turn = 2 * np.pi * (np.arange(24) + 0.5) / 24
    peaks = 2 * np.pi * np.arange(_TASTES) / _TASTES
    by_hour = hours * np.exp(_PEAK * np.cos(turn - peaks[:, None]))
    weekend = np.where(np.arange(7) >= 5, 1.0, 0.0)
    by_day = week * (1.0 + _WEEKEND * np.array([[1.0], [-1.0]]) * weekend)
    hour_taste = choose(by_hour.sum(axis=1), seed, np.arange(users), 205)
    day_taste = choose(by_day.sum(axis=1), seed, np.arange(users), 206)
    taste = (hour_taste * 2 + day_taste)[user]
    weeks, rest = np.divmod(own_days, 7.0)
    clock = np.empty_like(own_days)
    for kind in range(_TASTES * 2):
        here = taste == kind
        density = np.outer(by_day[kind % 2], by_hour[kind // 2]).ravel()
        edges = np.concatenate(([0.0], np.cumsum(density / density.sum())))
        clock[here] = np.interp(rest[here] / 7.0, edges, np.arange(169.0))
    clock_s: Floats = (weeks * 168.0 + clock) * 3600.0
    return clock_s


def _whole_days_inside(time_s: Floats, days: float) -> Floats:
    """Bring times before the start and after the end back by whole days, so that hours stay."""
    early = np.ceil(np.maximum(-time_s, 0.0) / DAY_S)
    late = np.ceil(np.maximum(time_s - days * DAY_S + 1e-3, 0.0) / DAY_S)
    return np.maximum(time_s + (early - late) * DAY_S, 0.0)


def _sum_within(values: Floats, starts: Bools) -> Floats:
    """Running sum that begins anew wherever `starts` is true."""
    running = np.cumsum(values)
    base = (running - values)[starts]
    since: Floats = running - base[np.cumsum(starts) - 1]
    return since
