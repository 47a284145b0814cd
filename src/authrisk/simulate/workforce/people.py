"""Who works there: everything of a person that stays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.clock import Clocks, clocks_of
from authrisk.simulate.draws import Bools, Floats, Ints, below, exponential, normal, uniform
from authrisk.simulate.market import Market
from authrisk.simulate.profiles.workforce import Workforce
from authrisk.simulate.workforce.company import Company, site_of

EMPLOYEE, CONTRACTOR, PROGRAM, DORMANT = range(4)
HOMES = 3  # homes in the course of the period
CARRIER_NETWORKS = 4  # regional exits of a phone network that one phone is seen by
_CUSTOMERS = 4


class People(NamedTuple):
    """N people. Chances and rates are each person's own."""

    kind: Ints
    """EMPLOYEE .. DORMANT, (N,)."""
    country: Ints
    clocks: Clocks
    site: Ints
    """-1 without one, (N,)."""
    team: Ints
    """Teams are numbered through the company, (N,)."""
    first_day: Floats
    last_day: Floats
    """Days since the start of the period, (N,)."""

    home_networks: Ints
    """(N, HOMES)"""
    move_days: Floats
    """Day of each move to the next home, inf where there is none, (N, HOMES - 1)."""
    shared_home: Bools
    """Behind an address that serves the house, (N,)."""
    second_home: Ints
    """Network of the second home, -1 without one, (N,)."""
    carrier: Ints
    """(N, CARRIER_NETWORKS)"""
    desktop_network: Ints
    """Network of the rented machine, -1 without one, (N,)."""
    gateway: Ints
    tunnel: Floats
    """Chance of using the VPN when away from the office; 0 without one, (N,)."""
    proxied: Bools
    relayed: Bools

    weekly: Floats
    """Logins in a full week of work, (N,)."""
    start_h: Floats
    start_sd_h: Floats
    length_h: Floats
    workdays: Floats
    """Chance of working on each weekday, (N, 7)."""
    home_days: Floats
    """Chance of working at home on each weekday, (N, 7)."""
    shift: Ints
    """Length of the team's cycle of shifts, days; 0 without shifts, (N,)."""
    evening: Floats
    phone: Floats
    wifi: Floats
    """Chance that the phone is in the office's wifi, (N,)."""
    spare: Floats
    """Chance of taking the second computer, (N,)."""
    strays: Floats
    """Chance of being at a cafe or with friends when not at work, (N,)."""
    diligent: Floats
    """Chance of logging in on a day of leave; less on other days off, (N,)."""
    trips: Floats
    """A year, (N,)."""
    customers: Ints
    """Places that a traveller returns to, (N,)."""
    clumsy: Floats
    """Failed attempts per success, (N,)."""
    forgetful: Floats
    """Forgotten passwords a year, (N,)."""


def habit(mean: float, spread: float, seed: int, salt: int, key: Ints) -> Floats:
    """A chance of one's own per key, logit-normal with that median."""
    middle = np.clip(mean, 1e-4, 1.0 - 1e-4)
    odds = np.log(middle / (1.0 - middle)) + spread * normal(seed, salt, key)
    share: Floats = 1.0 / (1.0 + np.exp(-odds))
    return share


def rate(mean: float, sigma: float, seed: int, salt: int, key: Ints) -> Floats:
    """A log-normal rate of one's own per key, with that mean."""
    value: Floats = mean * np.exp(sigma * normal(seed, salt, key) - sigma**2 / 2)
    return value


