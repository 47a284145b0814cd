"""How each person's days go: at the site, at home, travelling, ill, on leave, off."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np

from authrisk.simulate.clock import Clocks
from authrisk.simulate.draws import Bools, Floats, Ints, mix, normal, uniform
from authrisk.simulate.holidays import closed_days
from authrisk.simulate.profiles.workforce import Workforce
from authrisk.simulate.universe import Universe
from authrisk.simulate.workforce.people import CONTRACTOR, DORMANT, PROGRAM, People
from authrisk.simulate.workforce.travel import Journeys

SITE, HOME, TRIP, LEAVE, MEETING, ILL, FREE = range(7)
STATES = ("site", "home", "trip", "leave", "meeting", "ill", "free")
"""What a day is. FREE: a day off on which somebody logs in all the same."""

_DEMAND = np.array([1.0, 1.1, 0.9, 1.0, 0.8, 1.0, 0.6])
"""Logins of such a day, as shares of a usual one."""
_EAGERNESS = np.array([0.0, 0.0, 3.0, 1.0, 0.0, 1.5, 0.35])
"""Chance of logging in on such a day off, as shares of the person's own on a day of leave."""
_SHIFT_STARTS_H = np.array([6.0, 14.0, 22.0])


class Days(NamedTuple):
    """R days of people on which they log in, by person and day."""

    person: Ints
    day: Ints
    """Local calendar day since the start of the period, (R,); -1 is the day before."""
    status: Ints
    """SITE .. FREE, (R,)."""
    stay: Ints
    """Flat index into the stays of the status, -1 without one, (R,)."""
    into: Floats
    """Days since the stay began, (R,)."""
    left: Floats
    """Days until it ends; 1 is its last day, (R,)."""
    clocks: Clocks
    """Of the place, (R,)."""
    start_h: Floats
    """Local hour at which the day's work begins; past 24 for none, (R,)."""
    length_h: Floats
    logins: Ints
    key: Ints
    """A number for draws of the day, (R,)."""


def plan_days(
    life: Workforce,
    universe: Universe,
    people: People,
    plans: Journeys,
    *,
    first: dt.date,
    days: int,
    seed: int,
) -> Days:
    """Every day with a login of every person; programs have no days."""
    person, day = _grid(people, days)
    weekday = (first.weekday() + day) % 7
    key = mix(seed, 1501, person * 65_536 + day + 1).view(np.int64)
    closed = closed_days(universe, first - dt.timedelta(days=1), days + 2, shutdown=life.shutdown)

    shifts = people.shift[person]
    turn, slot = _shift(people, person, day)
    chance = people.workdays[person, weekday]
    chance = np.where(closed[people.country[person], day + 1], 0.05 * chance, chance)
    chance = np.where(shifts > 0, np.where(turn, 0.97, 0.015), chance)
    if life.terms:
        chance = chance * _term(life, first, day)
    chance = np.where(people.kind[person] == DORMANT, 0.012 * chance, chance)
    works = uniform(1502, key) < chance
    at_home = uniform(1503, key) < people.home_days[person, weekday]
    status = np.where(works, np.where(at_home & (shifts == 0), HOME, SITE), FREE)

    at, off = day.astype(np.float64), ~works
    status, stay, into, left, clocks = _interrupt(people, plans, person, at, status, weekday)
    eager = people.diligent[person] * _EAGERNESS[status]
    eager = np.where(people.kind[person] == DORMANT, 0.1 * eager, eager)
    shy = ((status >= LEAVE) & (status != MEETING)) | ((status == TRIP) & off)
    shy &= uniform(1504, key) > eager
    base = people.weekly[person] / np.maximum(people.workdays[person].sum(axis=1), 1.0)
    wanted = base * _DEMAND[status] * np.exp(0.35 * normal(1505, key) - 0.06)
    wanted = np.where((status == LEAVE) | (status == ILL) | (status == FREE),
                      np.maximum(0.45 * wanted, 1.0), wanted)  # fmt: skip
    logins = np.floor(wanted + uniform(1506, key)).astype(np.int64)
    rows = np.flatnonzero(~shy & (logins > 0))

    who, when = person[rows], status[rows]
    begin = people.start_h[who] + people.start_sd_h[who] * normal(1507, key[rows])
    begin += np.where(when == HOME, 0.25, 0.0)
    by_shift = _SHIFT_STARTS_H[slot[rows]] + 0.2 * normal(1508, key[rows])
    begin = np.where((shifts[rows] > 0) & (when == SITE), by_shift, np.clip(begin, 4.5, 19.0))
    return Days(
        person=who,
        day=day[rows],
        status=when,
        stay=stay[rows],
        into=into[rows],
        left=left[rows],
        clocks=clocks.take(rows),
        start_h=begin,
        length_h=people.length_h[who] - np.where(weekday[rows] == 4, 0.8, 0.0),
        logins=logins[rows],
        key=key[rows],
    )


