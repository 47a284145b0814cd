"""The life of a crowd: people who come now and then, by a law of counts and gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from authrisk.simulate.draws import Floats, Ints, normal, uniform

GAP_EDGES_S = (2.0, 60.0, 600.0, 3600.0, 86_400.0, 7 * 86_400.0, 30 * 86_400.0)
"""Lower edges of the seven bins of the gap since the last success, seconds."""


@dataclass(frozen=True, slots=True)
class LogNormalLogins:
    """Successful logins per user over the whole period: ceil(LogNormal(mu, sigma))."""

    mu: float
    sigma: float
    most: int = 3000

    def draw(self, users: Ints, days: float, seed: int) -> Ints:  # noqa: ARG002 - the protocol names it
        """Logins per user, at least 1."""
        counts = np.ceil(np.exp(self.mu + self.sigma * normal(seed, users, 101)))
        return np.clip(counts, 1, self.most).astype(np.int64)

    def span_days(self, counts: Ints, days: float) -> Floats | None:  # noqa: ARG002 - the protocol names it
        """None: accounts come and go, gaps alone say how long a user stays."""
        return None


@dataclass(frozen=True, slots=True)
class WeeklyLogins:
    """Successful logins per user and week, uniform between two rates, over the whole period."""

    fewest: float
    most: float

    def draw(self, users: Ints, days: float, seed: int) -> Ints:
        """Logins per user, at least 1."""
        rate = self.fewest + (self.most - self.fewest) * uniform(seed, users, 102)
        noise = 1.0 + 0.1 * normal(seed, users, 103)
        return np.maximum(1, np.rint(rate * noise * days / 7.0)).astype(np.int64)

    def span_days(self, counts: Ints, days: float) -> Floats | None:
        """Every user is there from the first day to the last."""
        return np.full(len(counts), days)


@dataclass(frozen=True, slots=True)
class PlaceShares:
    """How often a visit comes from each kind of place, before a user's own taste bends it."""

    home: float
    mobile: float
    office: float
    vpn: float
    elsewhere: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """How a crowd lives."""

    logins: LogNormalLogins | WeeklyLogins
    gap_shares: tuple[float, ...]
    """Shares of the seven gap bins (`GAP_EDGES_S`) before day and night bend the gaps a little."""
    hour_shares: tuple[float, ...]
    """24 shares of the hour of day, by the users' own clocks."""
    weekday_shares: tuple[float, ...]
    """Seven shares, Monday first."""
    device_shares: tuple[float, ...]
    """Shares of `DEVICE_TYPES`."""
    mobile_places: PlaceShares
    """Places of phones."""
    desk_places: PlaceShares
    """Places of everything else."""
    place_focus: float
    """Mean share of a user's visits that come from the favourite place."""
    routine: float
    """Chance that a visit comes from where the user's others of the same week come from."""
    hops: float
    """Chance of changing the place between two logins of one visit."""
    hosting_homes: float
    """Share of users whose everyday network is a hosting network."""
    trips_per_year: float
    failures_per_success: float
    """Failed attempts of legitimate users per success (typos, forgotten passwords)."""
    forgotten_per_year: float
    employers_per_user: float
    """Offices (shared addresses) per user; their sizes follow Zipf's law."""
