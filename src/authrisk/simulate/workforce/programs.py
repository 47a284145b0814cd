"""Programs that log in: by the clock, from one address, for months."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.draws import Floats, Ints, below, choose, exponential, mix, uniform
from authrisk.simulate.universe import Universe
from authrisk.simulate.workforce.episodes import episodes
from authrisk.simulate.workforce.people import PROGRAM, People

_PERIODS_H = np.array([2.0, 4.0, 6.0, 12.0, 24.0, 24.0, 168.0])
_SHARES = np.array([0.06, 0.1, 0.12, 0.2, 0.3, 0.12, 0.1])


class Runs(NamedTuple):
    """M logins of programs, by program and time."""

    person: Ints
    time_s: Floats
    network: Ints
    address: Ints


def draw_runs(universe: Universe, people: People, days: float, seed: int) -> Runs:
    """Each program has a period and a minute of its own; some runs wait, some days all stand still.

    It moves to another address when its machine is replaced: with the homes of people.
    """
    who = np.flatnonzero(people.kind == PROGRAM)
    period_s = 3600.0 * _PERIODS_H[choose(_SHARES, seed, 2001, who)]
    number = np.maximum(1, np.floor(days * 86_400.0 / period_s)).astype(np.int64)
    place = np.repeat(np.arange(len(who)), number)
    person, turn = who[place], np.arange(int(number.sum()), dtype=np.int64)
    turn -= np.repeat(np.cumsum(number) - number, number)
    key = mix(seed, 2002, person, turn).view(np.int64)
    minute_s = period_s * uniform(seed, 2003, who)
    sloppy_s = 40.0 * exponential(seed, 2004, who)
    late_s = np.where(uniform(2005, key) < 0.02, 1500.0, sloppy_s[place]) * exponential(2006, key)
    time_s = turn * period_s[place] + minute_s[place] + late_s
    day = time_s / 86_400.0
    rests = episodes(
        np.full(len(people.kind), 1.5), days, pace=70.0, length=2.0, spread=0.8, salt=2010,
        seed=seed,
    )  # fmt: skip
    off, _ = rests.at(person, np.floor(day))
    by_weekday = uniform(seed, 2007, who)[place] < 0.15
    weekend = (np.floor(day).astype(np.int64) % 7) >= 5
    keep = ~off & (day < days) & ~(by_weekday & weekend) & (uniform(2008, key) > 0.01)
    keep &= (day >= people.first_day[person]) & (day < people.last_day[person])
    rows = np.flatnonzero(keep)
    person, time_s = person[rows], time_s[rows]
    moves = (day[rows, None] >= people.move_days[person]).sum(axis=1)
    network = people.home_networks[person, moves]
    host = below(universe.network_size[network], seed, 2009, person, moves)
    order = np.lexsort((time_s, person))
    address = universe.network_first[network] + host
    return Runs(person[order], time_s[order], network[order], address[order])
