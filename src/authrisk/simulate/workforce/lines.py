"""Lines of people: the home, the phone, the second home, the cafe, the rented desktop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.draws import Floats, Ints, below, mix, normal, uniform
from authrisk.simulate.universe import Universe
from authrisk.simulate.workforce.company import Company
from authrisk.simulate.workforce.days import LEAVE, MEETING, Days
from authrisk.simulate.workforce.people import CARRIER_NETWORKS, People
from authrisk.simulate.workforce.travel import Journeys, Stays

_CAFES = 5


class Calls(NamedTuple):
    """What the addresses of some logins depend on."""

    person: Ints
    day: Floats
    """Days since the start of the period, with fraction."""
    key: Ints
    row: Ints
    """Row of `Days`."""


class Ends(NamedTuple):
    """Networks, and the number of the host in each."""

    network: Ints
    host: Ints


class World(NamedTuple):
    """All that stays the same while routes are drawn."""

    universe: Universe
    company: Company
    people: People
    plans: Journeys
    plan: Days
    seed: int

    def size(self, network: Ints) -> Ints:
        return self.universe.network_size[network]

    def lease(self, owner: Ints, day: Floats, days: float, sigma: float, fixed: float,
              salt: int) -> Ints:  # fmt: skip
        """The number of an owner's lease: its length is the owner's own, some never change."""
        number = np.arange(int(owner.max(initial=0)) + 1, dtype=np.int64)
        length = days * np.exp(sigma * normal(self.seed, salt, number))
        phase = uniform(self.seed, salt + 1, number)
        length = np.where(uniform(self.seed, salt + 2, number) < fixed, 1e9, length)
        return np.floor(day / length[owner] + phase[owner]).astype(np.int64)

    def stays(self, calls: Calls) -> list[tuple[Ints, Stays, Ints]]:
        """Rows of the calls by the kind of stay they belong to, and their flat index in it."""
        status, stay = self.plan.status[calls.row], self.plan.stay[calls.row]
        plans = self.plans
        kinds = {LEAVE: plans.leave_stays, MEETING: plans.gathering_stays}
        rest = np.flatnonzero(~np.isin(status, list(kinds)))
        found = [(rest, plans.trip_stays, stay[rest])]
        for code, stays in kinds.items():
            rows = np.flatnonzero(status == code)
            found.append((rows, stays, stay[rows]))
        return found

    def country(self, calls: Calls) -> Ints:
        """Where people really are."""
        country = self.people.country[calls.person].copy()
        for rows, stays, flat in self.stays(calls):
            away = flat >= 0
            country[rows[away]] = stays.country.ravel()[flat[away]]
        return country


def home(world: World, calls: Calls) -> Ends:
    """The home line; some share the address with the house or the village."""
    people, seed = world.people, world.seed
    moves = (calls.day[:, None] >= people.move_days[calls.person]).sum(axis=1)
    network = people.home_networks[calls.person, moves]
    lease = world.lease(calls.person, calls.day, 34.0, 1.5, 0.1, 1901)
    size = world.size(network)
    pool = np.minimum(size, 4096)
    base = below(np.maximum(size - pool, 1), seed, 1904, calls.person * 8 + moves)
    host = base + below(pool, seed, 1905, calls.person * 8 + moves, lease)
    # A house, a village, a carrier's box: one address for a few dozen homes.
    shared = people.shared_home[calls.person] | (uniform(seed, 1906, calls.person) < 0.06)
    house = calls.person % 24 + 100 * (lease % 2)
    return Ends(network, np.where(shared, below(size, seed, 1907, network, house), host))


def second_home(world: World, calls: Calls) -> Ends:
    """With the parents, or where the family lives."""
    network = world.people.second_home[calls.person]
    lease = world.lease(calls.person, calls.day, 40.0, 1.4, 0.1, 1911)
    return Ends(network, below(world.size(network), world.seed, 1914, calls.person, lease))


def mobile(world: World, calls: Calls) -> Ends:
    """A phone network's regional exits, many people behind each address."""
    lease = world.lease(calls.person, calls.day, 0.6, 1.6, 0.0, 1921)
    key = mix(world.seed, 1924, calls.person, lease).view(np.int64)
    exit_ = (CARRIER_NETWORKS * uniform(1925, key) ** 2.2).astype(np.int64)
    network = world.people.carrier[calls.person, exit_]
    exits = np.clip(world.size(network) // 256, 4, 96)
    return Ends(network, below(exits, 1926, key))


def cafe(world: World, calls: Calls) -> Ends:
    """A few places of one's own, cafes and friends, the first one most often; or a new one."""
    which = (_CAFES * uniform(world.seed, 1985, calls.key) ** 2).astype(np.int64)
    which = np.where(uniform(world.seed, 1988, calls.key) < 0.25, calls.key | 64, which)
    lines = world.people.carrier
    owner = mix(world.seed, 1986, calls.person, which).view(np.int64)
    stranger = (np.abs(owner) % len(world.people.country)).astype(np.int64)
    same = world.people.country[stranger] == world.people.country[calls.person]
    network = np.where(
        same, world.people.home_networks[stranger, 0], lines[calls.person, which % 2]
    )
    return Ends(network, below(world.size(network), world.seed, 1987, owner))


def desktop(world: World, calls: Calls) -> Ends:
    """A rented machine."""
    network = world.people.desktop_network[calls.person]
    lease = world.lease(calls.person, calls.day, 60.0, 1.5, 0.4, 1990)
    return Ends(network, below(world.size(network), world.seed, 1993, calls.person, lease))
