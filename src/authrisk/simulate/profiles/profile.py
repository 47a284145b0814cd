"""What all profiles state: who they are, which internet they see, what their log holds."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from authrisk.simulate.draws import mix
from authrisk.simulate.profiles.crowd import Crowd
from authrisk.simulate.profiles.workforce import Workforce

DEVICE_TYPES = ("mobile", "desktop", "bot", "other", "tablet")


@dataclass(frozen=True, slots=True)
class Profile:
    """A user base: who logs in, how often, from where, with what."""

    name: str
    life: Crowd | Workforce
    countries: tuple[tuple[str, float], ...]
    """Main countries with their share of users; what is left to 1 goes to all others by rank."""
    surprise_quantiles: tuple[tuple[float, float], ...]
    """(q, -ln p) points of the AS of logins; fixes the shares of the autonomous systems."""
    attack_share: float
    """Share of all attempts that is background attack traffic."""
    rtt_share: float
    """Share of events with a round-trip time."""
    rtt_scale_ms: float
    """Median round-trip time."""
    rtt_noise: float = 1.0
    """Sigma of the logarithm of the noise between two logins."""
    rtt_lines: float = 0.45
    """Sigma of the logarithm between access lines."""
    half: int = 0
    """Which half of each country's autonomous systems it sees: 0 or 1. The halves are disjoint."""
    auth_methods: tuple[tuple[str, float], ...] = (("password", 1.0),)
    apps: tuple[tuple[str, float], ...] = (("portal", 1.0),)
    source_type: str | None = "simulated"

    def account_seed(self, seed: int) -> int:
        """The seed of this profile's draws, so that two profiles never share users."""
        return int(mix(seed, zlib.crc32(self.name.encode()))[0])
