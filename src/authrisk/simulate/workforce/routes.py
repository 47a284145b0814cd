"""From places to networks and addresses: leases, pools, shared exits, spare lines."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.draws import Ints
from authrisk.simulate.universe import Universe
from authrisk.simulate.workforce import exits, lines
from authrisk.simulate.workforce.company import Company
from authrisk.simulate.workforce.days import Days
from authrisk.simulate.workforce.hours import Moments
from authrisk.simulate.workforce.lines import Calls, World
from authrisk.simulate.workforce.people import People
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
from authrisk.simulate.workforce.travel import Journeys


class Routes(NamedTuple):
    """The source of each of M logins."""

    network: Ints
    """Index into the universe's networks, (M,)."""
    address: Ints
    """IPv4 address as a number, (M,)."""


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
    world = World(universe, company, people, plans, plan, seed)
    order = np.argsort(place.astype(np.int8), kind="stable")
    bounds = np.searchsorted(place[order], np.arange(len(_WAYS) + 1))
    for code, way in _WAYS.items():
        rows = order[bounds[code] : bounds[code + 1]]
        if len(rows):
            row = moments.day[rows]
            calls = Calls(plan.person[row], moments.time_s[rows] / 86_400.0, moments.key[rows],
                           row)  # fmt: skip
            network[rows], host[rows] = way(world, calls)
    last = universe.network_size[network] - 1
    return Routes(network, universe.network_first[network] + np.minimum(host, last))


_WAYS = {
    AT_HOME: lines.home,
    AT_SECOND_HOME: lines.second_home,
    ON_MOBILE: lines.mobile,
    AT_SITE: exits.site,
    AT_OTHER_SITE: exits.other_site,
    ON_VPN: exits.vpn,
    ON_PROXY: exits.proxy,
    ON_RELAY: exits.relay,
    AT_HOTEL: exits.hotel,
    AT_WORKPLACE: exits.workplace,
    AT_AIRPORT: exits.airport,
    ON_TRAIN: exits.train,
    ROAMING: exits.roaming,
    AT_MEETING: exits.workplace,
    AT_CAFE: lines.cafe,
    ON_DESKTOP: lines.desktop,
}
