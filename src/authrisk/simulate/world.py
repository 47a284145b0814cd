"""The simulator: legitimate users with habits, and the background noise of attacks.

Everything follows from (profile, users, seed, days, start): the same five give the same frame.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from authrisk.errors import InputError
from authrisk.simulate.attempts import Attempts, attempts_frame
from authrisk.simulate.background import background_attempts
from authrisk.simulate.crowd.attempts import crowd_attempts
from authrisk.simulate.market import market_of
from authrisk.simulate.profiles.crowd import Crowd
from authrisk.simulate.profiles.profile import Profile
from authrisk.simulate.universe import network_universe
from authrisk.simulate.workforce.attempts import workforce_attempts

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
    life = profile.life
    if isinstance(life, Crowd):
        attempts = crowd_attempts(life, market, users=users, days=days, start=start, seed=own_seed)
    else:
        attempts = workforce_attempts(
            profile, life, market, users=users, days=days, start=start, seed=own_seed
        )
    if attacks:
        day0 = start.timestamp() / 86_400.0
        noise = background_attempts(
            profile, market, attempts, users=users, days=float(days), day0=day0, seed=own_seed
        )
        attempts = Attempts.join(attempts, noise)
    return Simulation(*attempts_frame(profile, market.universe, attempts, start, own_seed))
