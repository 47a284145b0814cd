"""All attempts of a crowd, put together."""

from __future__ import annotations

import datetime as dt

import numpy as np

from authrisk.simulate.attempts import Attempts
from authrisk.simulate.clients import clients_of, device_of, own_devices
from authrisk.simulate.clock import clocks_of, local_s
from authrisk.simulate.crowd.places import Visits, settle, visit_sources
from authrisk.simulate.crowd.rhythm import DAY_S, draw_logins
from authrisk.simulate.draws import normal
from authrisk.simulate.market import Market
from authrisk.simulate.mistakes import Habits, failures_before
from authrisk.simulate.profiles.crowd import Crowd
from authrisk.simulate.profiles.profile import DEVICE_TYPES

_PHONE = DEVICE_TYPES.index("mobile")


def crowd_attempts(
    life: Crowd,
    market: Market,
    *,
    users: int,
    days: int,
    start: dt.datetime,
    seed: int,
) -> Attempts:
    """Successes of the users, and the failures before them."""
    who = np.arange(users, dtype=np.int64)
    day0_s = start.timestamp()
    residents = settle(life, market, users, seed)
    counts = life.logins.draw(who, float(days), seed)
    clocks = clocks_of(market.universe, residents.country, residents.home_network)
    user, time_s, visit = draw_logins(
        life, counts, clocks, days=float(days), day0_s=day0_s, seed=seed
    )
    device = device_of(user, visit, seed)
    devices = own_devices(life, device, seed)
    clock = local_s(clocks.take(user), day0_s + time_s) / 3600.0
    weekend = (np.floor(clock / 24.0).astype(np.int64) + 3) % 7 >= 5
    visits = Visits(user, visit, time_s, devices.kind == _PHONE, clock % 24.0, weekend)
    sources = visit_sources(life, market, residents, visits, seed)
    success = Attempts(
        user=user,
        time_ns=(time_s * 1e9).astype(np.int64),
        success=np.ones(len(user), bool),
        known_user=np.ones(len(user), bool),
        network=sources.network,
        address=sources.address,
        clients=clients_of(devices, (day0_s + time_s) / DAY_S, seed),
        context=device % 4,
        is_service=np.zeros(len(user), bool),
        is_attack=np.zeros(len(user), bool),
        campaign=np.full(len(user), -1, np.int64),
    )
    return Attempts.join(failures_before(success, _habits(life, users, seed), seed), success)


def _habits(life: Crowd, users: int, seed: int) -> Habits:
    """Six of ten failures are typos, the rest comes from forgetting."""
    who = np.arange(users, dtype=np.int64)
    typos = 0.6 * life.failures_per_success * np.exp(0.6 * normal(seed, 1201, who) - 0.18)
    forgotten = life.forgotten_per_year * np.exp(0.6 * normal(seed, 1202, who) - 0.18)
    return Habits(typos, forgotten)
