"""From places to networks and addresses: leases, pools, shared exits, spare lines."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.draws import Floats, Ints, below, mix, normal, uniform
from authrisk.simulate.universe import Universe
from authrisk.simulate.workforce.company import RELAYS, Company
from authrisk.simulate.workforce.days import LEAVE, MEETING, Days
from authrisk.simulate.workforce.episodes import episodes
from authrisk.simulate.workforce.hours import Moments
from authrisk.simulate.workforce.people import CARRIER_NETWORKS, People
from authrisk.simulate.workforce.places import (
    AT_AIRPORT,
    AT_CAFE,
    AT_HOME,
    AT_HOTEL,
    AT_MEETING,
    AT_OTHER_SITE,
    AT_SECOND_HOME,
    AT_SITE,
    AT_WORKPLACE,
    ON_DESKTOP,
    ON_MOBILE,
    ON_PROXY,
    ON_RELAY,
    ON_TRAIN,
    ON_VPN,
    ROAMING,
)  # fmt: skip
from authrisk.simulate.workforce.travel import Journeys, Stays

_CAFES = 5


class Routes(NamedTuple):
    """The source of each of M logins."""

    network: Ints
    """Index into the universe's networks, (M,)."""
    address: Ints
    """IPv4 address as a number, (M,)."""


class _Calls(NamedTuple):
    """What the addresses of some logins depend on."""

    person: Ints
    day: Floats
    """Days since the start of the period, with fraction."""
    key: Ints
    row: Ints
    """Row of `Days`."""


class _Ends(NamedTuple):
    """Networks, and the number of the host in each."""

    network: Ints
    host: Ints


def draw_routes(
    universe: Universe,
    company: Company,
    people: People,
    plans: Journeys,
    plan: Days,
    moments: Moments,
    place: Ints,
    seed: int,
) -> Routes:
    """The network and the address of each login."""
    network, host = np.zeros_like(place), np.zeros_like(place)
    world = _World(universe, company, people, plans, plan, seed)
    order = np.argsort(place.astype(np.int8), kind="stable")
    bounds = np.searchsorted(place[order], np.arange(len(_WAYS) + 1))
    for code, way in _WAYS.items():
        rows = order[bounds[code] : bounds[code + 1]]
        if len(rows):
            row = moments.day[rows]
            calls = _Calls(plan.person[row], moments.time_s[rows] / 86_400.0, moments.key[rows],
                           row)  # fmt: skip
            network[rows], host[rows] = way(world, calls)
    last = universe.network_size[network] - 1
    return Routes(network, universe.network_first[network] + np.minimum(host, last))


class _World(NamedTuple):
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

    def stays(self, calls: _Calls) -> list[tuple[Ints, Stays, Ints]]:
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

    def country(self, calls: _Calls) -> Ints:
        """Where people really are."""
        country = self.people.country[calls.person].copy()
        for rows, stays, flat in self.stays(calls):
            away = flat >= 0
            country[rows[away]] = stays.country.ravel()[flat[away]]
        return country


def _home(world: _World, calls: _Calls) -> _Ends:
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
    return _Ends(network, np.where(shared, below(size, seed, 1907, network, house), host))


def _second_home(world: _World, calls: _Calls) -> _Ends:
    network = world.people.second_home[calls.person]
    lease = world.lease(calls.person, calls.day, 40.0, 1.4, 0.1, 1911)
    return _Ends(network, below(world.size(network), world.seed, 1914, calls.person, lease))


