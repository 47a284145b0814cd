"""Where logins come from: home, phone network, office, VPN, somewhere else, abroad.

An address is a function of (user, place, lease): leases of many lengths make the chance of a new
address grow with the gap, as the published figures have it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.draws import Bools, Floats, Ints, below, normal, uniform
from authrisk.simulate.market import Market
from authrisk.simulate.profile import PlaceShares, Profile

HOME, MOBILE, OFFICE, VPN, ELSEWHERE, ABROAD = range(6)
_OFFICE_HOURS = (7.0, 18.0)


class Residents(NamedTuple):
    """Where N users live: everything of a user that stays."""

    home_system: Ints
    country: Ints
    """Index into the universe's countries, (N,)."""
    home_network: Ints
    carrier: Ints
    """The mobile carrier's network, (N,)."""
    office: Ints
    """Office number, -1 without one, (N,)."""
    office_network: Ints
    vpn_network: Ints
    taste: Floats
    """Weights of the five places at home, (N, 2, 5): phones, then everything else."""


class Sources(NamedTuple):
    """The source of each of M logins."""

    network: Ints
    """Index into the universe's networks, (M,)."""
    address: Ints
    """IPv4 address as a number, (M,)."""
    place: Ints
    """HOME .. ABROAD, (M,)."""


def settle(profile: Profile, market: Market, users: int, seed: int) -> Residents:
    """Give every user a country, providers, an employer and habits."""
    universe = market.universe
    who = np.arange(users, dtype=np.int64)
    system = market.access(uniform(seed, who, 401))
    country = universe.as_country[system]
    hosted = uniform(seed, who, 402) < profile.hosting_homes
    cloud = market.hosting(country, uniform(seed, who, 403), uniform(seed, who, 404))
    system = np.where(hosted, cloud, system)
    # Most phones are with the household's own provider; the rest is with any of the country's.
    other = market.access_in(country, uniform(seed, who, 405))
    bundled = (uniform(seed, who, 406) < 0.55) & ~hosted
    carrier = np.where(bundled, system, other)
    office, office_network = _offices(profile, market, country, users, seed)
    exits = market.hosting(country, uniform(seed, who, 407), uniform(seed, who, 408))
    return Residents(
        home_system=system,
        country=country,
        home_network=universe.networks_of(system, uniform(seed, who, 409)),
        carrier=universe.networks_of(carrier, uniform(seed, who, 410)),
        office=office,
        office_network=office_network,
        vpn_network=universe.networks_of(exits, uniform(seed, exits, who % 3, 411)),
        taste=np.stack(
            [
                _taste(profile.mobile_places, profile.place_focus, office, seed + 1),
                _taste(profile.desk_places, profile.place_focus, office, seed + 2),
            ],
            axis=1,
        ),
    )


def visit_sources(
    profile: Profile,
    market: Market,
    residents: Residents,
    user: Ints,
    visit: Ints,
    time_s: Floats,
    is_phone: Bools,
    hour: Floats,
    is_weekend: Bools,
    seed: int,
) -> Sources:
    """The network and address of each login. `hour` is the user's local hour, 0..24."""
    universe = market.universe
    # Some people leave the house within a visit: the phone changes from wifi to its carrier.
    step = below(1 << 30, seed, user, time_s.astype(np.int64), 420)
    hops = uniform(seed, user, step, 421) < 0.02
    moment = np.where(hops, step + (1 << 31), visit)
    place = _place(residents, user, moment, is_phone, hour, is_weekend, seed)
    network = np.select(
        [place == HOME, place == MOBILE, place == OFFICE, place == VPN],
        [
            residents.home_network[user],
            residents.carrier[user],
            residents.office_network[user],
            residents.vpn_network[user],
        ],
        default=0,
    )
    spot = below(6, seed, user, moment, 422)  # cafes and friends: a few per user
    cafe = place == ELSEWHERE
    own = uniform(seed, user, spot, 423) < 0.35
    local = market.access_in(residents.country[user], uniform(seed, user, spot, 424))
    local = np.where(own, residents.home_system[user], local)
    network[cafe] = universe.networks_of(local[cafe], uniform(seed, user, spot, 425)[cafe])
    trip, abroad = _trips(profile, user, time_s, seed)
    place = np.where(abroad & (place != VPN), ABROAD, place)
    away = np.flatnonzero(place == ABROAD)
    foreign = market.access(uniform(seed, user[away], trip[away], 426) ** 0.5)
    wanderer = uniform(seed, user[away], trip[away], 427)
    foreign = _another_country(market, foreign, residents.country[user[away]], wanderer)
    network[away] = universe.networks_of(foreign, uniform(seed, user[away], trip[away], 428))
    address = _addresses(profile, market, residents, place, network, user, time_s, spot, trip, seed)
    return Sources(network, address, place)


def _place(
    residents: Residents,
    user: Ints,
    moment: Ints,
    is_phone: Bools,
    hour: Floats,
    is_weekend: Bools,
    seed: int,
) -> Ints:
    weights = residents.taste[user, np.where(is_phone, 0, 1)]
    at_work = (hour > _OFFICE_HOURS[0]) & (hour < _OFFICE_HOURS[1]) & ~is_weekend
    weights[:, OFFICE] *= np.where(at_work, 1.6, 0.1)
    weights[:, HOME] *= np.where(at_work, 0.7, 1.2)
    edges = np.cumsum(weights, axis=1)
    draw = uniform(seed, user, moment, 430) * edges[:, -1]
    return np.minimum((draw[:, None] >= edges).sum(axis=1), ELSEWHERE).astype(np.int64)


