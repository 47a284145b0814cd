"""The simulator: legitimate users with habits, and the background noise of attacks.

Everything follows from (profile, users, seed, days, start): the same five give the same frame.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from authrisk.errors import InputError
from authrisk.simulate.attempts import Attempts, attempts_frame
from authrisk.simulate.background import background_attempts
from authrisk.simulate.clients import clients_of, device_of, device_types
from authrisk.simulate.draws import exponential, uniform
from authrisk.simulate.market import Market, market_of
from authrisk.simulate.places import Residents, Visits, settle, visit_sources
from authrisk.simulate.profile import Profile
from authrisk.simulate.rhythm import DAY_S, draw_logins
from authrisk.simulate.universe import network_universe

START = dt.datetime(2025, 1, 6, tzinfo=dt.UTC)


@dataclass(frozen=True, eq=False)
class Simulation:
    """Events sorted by time, and what they really are, beside them and never inside."""

    events: pl.DataFrame
    """One column per field of `LoginEvent`, `timestamp` in place of `timestamp_ns`."""
    labels: pl.DataFrame
    """Columns of `eventlog.LABEL_SCHEMA` (event_id, is_attack, tier, campaign ...), same order."""


def simulate(
    profile: Profile,
    users: int,
    seed: int,
    days: int = 365,
    *,
    start: dt.datetime = START,
    attacks: bool = True,
) -> Simulation:
    """The logins of `users` people over `days` days from `start` (aware).

    With `attacks`, the profile's share of all attempts is stuffing and spraying (tier T0), most
    of it failed. Raises InputError for fewer than one user or day, or a naive start.

    >>> from authrisk.simulate.profile import CONSUMER
    >>> one = simulate(CONSUMER, users=20, seed=1)
    >>> one.events.height == one.labels.height and one.events["timestamp"].is_sorted()
    True
    """
    if users < 1 or days < 1:
        raise InputError("at least one user and one day are needed")
    if start.tzinfo is None:
        raise InputError("the start needs a time zone", remedy="give it tzinfo=UTC")
    own_seed = profile.account_seed(seed)
    market = market_of(network_universe(), profile)
    residents = settle(profile, market, users, own_seed)
    day0 = start.timestamp() / DAY_S
    attempts = _legitimate(
        profile, market, residents, users=users, days=float(days), day0=day0, seed=own_seed
    )
    if attacks:
        noise = background_attempts(
            profile, market, attempts, users=users, days=float(days), day0=day0, seed=own_seed
        )
        attempts = Attempts.join(attempts, noise)
    return Simulation(*attempts_frame(profile, market.universe, attempts, start, own_seed))


def _legitimate(
    profile: Profile,
    market: Market,
    residents: Residents,
    *,
    users: int,
    days: float,
    day0: float,
    seed: int,
) -> Attempts:
    who = np.arange(users, dtype=np.int64)
    main_country = market.universe.country(profile.countries[0][0])
    counts = profile.logins.draw(who, days, seed)
    is_service = uniform(seed, who, 1) < profile.service_accounts
    zones = market.universe.zone_h - market.universe.zone_h[main_country]
    zone = zones[residents.country]
    user, time_s, visit = draw_logins(
        profile, counts, zone, days=days, monday_days=(day0 + 3.0) % 7.0, seed=seed
    )
    robot = is_service[user]
    device = device_of(user, visit, robot.astype(np.int64), seed)
    phone = device_types(profile, device, seed) == 0
    clock = (day0 + time_s / DAY_S) * 24.0 + zone[user]
    weekend = (np.floor(clock / 24.0).astype(np.int64) + 3) % 7 >= 5
    visits = Visits(user, np.where(robot, 0, visit), time_s, phone, clock % 24.0, weekend)
    sources = visit_sources(profile, market, residents, visits, seed)
    clients = clients_of(profile, device, day0 + time_s / DAY_S, seed)
    success = Attempts(
        user=user,
        time_ns=(time_s * 1e9).astype(np.int64),
        success=np.ones(len(user), bool),
        known_user=np.ones(len(user), bool),
        network=sources.network,
        address=sources.address,
        clients=clients,
        context=device % 4,
        is_service=robot,
        is_attack=np.zeros(len(user), bool),
        campaign=np.full(len(user), -1, np.int64),
    )
    return Attempts.join(_failures_before(profile, success, seed), success)


def _failures_before(profile: Profile, success: Attempts, seed: int) -> Attempts:
    """Typos: one to three failed attempts in the seconds before some of the successes."""
    rows = np.arange(len(success.user), dtype=np.int64)
    repeats = np.array([0.62, 0.24, 0.14])
    mean = float((repeats * [1, 2, 3]).sum())
    chance = np.where(success.is_service, 0.1, 1.0) * profile.failures_per_success / mean
    clumsy = uniform(seed, rows, 11) < chance
    number = 1 + np.searchsorted(np.cumsum(repeats), uniform(seed, rows, 12))
    source = np.repeat(rows, np.where(clumsy, np.minimum(number, 3), 0))
    tail = np.concatenate((source[1:] != source[:-1], [True])) if len(source) else source == 0
    turn = np.arange(len(source))
    pause_s = 3.0 + 14.0 * exponential(seed, source, turn, 13)
    backwards = np.cumsum(pause_s[::-1])[::-1]
    after = np.append(backwards[1:], 0.0)
    reset = np.where(tail, after, 0.0)
    last = np.maximum.accumulate(reset[::-1])[::-1] if len(source) else reset
    before_s = backwards - last
    failed = success.take(source)
    time_ns = np.maximum(failed.time_ns - (before_s * 1e9).astype(np.int64), turn)
    return failed.replace(time_ns=time_ns, success=np.zeros(len(source), bool))