def hire(
    life: Workforce, market: Market, company: Company, users: int, days: float, seed: int
) -> People:
    """Give every person a country, a contract, a desk, lines, devices and habits."""
    universe = market.universe
    who = np.arange(users, dtype=np.int64)
    system = market.access(uniform(seed, 1101, who))
    country = universe.as_country[system]
    edges = np.cumsum([life.services, life.contractors, life.dormant])
    kind = np.array([PROGRAM, CONTRACTOR, DORMANT, EMPLOYEE])[
        np.searchsorted(edges, uniform(seed, 1102, who), side="right")
    ]
    contractor, program = kind == CONTRACTOR, kind == PROGRAM
    remote = uniform(seed, 1103, who) < np.where(contractor, 0.6, life.remote)
    site = np.where(remote & ~program, -1, site_of(company, country, who, seed))
    team, leads = _teams(life, site, country, seed)
    first, last = _contracts(life, kind, days, seed)

    homes, moves = _homes(life, market, system, kind, country, days=days, seed=seed)
    dorm = uniform(seed, 1104, who) < life.dormitories
    second = market.access_in(country, uniform(seed, 1105, who))
    second_network = universe.networks_of(second, uniform(seed, 1106, who))
    has_second = uniform(seed, 1107, who) < life.second_homes
    bundled = uniform(seed, 1108, who) < 0.4
    carrier = np.where(bundled, system, market.access_in(country, uniform(seed, 1109, who)))
    carriers = [
        universe.networks_of(carrier, uniform(seed, 1120 + k, carrier, who % 40))
        for k in range(CARRIER_NETWORKS)
    ]
    cloud = market.hosting(country, uniform(seed, 1111, who), uniform(seed, 1112, who))
    rented = uniform(seed, 1113, who) < np.where(contractor, 0.12, life.cloud_desktops)
    cloud_network = universe.networks_of(cloud, uniform(seed, 1114, cloud, who % 3))
    few, many = np.log(life.weekly_logins[0]), np.log(life.weekly_logins[1])
    has_tunnel = (uniform(seed, 1115, who) < life.tunnels) & ~program
    odd = np.where(contractor, 3.0, life.start_spread_h)
    return People(
        kind=kind,
        country=country,
        clocks=clocks_of(universe, country, homes[:, 0]),
        site=site,
        team=team,
        first_day=first,
        last_day=last,
        home_networks=homes,
        move_days=moves,
        shared_home=dorm,
        second_home=np.where(has_second, second_network, -1),
        carrier=np.stack(carriers, axis=1),
        desktop_network=np.where(rented, cloud_network, -1),
        gateway=_gateways(company, country, seed),
        tunnel=np.where(has_tunnel, habit(0.6, 2.0, seed, 1130, who), 0.0),
        proxied=(uniform(seed, 1116, who) < life.sase) & ~program,
        relayed=uniform(seed, 1117, who) < life.relays,
        weekly=np.exp(few + (many - few) * uniform(seed, 1118, who)),
        start_h=life.start_hour + odd * normal(seed, 1131, who) + 0.5 * normal(seed, 1132, team),
        start_sd_h=rate(life.day_spread_h, 0.6, seed, 1133, who),
        length_h=life.day_length_h + 0.7 * normal(seed, 1134, who),
        workdays=_workdays(life, who, seed),
        home_days=_home_days(life, site, team, seed),
        shift=np.where((site >= 0) & leads & (kind == EMPLOYEE), 6 + below(4, seed, 1135, team), 0),
        evening=habit(life.evenings, 1.0, seed, 1136, who),
        phone=habit(life.phone, 1.2, seed, 1137, who),
        wifi=habit(0.45, 2.0, seed, 1138, who),
        spare=np.where(
            uniform(seed, 1139, who) < life.spare, habit(0.15, 1.0, seed, 1140, who), 0.0
        ),
        strays=habit(0.03, 1.0, seed, 1145, who),
        diligent=habit(0.09, 1.2, seed, 1146, who),
        trips=rate(life.trips_per_year, 1.2, seed, 1141, who),
        customers=1 + below(_CUSTOMERS, seed, 1142, who),
        clumsy=rate(life.failures_per_success, 0.8, seed, 1143, who),
        forgetful=rate(life.forgotten_per_year, 0.7, seed, 1144, who),
    )


def _teams(life: Workforce, site: Ints, country: Ints, seed: int) -> tuple[Ints, Bools]:
    """Team of each person, within the site (the country for those without), and whether shifts."""
    who = np.arange(len(site), dtype=np.int64)
    group = np.where(site >= 0, site, 100_000 + country)
    _, place, size = np.unique(group, return_inverse=True, return_counts=True)
    teams = np.maximum(1, np.rint(size / life.team_users)).astype(np.int64)
    first = np.cumsum(teams) - teams
    # Sizes of teams differ: the square bends even draws towards the first ones of a site.
    team = first[place] + (uniform(seed, 1150, who) ** 1.4 * teams[place]).astype(np.int64)
    return team, uniform(seed, 1151, team) < life.shifts