def _grid(people: People, days: int) -> tuple[Ints, Ints]:
    """All persons and days under contract; a day before and after for other time zones."""
    who = np.flatnonzero(people.kind != PROGRAM)
    low = np.clip(np.floor(people.first_day[who]), -1, days).astype(np.int64)
    high = np.clip(np.ceil(people.last_day[who]), low + 1, days + 1).astype(np.int64)
    width = high - low
    person = np.repeat(who, width)
    day = np.arange(len(person)) - np.repeat(np.cumsum(width) - width - low, width)
    return person, day


def _shift(people: People, person: Ints, day: Ints) -> tuple[Bools, Ints]:
    """Whether the team's rota has a person on that day, and which of the three shifts."""
    cycle = np.maximum(people.shift[person], 1)
    place = day + 3 * people.team[person]
    slot = (place // cycle + people.team[person]) % 3
    return place % cycle < cycle - 2, slot


def _term(life: Workforce, first: dt.date, day: Ints) -> Floats:
    """Few come outside of the terms."""
    calendar = np.arange(int(day.max(initial=0)) + 2)
    of_year = np.array(
        [(first + dt.timedelta(days=int(d) - 1)).timetuple().tm_yday for d in calendar]
    )
    inside = np.zeros(len(calendar), bool)
    for begin, end in life.terms:
        inside |= (of_year >= begin) & (of_year <= end)
    share: Floats = np.where(inside, 1.0, 0.3)[day + 1]
    return share


def _interrupt(
    people: People, plans: Journeys, person: Ints, day: Floats, status: Ints, weekday: Ints
) -> tuple[Ints, Ints, Floats, Floats, Clocks]:
    """What is stronger than everyday life: trips, then meetings, illness, leave."""
    stay = np.full(len(person), -1, np.int64)
    into, left = np.zeros(len(person)), np.full(len(person), 99.0)
    clocks = people.clocks.take(person)
    employed = people.kind[person] != DORMANT
    working = (weekday < 5) & (status != FREE) & (people.kind[person] != CONTRACTOR)
    team = people.team[person]
    for state, plan, stays, owner, fits in (
        (TRIP, plans.trips, plans.trip_stays, person, employed & (people.shift[person] == 0)),
        (MEETING, plans.gatherings, plans.gathering_stays, team, working),
        (ILL, plans.illness, None, person, status != FREE),
        (LEAVE, plans.leaves, plans.leave_stays, person, employed),
    ):
        inside, number = plan.at(owner, day)
        here = np.flatnonzero(inside & fits)
        who, which = owner[here], number[here]
        status[here] = state
        stay[here] = -1
        if stays is None:
            continue
        flat = who * plan.happens.shape[1] + which
        stay[here] = np.where(stays.away.ravel()[flat], flat, -1)
        into[here] = day[here] - plan.begin[who, which]
        left[here] = plan.length[who, which] - into[here]
        away = here[stay[here] >= 0]
        spot = stays.clocks.take(stay[away])
        clocks.standard_h[away], clocks.rule[away] = spot.standard_h, spot.rule
    return status, stay, into, left, clocks