def _mobile(world: _World, calls: _Calls) -> _Ends:
    lease = world.lease(calls.person, calls.day, 0.6, 1.6, 0.0, 1921)
    key = mix(world.seed, 1924, calls.person, lease).view(np.int64)
    exit_ = (CARRIER_NETWORKS * uniform(1925, key) ** 2.2).astype(np.int64)
    network = world.people.carrier[calls.person, exit_]
    exits = np.clip(world.size(network) // 256, 4, 96)
    return _Ends(network, below(exits, 1926, key))


def _site_line(world: _World, site: Ints, calls: _Calls) -> _Ends:
    sites, seed = world.company.sites, world.seed
    spares = episodes(
        np.full(len(sites.country), 2.0), float(calls.day.max(initial=0.0)) + 1.0, pace=60.0,
        length=1.5, spread=0.6, salt=1930, seed=seed,
    )  # fmt: skip
    down, _ = spares.at(site, np.floor(calls.day))
    line = np.where(down, 2, np.where(calls.day >= sites.change_day[site], 1, 0))
    network = sites.networks[site, line]
    wanders = uniform(seed, 1936, calls.key) < sites.restless[site]
    who = np.where(wanders, calls.key, calls.person)
    exit_ = below(np.where(line == 2, 1, sites.exits[site]), seed, 1937, who, site)
    return _Ends(network, below(world.size(network), seed, 1938, network) + exit_)


def _site(world: _World, calls: _Calls) -> _Ends:
    return _site_line(world, world.people.site[calls.person], calls)


def _other_site(world: _World, calls: _Calls) -> _Ends:
    flat = world.plan.stay[calls.row]
    return _site_line(world, world.plans.trip_stays.site.ravel()[flat], calls)


def _vpn(world: _World, calls: _Calls) -> _Ends:
    company, seed = world.company, world.seed
    gates = len(company.gateway_country)
    today = np.floor(calls.day).astype(np.int64)
    other = uniform(seed, 1940, calls.person, today) < 0.04
    gate = world.people.gateway[calls.person]
    gate = np.where(other, below(gates, seed, 1941, calls.person, today), gate)
    # Abroad the nearest gateway answers.
    country = world.country(calls)
    for at, here in enumerate(company.gateway_country):
        gate = np.where((country == here) & (country != world.people.country[calls.person]), at,
                        gate)  # fmt: skip
    network = company.gateway_network[gate]
    pool = company.gateway_pool[gate]
    host = below(world.size(network), seed, 1942, network) + below(pool, seed, 1943, calls.key)
    return _Ends(network, host)


def _proxy(world: _World, calls: _Calls) -> _Ends:
    network = world.company.proxy_network[world.country(calls)]
    hour = (calls.day * 8.0).astype(np.int64)
    pool = np.minimum(world.size(network), 96)
    return _Ends(network, below(pool, world.seed, 1950, calls.person, hour))


def _relay(world: _World, calls: _Calls) -> _Ends:
    seed = world.seed
    vendor = RELAYS * uniform(seed, 1955, calls.person, calls.day.astype(np.int64)) ** 1.5
    network = world.company.relay_network[world.country(calls), vendor.astype(np.int64)]
    pool = np.minimum(world.size(network), 2048)
    return _Ends(network, below(pool, seed, 1956, calls.key))


def _stay(world: _World, calls: _Calls, *, work: bool) -> _Ends:
    network, key = np.zeros_like(calls.row), np.zeros_like(calls.row)
    for rows, stays, flat in world.stays(calls):
        network[rows] = (stays.work if work else stays.hotel).ravel()[flat]
        key[rows] = (stays.work_key if work else stays.hotel_key).ravel()[flat]
    exits = np.where(uniform(world.seed, 1960, key) < 0.7, 1, 4)
    door = below(exits, world.seed, 1961, calls.key)
    return _Ends(network, below(world.size(network), world.seed, 1962, key) + door)


def _hotel(world: _World, calls: _Calls) -> _Ends:
    return _stay(world, calls, work=False)


def _workplace(world: _World, calls: _Calls) -> _Ends:
    return _stay(world, calls, work=True)


def _hub(world: _World, calls: _Calls, networks: Ints, salt: int) -> _Ends:
    """A public place of the country: at either end of the trip."""
    away = uniform(world.seed, salt, calls.key) < 0.5
    country = np.where(away, world.country(calls), world.people.country[calls.person])
    network = networks[country]
    door = below(12, world.seed, salt + 1, calls.key)
    return _Ends(network, below(world.size(network), world.seed, salt + 2, country) + door)


def _airport(world: _World, calls: _Calls) -> _Ends:
    return _hub(world, calls, world.company.airport_network, 1970)


def _train(world: _World, calls: _Calls) -> _Ends:
    return _hub(world, calls, world.company.train_network, 1975)


def _roaming(world: _World, calls: _Calls) -> _Ends:
    local = np.full(len(calls.row), -1, np.int64)
    for rows, stays, flat in world.stays(calls):
        local[rows] = stays.roaming.ravel()[flat]
    ends = _mobile(world, calls)
    host = below(64, world.seed, 1980, calls.person, (calls.day * 2.0).astype(np.int64))
    return _Ends(np.where(local >= 0, local, ends.network), np.where(local >= 0, host, ends.host))


def _cafe(world: _World, calls: _Calls) -> _Ends:
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
    return _Ends(network, below(world.size(network), world.seed, 1987, owner))


def _desktop(world: _World, calls: _Calls) -> _Ends:
    network = world.people.desktop_network[calls.person]
    lease = world.lease(calls.person, calls.day, 60.0, 1.5, 0.4, 1990)
    return _Ends(network, below(world.size(network), world.seed, 1993, calls.person, lease))


_WAYS = {
    AT_HOME: _home, AT_SECOND_HOME: _second_home, ON_MOBILE: _mobile, AT_SITE: _site,
    AT_OTHER_SITE: _other_site, ON_VPN: _vpn, ON_PROXY: _proxy, ON_RELAY: _relay,
    AT_HOTEL: _hotel, AT_WORKPLACE: _workplace, AT_AIRPORT: _airport, ON_TRAIN: _train,
    ROAMING: _roaming, AT_MEETING: _workplace, AT_CAFE: _cafe, ON_DESKTOP: _desktop,
}  # fmt: skip