def _contracts(life: Workforce, kind: Ints, days: float, seed: int) -> tuple[Floats, Floats]:
    """First and last day of each person; most are there before and after."""
    who = np.arange(len(kind), dtype=np.int64)
    chance = life.turnover_per_year * days / 365.0
    first = np.where(uniform(seed, 1160, who) < chance, days * uniform(seed, 1161, who), -1e4)
    last = np.where(uniform(seed, 1162, who) < chance, days * uniform(seed, 1163, who), 1e5)
    last = np.where(last < first, 1e5, last)
    begin = -40.0 + (days + 35.0) * uniform(seed, 1164, who)
    short = np.maximum(45.0, 80.0 * np.exp(0.7 * normal(seed, 1165, who)))
    contractor = kind == CONTRACTOR
    return np.where(contractor, begin, first), np.where(contractor, begin + short, last)


def _homes(
    life: Workforce,
    market: Market,
    system: Ints,
    kind: Ints,
    country: Ints,
    *,
    days: float,
    seed: int,
) -> tuple[Ints, Floats]:
    universe = market.universe
    who = np.arange(len(system), dtype=np.int64)
    wait = 365.0 / max(life.moves_per_year, 1e-6)
    until = np.cumsum(
        np.stack([wait * exponential(seed, 1170 + k, who) for k in range(HOMES - 1)], axis=1),
        axis=1,
    )
    hosted = (kind == PROGRAM) & (uniform(seed, 1172, who) < 0.5)
    cloud = market.hosting(country, uniform(seed, 1173, who), uniform(seed, 1174, who))
    networks = []
    for k in range(HOMES):
        if k:
            other = market.access_in(country, uniform(seed, 1175 + k, who))
            system = np.where(uniform(seed, 1178 + k, who) < 0.4, system, other)
        rooms = np.where(hosted, cloud, system)
        networks.append(universe.networks_of(rooms, uniform(seed, 1181 + k, who)))
    return np.stack(networks, axis=1), np.where(until < days, until, np.inf)


def _gateways(company: Company, country: Ints, seed: int) -> Ints:
    """The gateway of one's country, else any."""
    who = np.arange(len(country), dtype=np.int64)
    gateway = below(len(company.gateway_country), seed, 1190, who)
    for at, here in enumerate(company.gateway_country):
        gateway = np.where((country == here) & (uniform(seed, 1191 + at, who) < 0.8), at, gateway)
    return gateway


def _workdays(life: Workforce, who: Ints, seed: int) -> Floats:
    """Some work part-time, on fixed days; some like weekends."""
    days = np.tile(np.array(life.workdays), (len(who), 1))
    days[:, 5:] = np.minimum(days[:, 5:] * rate(1.0, 1.0, seed, 1200, who)[:, None], 0.95)
    part_time = uniform(seed, 1201, who) < 0.12
    weekday = np.arange(7)
    free = uniform(seed, 1202, who[:, None], weekday) < 0.3
    return np.where(part_time[:, None] & free, 0.04, days)


def _home_days(life: Workforce, site: Ints, team: Ints, seed: int) -> Floats:
    """Fixed weekdays at home, kept to with a constancy of one's own; the team's day is at work."""
    who = np.arange(len(site), dtype=np.int64)
    share = habit(life.home_office, 1.6, seed, 1210, who)
    fixed = uniform(seed, 1211, who[:, None], np.arange(7)) < share[:, None]
    keeps = habit(0.9, 1.0, seed, 1212, who)[:, None]
    chance = np.where(fixed, keeps, (1.0 - keeps) * share[:, None])
    together = below(5, seed, 1213, team)
    meets = uniform(seed, 1214, team) < 0.6
    chance[who[meets], together[meets]] *= 0.15
    return np.where((site >= 0)[:, None], chance, 1.0)
