"""The profiles that ship: two to train on, three to be surprised by.

`TRANSFER` profiles have other main countries and the other half of the internet's autonomous
systems; nothing is ever trained or tuned on them.
"""

from __future__ import annotations

from authrisk.simulate.profiles.bank import BANK
from authrisk.simulate.profiles.company import ENTERPRISE
from authrisk.simulate.profiles.consumer import CONSUMER
from authrisk.simulate.profiles.games import GAMES
from authrisk.simulate.profiles.profile import DEVICE_TYPES, Profile
from authrisk.simulate.profiles.university import UNIVERSITY

TRAINING = (CONSUMER, ENTERPRISE)
TRANSFER = (UNIVERSITY, BANK, GAMES)
PROFILES = {profile.name: profile for profile in (*TRAINING, *TRANSFER)}

__all__ = [
    "BANK",
    "CONSUMER",
    "DEVICE_TYPES",
    "ENTERPRISE",
    "GAMES",
    "PROFILES",
    "TRAINING",
    "TRANSFER",
    "UNIVERSITY",
    "Profile",
]
