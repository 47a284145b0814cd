"""Profiles: the numbers of a simulated user base, frozen and passed in."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np

from authrisk.simulate.draws import Floats, Ints, mix, normal, uniform

DEVICE_TYPES = ("mobile", "desktop", "bot", "other", "tablet")
GAP_EDGES_S = (2.0, 60.0, 600.0, 3600.0, 86_400.0, 7 * 86_400.0, 30 * 86_400.0)
"""Lower edges of the seven bins of the gap since the last success, seconds."""


@dataclass(frozen=True, slots=True)
class LogNormalLogins:
    """Successful logins per user over the whole period: ceil(LogNormal(mu, sigma))."""

    mu: float
    sigma: float
    most: int = 3000

    def draw(self, users: Ints, days: float, seed: int) -> Ints:  # noqa: ARG002
        """Logins per user, at least 1."""
        counts = np.ceil(np.exp(self.mu + self.sigma * normal(seed, users, 101)))
        return np.clip(counts, 1, self.most).astype(np.int64)

    def span_days(self, counts: Ints, days: float) -> Floats | None:  # noqa: ARG002
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
class Profile:
    """A user base: who logs in, how often, from where, with what."""

    name: str
    logins: LogNormalLogins | WeeklyLogins
    gap_shares: tuple[float, ...]
    """Shares of the seven gap bins (`GAP_EDGES_S`) before day and night bend the gaps a little."""
    hour_shares: tuple[float, ...]
    """24 shares of the hour of day of users in the main country, whose clock is taken as UTC."""
    weekday_shares: tuple[float, ...]
    """Seven shares, Monday first."""
    countries: tuple[tuple[str, float], ...]
    """Main countries with their share of users; what is left to 1 goes to all others by rank."""
    surprise_quantiles: tuple[tuple[float, float], ...]
    """(q, -ln p) points of the AS of logins; fixes the shares of the autonomous systems."""
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
    attack_share: float
    """Share of all attempts that is background attack traffic."""
    rtt_share: float
    """Share of events with a round-trip time."""
    rtt_scale_ms: float
    """Median round-trip time."""
    offices_per_user: float
    """Offices (shared addresses) per user; their sizes follow Zipf's law."""
    service_accounts: float = 0.0
    """Share of users that are programs."""
    auth_methods: tuple[tuple[str, float], ...] = (("password", 1.0),)
    apps: tuple[tuple[str, float], ...] = field(default=(("portal", 1.0),))
    source_type: str | None = "simulated"

    def account_seed(self, seed: int) -> int:
        """The seed of this profile's draws, so that two profiles never share users."""
        return int(mix(seed, zlib.crc32(self.name.encode()))[0])


# Hours of the main country's users such that all users together, in their time zones, have the
# published hours of `calibration.HOURS` (deconvolved once).
_CONSUMER_HOURS = (
    0.03, 0.1, 0.36, 0.68, 1.12, 2.41, 4.27, 5.5, 6.22, 6.79, 6.61, 6.16,
    6.09, 6.06, 6.1, 6.15, 6.61, 6.19, 6.31, 6.4, 5.05, 3.08, 1.33, 0.39,
)  # fmt: skip
_OFFICE_HOURS = (
    0.2, 0.1, 0.1, 0.1, 0.2, 0.8, 3.0, 8.5, 14.0, 12.0, 9.0, 7.5,
    6.0, 8.5, 8.0, 6.5, 5.0, 3.5, 2.2, 1.7, 1.4, 1.0, 0.5, 0.3,
)  # fmt: skip

CONSUMER = Profile(
    name="consumer",
    logins=LogNormalLogins(0.35, 1.35),
    gap_shares=(0.040, 0.107, 0.038, 0.124, 0.174, 0.214, 0.303),
    hour_shares=_CONSUMER_HOURS,
    weekday_shares=(0.150, 0.152, 0.154, 0.150, 0.144, 0.125, 0.125),
    countries=(("NO", 0.74),),
    surprise_quantiles=(
        (0.0, 1.15), (0.3, 1.4), (0.57, 1.9), (0.71, 2.2), (0.76, 4.2), (0.83, 5.2),
        (0.95, 7.2), (0.99, 10.9), (1.0, 12.5),
    ),
    device_shares=(0.63, 0.25, 0.065, 0.028, 0.026),
    mobile_places=PlaceShares(home=0.55, mobile=0.33, office=0.06, vpn=0.02, elsewhere=0.04),
    desk_places=PlaceShares(home=0.66, mobile=0.05, office=0.20, vpn=0.04, elsewhere=0.05),
    place_focus=0.80,
    routine=0.75,
    hops=0.28,
    hosting_homes=0.02,
    trips_per_year=0.6,
    failures_per_success=0.28,
    attack_share=0.08,
    rtt_share=0.04,
    rtt_scale_ms=540.0,
    offices_per_user=0.02,
    apps=(("account", 0.7), ("shop", 0.2), ("community", 0.1)),
)  # fmt: skip
"""A consumer service after the RBA data set: most users come once or twice a year."""

ENTERPRISE = Profile(
    name="enterprise",
    logins=WeeklyLogins(5.0, 20.0),
    gap_shares=(0.02, 0.05, 0.04, 0.68, 0.18, 0.02, 0.01),
    hour_shares=_OFFICE_HOURS,
    weekday_shares=(0.185, 0.192, 0.190, 0.188, 0.170, 0.040, 0.035),
    countries=(("DE", 0.46), ("PL", 0.18), ("US", 0.18), ("IN", 0.12), ("BR", 0.04)),
    surprise_quantiles=(
        (0.0, 1.6), (0.5, 2.3), (0.8, 3.8), (0.95, 6.5), (0.99, 8.5), (1.0, 10.0),
    ),
    device_shares=(0.22, 0.735, 0.005, 0.01, 0.03),
    mobile_places=PlaceShares(home=0.30, mobile=0.48, office=0.16, vpn=0.02, elsewhere=0.04),
    desk_places=PlaceShares(home=0.24, mobile=0.03, office=0.52, vpn=0.18, elsewhere=0.03),
    place_focus=0.4,
    routine=0.1,
    hops=0.02,
    hosting_homes=0.01,
    trips_per_year=2.5,
    failures_per_success=0.09,
    attack_share=0.10,
    rtt_share=0.6,
    rtt_scale_ms=60.0,
    offices_per_user=0.01,
    service_accounts=0.01,
    auth_methods=(("password", 0.45), ("push", 0.3), ("otp", 0.15), ("webauthn", 0.1)),
    apps=(("mail", 0.35), ("intranet", 0.25), ("vpn", 0.2), ("erp", 0.12), ("crm", 0.08)),
)  # fmt: skip
"""A company: 5-20 logins a week, offices behind shared addresses, VPN, shifts."""
