"""The company itself: sites behind shared addresses, VPN gateways, proxies, and public places."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.draws import Floats, Ints, below, choose, exponential, uniform
from authrisk.simulate.market import Market
from authrisk.simulate.profiles.profile import Profile
from authrisk.simulate.profiles.workforce import Workforce

RELAYS = 3  # vendors that a private relay leaves through


class Sites(NamedTuple):
    """S sites, those of one country together."""

    country: Ints
    weight: Floats
    """How many of the country's people sit there, any unit, (S,)."""
    networks: Ints
    """The usual provider, the one after a change, the spare line, (S, 3)."""
    change_day: Floats
    """Day on which the site changes its provider; inf for most, (S,)."""
    exits: Ints
    """Addresses that the site is seen by, (S,)."""
    restless: Floats
    """Chance that a person's exit is another one on another day, (S,)."""


class Company(NamedTuple):
    """Everything that people share. C countries, S sites, G gateways."""

    main: Ints
    """Countries with sites, largest first."""
    sites: Sites
    gateway_country: Ints
    gateway_network: Ints
    gateway_pool: Ints
    """Addresses of each gateway, (G,)."""
    proxy_network: Ints
    """The cloud proxy's exits nearest to each country, (C,)."""
    relay_network: Ints
    """Exits of a private relay near each country, (C, RELAYS)."""
    airport_network: Ints
    """Where the country's travellers wait, (C,)."""
    train_network: Ints


def found(
    profile: Profile, life: Workforce, market: Market, users: int, days: float, seed: int
) -> Company:
    """Open the sites, rent the lines."""
    universe = market.universe
    main = np.array([universe.country(n) for n, _ in profile.countries if n in universe.countries])
    shares = np.array([s for n, s in profile.countries if n in universe.countries])
    every = np.arange(len(universe.countries), dtype=np.int64)
    gate = np.arange(life.gateways, dtype=np.int64)
    gate_country = main[gate % len(main)]
    rented = market.hosting(gate_country, uniform(seed, 1001, gate), uniform(seed, 1002, gate))
    leased = market.access_in(gate_country, uniform(seed, 1003, gate))
    gate_system = np.where(uniform(seed, 1004, gate) < 0.5, rented, leased)
    near = np.zeros(len(every))
    busy = market.country_high > market.country_low
    public = np.where(busy, every, main[0])
    relays = [
        universe.networks_of(
            market.hosting(every, near, uniform(seed, 1010 + k, every)),
            uniform(seed, 1020 + k, every),
        )
        for k in range(RELAYS)
    ]
    proxies = market.hosting(every, near, uniform(seed, 1030, every))
    airports = market.access_in(public, uniform(seed, 1032, every))
    trains = market.access_in(public, uniform(seed, 1034, every))
    return Company(
        main=main,
        sites=_sites(life, market, main, shares, users=users, days=days, seed=seed),
        gateway_country=gate_country,
        gateway_network=universe.networks_of(gate_system, uniform(seed, 1005, gate)),
        gateway_pool=1 + below(8, seed, 1006, gate),
        proxy_network=universe.networks_of(proxies, uniform(seed, 1031, every)),
        relay_network=np.stack(relays, axis=1),
        airport_network=universe.networks_of(airports, uniform(seed, 1033, every)),
        train_network=universe.networks_of(trains, uniform(seed, 1035, every)),
    )


def _sites(
    life: Workforce,
    market: Market,
    main: Ints,
    shares: Floats,
    *,
    users: int,
    days: float,
    seed: int,
) -> Sites:
    universe = market.universe
    numbers = np.maximum(1, np.rint(users * shares / life.site_users)).astype(np.int64)
    country = np.repeat(main, numbers)
    rank = np.arange(len(country)) - np.repeat(np.cumsum(numbers) - numbers, numbers)
    order = np.argsort(country, kind="stable")
    country, rank = country[order], rank[order]
    luck = exponential(seed, 1040, np.arange(len(country), dtype=np.int64))
    weight = np.exp(0.3 * luck - 0.8 * np.log1p(rank))
    site = np.arange(len(country), dtype=np.int64)
    networks = [
        universe.networks_of(
            market.access_in(country, uniform(seed, 1050 + k, site)),
            uniform(seed, 1060 + k, site),
        )
        for k in range(3)
    ]
    share = np.zeros(len(universe.countries))
    share[main] = shares
    total = np.bincount(country, weights=weight, minlength=len(share))[country]
    people = users * share[country] * weight / total
    spread = exponential(seed, 1041, site)
    changes = uniform(seed, 1042, site) < 0.2 * days / 365.0
    return Sites(
        country=country,
        weight=weight,
        networks=np.stack(networks, axis=1),
        change_day=np.where(changes, days * uniform(seed, 1043, site), np.inf),
        exits=np.clip(1 + spread * people / 60.0, 1, 40).astype(np.int64),
        restless=np.where(uniform(seed, 1044, site) < 0.3, uniform(seed, 1045, site), 0.0),
    )


def site_of(company: Company, country: Ints, who: Ints, seed: int) -> Ints:
    """A site of the country for each of N people, big ones more often; -1 where it has none."""
    sites = company.sites
    edges = np.concatenate(([0.0], np.cumsum(sites.weight)))
    low = np.searchsorted(sites.country, country)
    high = np.searchsorted(sites.country, country, side="right")
    point = edges[low] + uniform(seed, 1046, who) * (edges[high] - edges[low])
    site = np.clip(np.searchsorted(edges, point, side="right") - 1, low, np.maximum(high - 1, low))
    return np.where(high > low, site, -1)


def other_site(company: Company, own: Ints, key: Ints, seed: int) -> Ints:
    """A site to travel to; it may be one's own when there is no other."""
    picked = choose(company.sites.weight, seed, 1047, key)
    return np.where(picked == own, (picked + 1) % len(company.sites.weight), picked)
