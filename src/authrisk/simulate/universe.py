"""The internet that a simulation plays in: autonomous systems and their IPv4 networks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from authrisk.simulate.draws import Bools, Floats, Ints, uniform
from authrisk.simulate.gazetteer import City, cities

_SPECIAL_FIRST_BYTES = frozenset({0, 10, 100, 127, 169, 172, 192, 198, 203}) | set(range(224, 256))
_HOSTERS = ("Cloud", "Hosting", "Datacenter", "VPS", "Colo")
_CARRIERS = ("Telecom", "Mobile", "Broadband", "Fiber", "Net", "Cable", "Wireless", "Online")


@dataclass(frozen=True, eq=False)
class Networks:
    """P IPv4 networks as a table: the same columns whether vendored or invented."""

    first: Ints
    """Lowest address, (P,)."""
    size: Ints
    """Number of addresses, (P,)."""
    asn: Ints
    country: NDArray[np.str_]
    """ISO 3166-1 alpha-2, (P,)."""
    latitude: Floats
    longitude: Floats
    hosting: Bools
    names: dict[int, str]
    """AS number to name; may lack some."""


@dataclass(frozen=True, eq=False)
class Universe:
    """A autonomous systems, their P networks (those of one AS stand together), and cities."""

    countries: tuple[str, ...]
    as_number: Ints
    """(A,)"""
    as_name: tuple[str | None, ...]
    as_country: Ints
    """Index into `countries`, (A,)."""
    as_size: Floats
    """Addresses of the AS, (A,)."""
    as_hosting: Bools
    network_first: Ints
    """(P,)"""
    network_size: Ints
    network_as: Ints
    """Index into `as_number`, ascending, (P,)."""
    network_latitude: Floats
    network_longitude: Floats
    network_city: Ints
    """Index into `cities`, -1 where none is near, (P,)."""
    cities: tuple[City, ...]

    def networks_of(self, systems: Ints, draws: Floats) -> Ints:
        """One network of each AS, big ones more often; `draws` in [0, 1)."""
        edges = np.concatenate(([0.0], np.cumsum(np.sqrt(self.network_size))))
        starts = np.searchsorted(self.network_as, np.arange(len(self.as_number) + 1))
        low, high = edges[starts[systems]], edges[starts[systems + 1]]
        picks = np.searchsorted(edges, low + draws * (high - low), side="right") - 1
        return np.clip(picks, starts[systems], starts[systems + 1] - 1).astype(np.int64)


@lru_cache(maxsize=2)
def network_universe(seed: int) -> Universe:
    """The universe that `simulate` draws addresses from.

    >>> u = network_universe(7)
    >>> len(u.countries) > 50, len(u.as_number) > 1000
    (True, True)
    """
    return universe_of(_invented(seed))


def universe_of(table: Networks) -> Universe:
    """Order a table of networks by AS, largest AS of each country first, and name the cities."""
    countries = tuple(sorted(set(table.country.tolist())))
    country_of = {name: at for at, name in enumerate(countries)}
    numbers, first_row, system = np.unique(table.asn, return_index=True, return_inverse=True)
    sizes = np.bincount(system, weights=table.size).astype(np.float64)
    home = np.array([country_of[name] for name in table.country[first_row].tolist()], np.int64)
    hosting = np.bincount(system, weights=table.hosting * table.size) > 0.5 * sizes
    order = np.lexsort((numbers, -sizes, home))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    rows = np.lexsort((table.first, place[system]))
    towns = cities()
    return Universe(
        countries=countries,
        as_number=numbers[order].astype(np.int64),
        as_name=tuple(table.names.get(int(n)) for n in numbers[order]),
        as_country=home[order],
        as_size=sizes[order],
        as_hosting=hosting[order],
        network_first=table.first[rows],
        network_size=table.size[rows],
        network_as=place[system][rows].astype(np.int64),
        network_latitude=table.latitude[rows],
        network_longitude=table.longitude[rows],
        network_city=_nearest_city(table, towns)[rows],
        cities=towns,
    )


def _nearest_city(table: Networks, towns: tuple[City, ...]) -> Ints:
    """The nearest known city of the network's country; -1 where no city of it is known."""
    nearest = np.full(len(table.first), -1, np.int64)
    for country in sorted({town.country for town in towns}):
        here = np.flatnonzero(table.country == country)
        known = [at for at, town in enumerate(towns) if town.country == country]
        best = np.full(len(here), np.inf)
        for at in known:
            squeeze = np.cos(np.radians(towns[at].latitude))
            north = table.latitude[here] - towns[at].latitude
            east = (table.longitude[here] - towns[at].longitude) * squeeze
            distance = north**2 + east**2
            nearest[here[distance < best]] = at
            best = np.minimum(best, distance)
    return nearest


def _invented(seed: int) -> Networks:
    """A made-up internet: every country of the gazetteer has carriers and hosters."""
    towns = cities()
    by_country: dict[str, list[City]] = {}
    for town in towns:
        by_country.setdefault(town.country, []).append(town)
    rows: list[tuple[int, int, int, str, float, float, bool]] = []
    names: dict[int, str] = {}
    cursor, number = 16 << 24, 70_000
    for country, places in by_country.items():
        carriers, hosters = 14 + 6 * len(places), 2 + len(places) // 2
        for rank in range(carriers + hosters):
            hosting = rank >= carriers
            number += 1 + int(uniform(seed, number)[0] * 40)
            words = _HOSTERS if hosting else _CARRIERS
            names[number] = f"{places[0].name} {words[rank % len(words)]} {rank}"
            bits = 12 if hosting else max(9, 17 - rank)
            for at, town in enumerate(places if rank < 4 else [places[rank % len(places)]]):
                size = 1 << max(9, bits - at)
                cursor = _skip_special(-(-cursor // size) * size)
                rows.append((cursor, size, number, country, town.latitude, town.longitude, hosting))
                cursor += size
    return Networks(
        first=np.array([row[0] for row in rows], np.int64),
        size=np.array([row[1] for row in rows], np.int64),
        asn=np.array([row[2] for row in rows], np.int64),
        country=np.array([row[3] for row in rows]),
        latitude=np.array([row[4] for row in rows]),
        longitude=np.array([row[5] for row in rows]),
        hosting=np.array([row[6] for row in rows]),
        names=names,
    )


def _skip_special(address: int) -> int:
    while address >> 24 in _SPECIAL_FIRST_BYTES:
        address = ((address >> 24) + 1) << 24
    return address