def _trips(profile: Profile, user: Ints, time_s: Floats, seed: int) -> tuple[Ints, Bools]:
    """Number of the ten-day stretch of each login, and whether the user is abroad in it."""
    stretch = np.floor(time_s / 864_000.0 + uniform(seed, user, 440)).astype(np.int64)
    eager = 2.0 * uniform(seed, user, 441) ** 2 * 1.5
    chance = profile.trips_per_year / 36.5 * eager
    return stretch, uniform(seed, user, stretch, 442) < chance


def _another_country(market: Market, system: Ints, home: Ints, draw: Floats) -> Ints:
    """Replace systems of the home country by ones of other countries, busy ones first."""
    universe = market.universe
    weights = np.sqrt(market.country_high - market.country_low)
    edges = np.cumsum(weights)
    country = np.minimum(np.searchsorted(edges, draw * edges[-1], "right"), len(edges) - 1)
    country = np.where(country == home, (country + 1) % len(edges), country)
    empty = weights[country] == 0
    country = np.where(empty, int(np.argmax(weights)), country)
    at_home = universe.as_country[system] == home
    moved = market.access_in(country, draw * 997.0 % 1.0)
    return np.where(at_home, moved, system)


def _offices(
    profile: Profile, market: Market, country: Ints, users: int, seed: int
) -> tuple[Ints, Ints]:
    """Employer of each user, sizes by Zipf's law, and the network of the employer's office."""
    who = np.arange(users, dtype=np.int64)
    number = max(1, round(users * profile.offices_per_user))
    rank = np.exp(uniform(seed, who, 450) * np.log(number + 1.0)).astype(np.int64) - 1
    office = rank * len(market.universe.countries) + country  # one per employer and country
    system = market.access_in(country, uniform(seed, office, 451))
    network = market.universe.networks_of(system, uniform(seed, office, 452))
    return office, network


def _taste(shares: PlaceShares, focus: float, office: Ints, seed: int) -> Floats:
    """Dirichlet-like weights around the profile's shares, (N, 5)."""
    who = np.arange(len(office), dtype=np.int64)
    mean = np.array([shares.home, shares.mobile, shares.office, shares.vpn, shares.elsewhere])
    columns = []
    for at, share in enumerate(mean):
        # A log-normal stands in for the gamma of a Dirichlet: same mean, one strong favourite.
        sigma = min(2.5, 1.2 / np.sqrt(focus))
        columns.append(share * np.exp(sigma * normal(seed, who, 460 + at)))
    return np.stack(columns, axis=1)


def _addresses(
    profile: Profile,
    market: Market,
    residents: Residents,
    place: Ints,
    network: Ints,
    user: Ints,
    time_s: Floats,
    spot: Ints,
    trip: Ints,
    seed: int,
) -> Ints:
    universe = market.universe
    first, size = universe.network_first[network], universe.network_size[network]
    host = np.zeros(len(user), np.int64)

    here = np.flatnonzero(place == HOME)
    who, lease = user[here], _lease(user[here], time_s[here], HOME, 3.0, 2.2, 0.12, seed)
    pool = np.minimum(size[here], 4096)
    base = below(np.maximum(size[here] - pool, 1), seed, who, 470)
    host[here] = base + below(pool, seed, who, lease, 471)

    here = np.flatnonzero(place == MOBILE)
    who, lease = user[here], _lease(user[here], time_s[here], MOBILE, 0.02, 3.0, 0.0, seed)
    # Carrier NAT: a few exits of the network serve everybody there.
    pool = np.clip(size[here] // 64, 4, 256)
    host[here] = below(pool, seed, who, lease, 472)

    here = np.flatnonzero(place == OFFICE)
    host[here] = below(size[here], seed, residents.office[user[here]], 473)

    here = np.flatnonzero(place == VPN)
    lease = _lease(user[here], time_s[here], VPN, 2.0, 1.5, 0.3, seed)
    host[here] = below(np.minimum(size[here], 64), seed, user[here], lease, 474)

    here = np.flatnonzero(place == ELSEWHERE)
    lease = _lease(user[here], time_s[here], ELSEWHERE, 20.0, 1.5, 0.2, seed)
    host[here] = below(size[here], seed, user[here], spot[here], lease, 475)

    here = np.flatnonzero(place == ABROAD)
    lease = _lease(user[here], time_s[here], ABROAD, 0.5, 1.5, 0.1, seed)
    host[here] = below(size[here], seed, user[here], trip[here], lease, 476)
    return first + np.minimum(host, size - 1)


def _lease(
    user: Ints, time_s: Floats, place: int, days: float, sigma: float, static: float, seed: int
) -> Ints:
    """Number of the lease that holds at each time; lease lengths are log-normal by user."""
    length = days * 86_400.0 * np.exp(sigma * normal(seed, user, 480 + place))
    number = np.floor(time_s / length + uniform(seed, user, 490 + place)).astype(np.int64)
    return np.where(uniform(seed, user, 500 + place) < static, 0, number)
