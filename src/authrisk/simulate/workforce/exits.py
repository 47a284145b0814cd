"""Exits that people share: sites, gateways, proxies, relays, hotels, stations, roaming."""

from __future__ import annotations

import numpy as np

from authrisk.simulate.draws import Ints, below, uniform
from authrisk.simulate.workforce.company import RELAYS
from authrisk.simulate.workforce.episodes import episodes
from authrisk.simulate.workforce.lines import Calls, Ends, World, mobile


def site(world: World, calls: Calls) -> Ends:
    """The own site."""
    return _site_line(world, world.people.site[calls.person], calls)


def other_site(world: World, calls: Calls) -> Ends:
    """The site that is visited."""
    flat = world.plan.stay[calls.row]
    return _site_line(world, world.plans.trip_stays.site.ravel()[flat], calls)


def vpn(world: World, calls: Calls) -> Ends:
    """A gateway of the company."""
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
    return Ends(network, host)


def proxy(world: World, calls: Calls) -> Ends:
    """The cloud proxy's exit of the hour."""
    network = world.company.proxy_network[world.country(calls)]
    hour = (calls.day * 8.0).astype(np.int64)
    pool = np.minimum(world.size(network), 96)
    return Ends(network, below(pool, world.seed, 1950, calls.person, hour))


def relay(world: World, calls: Calls) -> Ends:
    """A private relay: another exit for every visit."""
    seed = world.seed
    vendor = RELAYS * uniform(seed, 1955, calls.person, calls.day.astype(np.int64)) ** 1.5
    network = world.company.relay_network[world.country(calls), vendor.astype(np.int64)]
    pool = np.minimum(world.size(network), 2048)
    return Ends(network, below(pool, seed, 1956, calls.key))


def hotel(world: World, calls: Calls) -> Ends:
    """The hotel of the stay."""
    return _stay(world, calls, work=False)


def workplace(world: World, calls: Calls) -> Ends:
    """The place of work of the stay."""
    return _stay(world, calls, work=True)


def airport(world: World, calls: Calls) -> Ends:
    """An airport of the country at either end."""
    return _hub(world, calls, world.company.airport_network, 1970)


def train(world: World, calls: Calls) -> Ends:
    """A train of the country at either end."""
    return _hub(world, calls, world.company.train_network, 1975)


def roaming(world: World, calls: Calls) -> Ends:
    """Abroad: the visited country's network, or the home carrier's own."""
    local = np.full(len(calls.row), -1, np.int64)
    for rows, stays, flat in world.stays(calls):
        local[rows] = stays.roaming.ravel()[flat]
    ends = mobile(world, calls)
    host = below(64, world.seed, 1980, calls.person, (calls.day * 2.0).astype(np.int64))
    return Ends(np.where(local >= 0, local, ends.network), np.where(local >= 0, host, ends.host))


def _site_line(world: World, site: Ints, calls: Calls) -> Ends:
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
    return Ends(network, below(world.size(network), seed, 1938, network) + exit_)


def _stay(world: World, calls: Calls, *, work: bool) -> Ends:
    network, key = np.zeros_like(calls.row), np.zeros_like(calls.row)
    for rows, stays, flat in world.stays(calls):
        network[rows] = (stays.work if work else stays.hotel).ravel()[flat]
        key[rows] = (stays.work_key if work else stays.hotel_key).ravel()[flat]
    exits = np.where(uniform(world.seed, 1960, key) < 0.7, 1, 4)
    door = below(exits, world.seed, 1961, calls.key)
    return Ends(network, below(world.size(network), world.seed, 1962, key) + door)


def _hub(world: World, calls: Calls, networks: Ints, salt: int) -> Ends:
    """A public place of the country: at either end of the trip."""
    away = uniform(world.seed, salt, calls.key) < 0.5
    country = np.where(away, world.country(calls), world.people.country[calls.person])
    network = networks[country]
    door = below(12, world.seed, salt + 1, calls.key)
    return Ends(network, below(world.size(network), world.seed, salt + 2, country) + door)
