"""Where logins come from: home, phone network, office, VPN, somewhere else, abroad.

An address is a function of (user, place, lease): leases of many lengths make the chance of a new
address grow with the gap, as the published figures have it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.draws import Bools, Floats, Ints, below, choose, normal, uniform
from authrisk.simulate.market import Market
from authrisk.simulate.profiles.crowd import Crowd, PlaceShares
from authrisk.simulate.universe import Universe

HOME, MOBILE, OFFICE, VPN, ELSEWHERE, ABROAD = range(6)
_OFFICE_HOURS = (7.0, 18.0)
_ROAMING_S = 900.0  # who walks about changes networks every quarter of an hour
_LEAPS = 0.3  # share of hops that change the place at once, whatever the quarter of the hour


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


class Visits(NamedTuple):
    """When and with what M logins happen."""

    user: Ints
    visit: Ints
    time_s: Floats
    is_phone: Bools
    hour: Floats
    """Local hour, 0..24."""
    is_weekend: Bools


class Calls(NamedTuple):
    """What the addresses of M logins depend on."""

    place: Ints
    network: Ints
    user: Ints
    time_s: Floats
    spot: Ints
    trip: Ints


def settle(life: Crowd, market: Market, users: int, seed: int) -> Residents:
    """Give every user a country, providers, an employer and habits."""
    universe = market.universe
    who = np.arange(users, dtype=np.int64)
    system = market.access(uniform(seed, who, 401))
    country = universe.as_country[system]
    hosted = uniform(seed, who, 402) < life.hosting_homes
    cloud = market.hosting(country, uniform(seed, who, 403), uniform(seed, who, 404))
    system = np.where(hosted, cloud, system)
    # Most phones are with the household's own provider; the rest is with any of the country's.
    other = market.access_in(country, uniform(seed, who, 405))
    bundled = (uniform(seed, who, 406) < 0.4) & ~hosted
    carrier = np.where(bundled, system, other)
    office, office_network = _offices(life, market, country, users, seed)
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
                _taste(life.mobile_places, life.place_focus, users, seed + 1),
                _taste(life.desk_places, life.place_focus, users, seed + 2),
            ],
            axis=1,
        ),
    )


def visit_sources(
    life: Crowd, market: Market, residents: Residents, visits: Visits, seed: int
) -> Sources:
    """The network and address of each login."""
    universe, user = market.universe, visits.user
    # Some people leave the house within a visit: the phone changes from wifi to its carrier.
    stretch = (visits.time_s / _ROAMING_S + uniform(seed, user, 417)).astype(np.int64)
    people = np.arange(len(residents.country), dtype=np.int64)
    hopping = life.hops * np.exp(0.4 * normal(seed, 431, people) - 0.08)
    odds = np.log(life.routine / (1.0 - life.routine)) + 0.7 * normal(seed, 432, people)
    steady = 1.0 / (1.0 + np.exp(-odds))
    hops = uniform(seed, user, stretch, 421) < hopping[user]
    week = (visits.time_s / 604_800.0 + uniform(seed, user, 429)).astype(np.int64) + (1 << 40)
    settled = uniform(seed, user, visits.visit, 418) < steady[user]
    moment = np.where(settled, week, visits.visit)
    moment = np.where(hops, stretch + (1 << 50), moment)
    second = visits.time_s.astype(np.int64)
    leaps = uniform(seed, user, second, 416) < _LEAPS * hopping[user]
    moment = np.where(leaps, second + (1 << 60), moment)
    place = _place(residents, visits, moment, seed)
    spot = below(6, seed, user, moment, 422)  # cafes and friends: a few per user
    trip, abroad = _trips(life, user, visits.time_s, seed)
    place = np.where(abroad & (place != VPN), ABROAD, place)
    network = np.stack(
        [residents.home_network, residents.carrier, residents.office_network,
         residents.vpn_network], axis=1,
    )[user, np.minimum(place, VPN)]  # fmt: skip

    here = np.flatnonzero(place == ELSEWHERE)
    who, which = user[here], spot[here]
    local = market.access_in(residents.country[who], uniform(seed, who, which, 424))
    same = uniform(seed, who, which, 423) < 0.3
    local = np.where(same, residents.home_system[who], local)
    network[here] = universe.networks_of(local, uniform(seed, who, which, 425))

    here = np.flatnonzero(place == ABROAD)
    who, which = user[here], trip[here]
    foreign = _foreign_system(market, residents.country[who], seed, who, which)
    network[here] = universe.networks_of(foreign, uniform(seed, who, which, 428))
    calls = Calls(place, network, user, visits.time_s, spot, trip)
    return Sources(network, _addresses(universe, residents, calls, seed), place)


def _place(residents: Residents, visits: Visits, moment: Ints, seed: int) -> Ints:
    weights = residents.taste[visits.user, np.where(visits.is_phone, 0, 1)]
    hour = visits.hour
    at_work = (hour > _OFFICE_HOURS[0]) & (hour < _OFFICE_HOURS[1]) & ~visits.is_weekend
    weights[:, OFFICE] *= np.where(at_work, 1.6, 0.1)
    weights[:, HOME] *= np.where(at_work, 0.7, 1.2)
    edges = np.cumsum(weights, axis=1)
    draw = uniform(seed, visits.user, moment, 430) * edges[:, -1]
    place: Ints = (draw[:, None] >= edges).sum(axis=1)
    return np.minimum(place, ELSEWHERE)


def _trips(life: Crowd, user: Ints, time_s: Floats, seed: int) -> tuple[Ints, Bools]:
    """Number of the stretch of about ten days of each login, and whether the user is abroad."""
    people = np.arange(int(user.max(initial=0)) + 1, dtype=np.int64)
    length_s = 864_000.0 * np.exp(0.4 * normal(seed, 443, people))
    phase, eager = uniform(seed, 440, people), 3.0 * uniform(seed, 441, people) ** 2
    chance = life.trips_per_year / 365.0 * eager * length_s / 86_400.0
    stretch = np.floor(time_s / length_s[user] + phase[user]).astype(np.int64)
    return stretch, uniform(seed, user, stretch, 442) < chance[user]


def _foreign_system(market: Market, home: Ints, seed: int, user: Ints, trip: Ints) -> Ints:
    """An AS of another country, busy countries first."""
    weights = np.sqrt(market.country_high - market.country_low)
    country = choose(weights, seed, user, trip, 426)
    busiest = np.argsort(-weights)[:2]
    away = np.where(home == busiest[0], busiest[1], busiest[0])
    country = np.where(country == home, away, country)
    return market.access_in(country, uniform(seed, user, trip, 427))


def _offices(
    life: Crowd, market: Market, country: Ints, users: int, seed: int
) -> tuple[Ints, Ints]:
    """Employer of each user, sizes by Zipf's law, and the network of the employer's office."""
    who = np.arange(users, dtype=np.int64)
    number = max(1, round(users * life.employers_per_user))
    rank = np.exp(uniform(seed, who, 450) * np.log(number + 1.0)).astype(np.int64) - 1
    office = rank * len(market.universe.countries) + country  # one per employer and country
    system = market.access_in(country, uniform(seed, office, 451))
    network = market.universe.networks_of(system, uniform(seed, office, 452))
    return office, network


def _taste(shares: PlaceShares, focus: float, users: int, seed: int) -> Floats:
    """How often each user is at each place: a favourite, drawn by the shares, and the rest, (N, 5).

    `focus` is the mean share of the favourite.
    """
    who = np.arange(users, dtype=np.int64)
    mean = np.array([shares.home, shares.mobile, shares.office, shares.vpn, shares.elsewhere])
    favourite = choose(mean, seed, who, 460)
    loyalty = 1.0 - (1.0 - focus) * 2.0 * uniform(seed, who, 461)
    taste: Floats = (1.0 - loyalty)[:, None] * mean / mean.sum()
    taste[who, favourite] += loyalty
    return taste


def _addresses(universe: Universe, residents: Residents, calls: Calls, seed: int) -> Ints:
    """The address within the network: the same place and lease have the same address."""
    size = universe.network_size[calls.network]
    host = np.zeros(len(size), np.int64)

    here, who, lease = _leases(calls, HOME, seed)
    pool = np.minimum(size[here], 4096)
    base = below(np.maximum(size[here] - pool, 1), seed, who, 470)
    host[here] = base + below(pool, seed, who, lease, 471)

    here, who, lease = _leases(calls, MOBILE, seed)
    exits = np.clip(size[here] // 256, 4, 128)  # carrier NAT: some exits serve everybody there
    host[here] = below(exits, seed, who, lease, 472)

    here, who, _ = _leases(calls, OFFICE, seed)
    host[here] = below(size[here], seed, residents.office[who], 473)

    here, who, lease = _leases(calls, VPN, seed)
    host[here] = below(np.minimum(size[here], 64), seed, who, lease, 474)

    here, who, lease = _leases(calls, ELSEWHERE, seed)
    host[here] = below(size[here], seed, who, calls.spot[here], lease, 475)

    here, who, lease = _leases(calls, ABROAD, seed)
    host[here] = below(size[here], seed, who, calls.trip[here], lease, 476)
    return universe.network_first[calls.network] + np.minimum(host, size - 1)


def _leases(calls: Calls, place: int, seed: int) -> tuple[Ints, Ints, Ints]:
    """Rows at a place, their users, and the number of the lease that holds.

    Lengths of leases are log-normal by user; some users have a static address.
    """
    days, sigma, static = _LEASES[place]
    here = np.flatnonzero(calls.place == place)
    user = calls.user[here]
    length_s = days * 86_400.0 * np.exp(sigma * normal(seed, user, 480 + place))
    phase = uniform(seed, user, 490 + place)
    number = np.floor(calls.time_s[here] / length_s + phase).astype(np.int64)
    fixed = uniform(seed, user, 500 + place) < static
    return here, user, np.where(fixed, 0, number)


_LEASES = {
    HOME: (43.0, 1.4, 0.05),
    MOBILE: (3.0, 3.0, 0.0),
    OFFICE: (1e6, 0.0, 1.0),
    VPN: (2.0, 1.5, 0.3),
    ELSEWHERE: (20.0, 1.5, 0.2),
    ABROAD: (0.5, 1.5, 0.1),
}
"""Median length of a lease in days, sigma of its logarithm, share of static addresses."""
