"""Where trips, leaves and meetings lead: country, hotel, the place of work there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.clock import Clocks, country_clocks
from authrisk.simulate.draws import Bools, Floats, Ints, below, choose, mix, normal, uniform
from authrisk.simulate.market import Market
from authrisk.simulate.profiles.workforce import Workforce
from authrisk.simulate.workforce.company import Company, other_site
from authrisk.simulate.workforce.episodes import Episodes, episodes
from authrisk.simulate.workforce.people import People


class Stays(NamedTuple):
    """Places of the episodes of N owners, each (N, K); what never happens holds fillers."""

    away: Bools
    """Whether the episode is spent elsewhere."""
    country: Ints
    clocks: Clocks
    """Flat, (N * K,)."""
    site: Ints
    """Site that is visited, -1 for none."""
    hotel: Ints
    """Network."""
    hotel_key: Ints
    work: Ints
    """Network of the place of work: a customer, a fair, a rented room."""
    work_key: Ints
    roaming: Ints
    """Network of the phone: of the country that is visited, -1 for the home carrier's own."""


class Journeys(NamedTuple):
    """What interrupts everyday life. Gatherings belong to teams, the rest to people."""

    trips: Episodes
    trip_stays: Stays
    leaves: Episodes
    leave_stays: Stays
    illness: Episodes
    gatherings: Episodes
    gathering_stays: Stays
    loans: Episodes
    """A borrowed computer while one's own is repaired."""


def journeys(
    life: Workforce, market: Market, company: Company, people: People, days: float, seed: int
) -> Journeys:
    """Plan everybody's year."""
    who = np.arange(len(people.kind), dtype=np.int64)
    trips = episodes(people.trips, days, pace=13.0, length=2.4, spread=0.6, salt=1300, seed=seed)
    even = np.ones(len(who))
    keenness = np.exp(0.4 * normal(seed, 1310, who))
    leaves = episodes(
        life.leaves_per_year * keenness, days, pace=48.0, length=8.5, spread=0.5, salt=1320,
        seed=seed,
    )  # fmt: skip
    illness = episodes(
        life.sick_per_year * np.exp(0.7 * normal(seed, 1330, who)), days, pace=40.0, length=2.5,
        spread=0.8, salt=1340, seed=seed,
    )  # fmt: skip
    teams = int(people.team.max(initial=0)) + 1
    merry = life.gatherings_per_year * np.exp(0.5 * normal(seed, 1350, np.arange(teams)))
    gatherings = episodes(merry, days, pace=45.0, length=1.3, spread=0.5, salt=1360, seed=seed)
    loans = episodes(0.35 * even, days, pace=90.0, length=3.0, spread=0.6, salt=1380, seed=seed)
    first = np.zeros(teams, np.int64)
    first[people.team[::-1]] = who[::-1]
    trip_abroad = life.foreign_trips * np.ones(len(who))
    return Journeys(
        trips=trips,
        trip_stays=_stays(market, company, people, trips, who, trip_abroad, to_site=life.site_trips,
                          home=0.0, seed=seed),
        leaves=leaves,
        leave_stays=_stays(market, company, people, leaves, who, 0.62 * even, to_site=0.0, home=0.4,
                           seed=seed + 1),
        illness=illness,
        gatherings=gatherings,
        gathering_stays=_stays(market, company, people, gatherings, first,
                               np.full(teams, 0.12), to_site=0.0, home=0.0, seed=seed + 2),
        loans=loans,
    )  # fmt: skip


def _stays(
    market: Market,
    company: Company,
    people: People,
    plan: Episodes,
    owner: Ints,
    abroad: Floats,
    *,
    to_site: float,
    home: float,
    seed: int,
) -> Stays:
    """`owner` is the person that stands for each row of the plan."""
    universe, shape = market.universe, plan.key.shape
    # Most travellers return to a few places: such a place has a key of its own.
    which = below(people.customers[owner][:, None], seed, 1401, plan.key)
    again = uniform(seed, 1402, plan.key) < 0.6
    known = mix(seed, 1403, owner[:, None], which).view(np.int64)
    key = np.where(again, known, plan.key).ravel()
    origin = np.broadcast_to(people.country[owner][:, None], shape).ravel()
    own_site = np.broadcast_to(people.site[owner][:, None], shape).ravel()

    visits = uniform(seed, 1404, key) < to_site
    site = np.where(visits, other_site(company, own_site, key, seed), -1)
    leaves_country = uniform(seed, 1405, key) < np.broadcast_to(abroad[:, None], shape).ravel()
    country = np.where(leaves_country, _foreign(market, company, origin, key, seed), origin)
    country = np.where(site >= 0, company.sites.country[site], country)
    rooms = [
        universe.networks_of(
            market.access_in(country, uniform(seed, 1410 + k, key)), uniform(seed, 1420 + k, key)
        )
        for k in range(3)
    ]
    roams_locally = (uniform(seed, 1406, key) < 0.35) & (country != origin)
    clocks = country_clocks(universe).take(country)
    own = people.clocks.take(np.broadcast_to(owner[:, None], shape).ravel())
    same = country == origin
    return Stays(
        away=uniform(seed, 1407, plan.key) >= home,
        country=country.reshape(shape),
        clocks=Clocks(
            np.where(same, own.standard_h, clocks.standard_h), np.where(same, own.rule, clocks.rule)
        ),
        site=site.reshape(shape),
        hotel=rooms[0].reshape(shape),
        hotel_key=mix(seed, 1408, key).view(np.int64).reshape(shape),
        work=rooms[1].reshape(shape),
        work_key=mix(seed, 1409, key).view(np.int64).reshape(shape),
        roaming=np.where(roams_locally, rooms[2], -1).reshape(shape),
    )


def _foreign(market: Market, company: Company, home: Ints, key: Ints, seed: int) -> Ints:
    """A country to travel to: near the company's business, now and then anywhere."""
    busy = market.country_high - market.country_low
    country = choose(np.sqrt(busy), seed, 1430, key)
    business = company.main[below(len(company.main), seed, 1431, key)]
    country = np.where(uniform(seed, 1432, key) < 0.45, business, country)
    return np.where(country == home, company.main[(home == company.main[0]).astype(np.int64)],
                    country)  # fmt: skip
