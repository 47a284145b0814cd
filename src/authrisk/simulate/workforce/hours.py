"""The hours of a day's logins: arrival, work, a few in a row, the evening."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.clock import utc_s
from authrisk.simulate.draws import Bools, Floats, Ints, exponential, mix, normal, uniform
from authrisk.simulate.workforce.days import FREE, ILL, LEAVE, MEETING, Days
from authrisk.simulate.workforce.people import People

_FOLLOWS = 0.2  # share of logins that follow another one within minutes, median of people
DAY_S = 86_400.0


class Moments(NamedTuple):
    """M logins, by person and time."""

    day: Ints
    """Row of `Days`, (M,)."""
    time_s: Floats
    """Seconds since the start of the period, UTC, (M,)."""
    hour: Floats
    """Local hour of the visit, 0..24 and past it for nights, (M,)."""
    at_work: Bools
    """Within the day's working hours, (M,)."""
    key: Ints
    """A number for draws of the visit: logins that follow each other share it, (M,)."""
    own_key: Ints
    """A number for draws of this login, (M,)."""


def draw_moments(people: People, plan: Days, gatherings_h: Floats, day0_s: float, span_s: float,
                 seed: int) -> Moments:  # fmt: skip
    """When the logins of each day happen, those outside of the period left out.

    `gatherings_h` is the local hour at which each row's meeting begins, (R,); `day0_s` is the
    start of the period, seconds since 1970.
    """
    row = np.repeat(np.arange(len(plan.day)), plan.logins)
    order = np.arange(len(row)) - np.repeat(np.cumsum(plan.logins) - plan.logins, plan.logins)
    own_key = mix(plan.key[row], order).view(np.int64)
    person = plan.person[row]

    eager = _FOLLOWS * np.exp(0.6 * normal(seed, 1601, np.arange(len(people.kind))))
    follows = (order > 0) & (uniform(1602, own_key) < eager[person])
    begin, length = plan.start_h[row], plan.length_h[row]
    state = plan.status[row]
    begin = np.where(state == MEETING, gatherings_h[row], begin)
    share = uniform(1603, own_key)
    # The first login of the day opens it; the others are spread, thinner around lunch.
    bent = share + 0.05 * np.sin(4.0 * np.pi * share)
    arrives = (order == 0) & (state < FREE) & (uniform(1604, own_key) < 0.8)
    hour = begin + np.where(arrives, 0.12 * exponential(1605, own_key), length * bent)
    evening = uniform(1606, own_key) < people.evening[person]
    evening &= ~arrives & (people.shift[person] == 0)
    hour = np.where(evening, begin + length + 0.4 + 5.0 * share, hour)
    idle = (state == LEAVE) | (state == FREE) | (state == ILL)
    hour = np.where(idle, 8.5 + 14.0 * share, hour)
    meets = (state == MEETING) & (order == 0)
    hour = np.where(meets, gatherings_h[row] + 0.09 * exponential(1607, own_key), hour)
    at_work = (hour >= begin - 0.2) & (hour < begin + length + 0.2) & ~idle & ~evening

    # A login that follows another keeps its hour, its key and a pause of minutes.
    leader = np.maximum.accumulate(np.where(follows, 0, np.arange(len(row))))
    pause_s = 8.0 + 1.0 * np.exp(np.log(240.0) + 1.5 * normal(1608, own_key))
    pause_s = np.where(follows, np.minimum(pause_s, 3500.0), 0.0)
    running = np.cumsum(pause_s)
    since_s = running - running[leader]
    hour, at_work, key = hour[leader], at_work[leader], own_key[leader]

    midnight_s = np.floor(day0_s / DAY_S) * DAY_S
    local = midnight_s + plan.day[row] * DAY_S + hour * 3600.0
    time_s = utc_s(plan.clocks.take(row), local) - day0_s + since_s
    keep = np.flatnonzero((time_s >= 0.0) & (time_s < span_s))
    by_time = person[keep] * (1 << 38) + (time_s[keep] * 1000.0).astype(np.int64)
    keep = keep[np.argsort(by_time, kind="stable")]
    return Moments(row[keep], time_s[keep], hour[keep], at_work[keep], key[keep], own_key[keep])
