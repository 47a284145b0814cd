"""What people log in with: computer, phone, a second one, a shared terminal, a loan."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.clients import Devices
from authrisk.simulate.draws import Bools, Ints, below, choose, uniform
from authrisk.simulate.profiles.profile import DEVICE_TYPES
from authrisk.simulate.profiles.workforce import Workforce
from authrisk.simulate.workforce.days import LEAVE, SITE, TRIP, Days
from authrisk.simulate.workforce.hours import Moments
from authrisk.simulate.workforce.people import CONTRACTOR, People
from authrisk.simulate.workforce.travel import Journeys

COMPUTER, PHONE, SPARE = range(3)
_TERMINALS = 1 << 40
_LOANS = 1 << 41
_BATCHES = 1 << 42
_RINGS = 5
"""Groups of a company's devices that get updates one after the other."""


class Carried(NamedTuple):
    """The device of each of M logins."""

    devices: Devices
    slot: Ints
    """COMPUTER .. SPARE, (M,)."""
    is_phone: Bools
    fixed: Bools
    """A terminal of the site, (M,)."""


def carry(
    life: Workforce, people: People, plans: Journeys, plan: Days, moments: Moments, seed: int
) -> Carried:
    """The device of each login; logins of one visit share it."""
    row, key = moments.day, moments.key
    person, status = plan.person[row], plan.status[row]
    lean = np.where(moments.at_work, 0.8, 1.7) * np.where(status == TRIP, 1.5, 1.0)
    chance = np.where(status == LEAVE, 0.8, people.phone[person] * lean)
    phone = uniform(seed, 1701, key) < chance
    spare = ~phone & (uniform(seed, 1702, key) < people.spare[person])
    slot = np.where(phone, PHONE, np.where(spare, SPARE, COMPUTER))

    on_shift = (people.shift[person] > 0) & (status == SITE) & moments.at_work
    fixed = on_shift & ~phone & (uniform(seed, 1703, key) < life.terminals)
    site = people.site[person]
    terminal = _TERMINALS + site * 16 + below(4, seed, 1704, people.team[person] * 64 + key % 3)
    borrowed, number = plans.loans.at(person, plan.day[row].astype(np.float64))
    borrowed &= ~fixed & (slot == COMPUTER)
    loan = _LOANS + (plans.loans.key[person, number] & 0xFFFF_FFFF)
    device = np.where(fixed, terminal, np.where(borrowed, loan, person * 4 + slot))

    extra = np.array([DEVICE_TYPES.index(n) for n in ("tablet", "desktop", "mobile")])
    second = extra[choose(np.array([0.4, 0.5, 0.1]), seed, 1705, person)]
    kind = np.where(slot == COMPUTER, DEVICE_TYPES.index("desktop"), DEVICE_TYPES.index("mobile"))
    kind = np.where(slot == SPARE, np.where(fixed, DEVICE_TYPES.index("desktop"), second), kind)
    own = people.kind[person] == CONTRACTOR
    house = (slot == COMPUTER) & ~own & (uniform(seed, 1706, person) >= life.macs)
    managed = (slot != SPARE) & ~own & (uniform(seed, 1707, person) < life.managed)
    ring = below(_RINGS, seed, 1708, people.team[person])
    together = house & (uniform(seed, 1709, person) < 0.6)
    batch = np.where(together, _BATCHES + people.team[person], device)
    devices = Devices(
        number=device,
        kind=kind,
        house=house | fixed | borrowed,
        batch=np.where(fixed | borrowed, device, batch),
        ring=np.where(managed | fixed | borrowed, ring, -1),
    )
    return Carried(devices, slot, phone, fixed)
