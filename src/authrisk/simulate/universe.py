"""The internet that a simulation plays in: real networks, from the tables of `enrich`.

Addresses drawn here are looked up to the same country and AS again, so a log that holds nothing
but addresses loses nothing that enrichment does not give back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import polars as pl

from authrisk.enrich.geo import AddressTables
from authrisk.simulate.draws import Bools, Floats, Ints

_ACCESS_SYSTEMS = 120  # per country
_HOSTING_SYSTEMS = 25
_NETWORKS = 48  # per AS
_SMALLEST = 64  # addresses


@dataclass(frozen=True, eq=False)
class Universe:
    """A autonomous systems of C countries and their P IPv4 networks.

    Systems of one country stand together, the busiest first; so do the networks of one system.
    """

    countries: tuple[str, ...]
    """ISO 3166-1 alpha-2, (C,)."""
    zone_h: Floats
    """Hours that the country's clocks are ahead of UTC, by its longitude, (C,)."""
    as_number: Ints
    """(A,)"""
    as_country: Ints
    """Index into `countries`, (A,)."""
    as_weight: Floats
    """How busy the AS is: square root of its addresses times its networks, (A,)."""
    as_hosting: Bools
    network_first: Ints
    """Lowest address, (P,)."""
    network_size: Ints
    network_as: Ints
    """Index into `as_number`, ascending, (P,)."""
    places: pl.DataFrame
    """The `src_` columns of each network as enrichment gives them, (P, 8)."""

    def networks_of(self, systems: Ints, draws: Floats) -> Ints:
        """One network of each AS, big ones more often; `draws` in [0, 1)."""
        edges, starts = self._edges
        low, high = edges[starts[systems]], edges[starts[systems + 1]]
        picks: Ints = np.searchsorted(edges, low + draws * (high - low), side="right") - 1
        return np.clip(picks, starts[systems], starts[systems + 1] - 1)

    @cached_property
    def _edges(self) -> tuple[Floats, Ints]:
        """Running sum of the networks' weights, and the first network of each system."""
        edges = np.concatenate(([0.0], np.cumsum(np.sqrt(self.network_size))))
        return edges, np.searchsorted(self.network_as, np.arange(len(self.as_number) + 1))

    def country(self, name: str) -> int:
        """Index of a country; raises ValueError for one that has no networks."""
        return self.countries.index(name)


@lru_cache(maxsize=1)
def network_universe() -> Universe:
    """The universe of the package's tables: the busiest systems of every country.

    An AS is in the country that most of its networks are in; its networks elsewhere are left out.

    >>> u = network_universe()
    >>> len(u.countries) > 150, int(u.as_number[u.as_country == u.country("NO")][0])
    (True, 2119)
    """
    tables = AddressTables.load()
    table = tables.networks()
    size = table["last"].astype(np.int64) - table["first"] + 1
    wide = size >= _SMALLEST
    first, size, kind = table["first"][wide], size[wide], table["kind"][wide]
    names, country = np.unique(table["country"][wide], return_inverse=True)
    numbers, system = np.unique(table["asn"][wide], return_inverse=True)

    home = _home_countries(system, country, len(numbers), len(names))
    local = country == home[system]
    total = np.bincount(system[local], weights=size[local], minlength=len(numbers))
    rented = np.bincount(system[local], weights=(size * (kind > 0))[local], minlength=len(numbers))
    hosting = rented > 0.5 * total
    weight: Floats = np.sqrt(total) * np.bincount(system[local], minlength=len(numbers))

    busy = _rank_within(home * 2 + hosting, weight)
    kept = (busy < np.where(hosting, _HOSTING_SYSTEMS, _ACCESS_SYSTEMS)) & (weight > 0)
    fitting = local & kept[system] & ((kind > 0) == hosting[system])
    rows = np.flatnonzero(fitting)
    rows = rows[_rank_within(system[rows], size[rows].astype(np.float64)) < _NETWORKS]

    alive = np.unique(system[rows])
    order = alive[np.lexsort((-weight[alive], home[alive]))]
    place = np.full(len(numbers), -1, np.int64)
    place[order] = np.arange(len(order))
    rows = rows[np.lexsort((first[rows], place[system[rows]]))]
    places = tables.lookup_many(_dotted(first[rows].astype(np.int64)))
    return Universe(
        countries=tuple(name.decode() for name in names.tolist()),
        zone_h=_zones(country[rows], places["src_longitude"].to_numpy(), len(names)),
        as_number=numbers[order].astype(np.int64),
        as_country=home[order],
        as_weight=weight[order],
        as_hosting=hosting[order],
        network_first=first[rows].astype(np.int64),
        network_size=size[rows],
        network_as=place[system[rows]],
        places=places.drop("src_ip"),
    )


def _home_countries(system: Ints, country: Ints, systems: int, countries: int) -> Ints:
    """The country with most networks of each system."""
    pair, count = np.unique(system.astype(np.int64) * countries + country, return_counts=True)
    order = np.argsort(count, kind="stable")
    home = np.zeros(systems, np.int64)
    home[pair[order] // countries] = pair[order] % countries  # the last, largest one stays
    return home


def _rank_within(group: Ints, value: Floats) -> Ints:
    """Place of each element in its group, largest value first, from 0."""
    order = np.lexsort((-value, group))
    sorted_group = group[order]
    starts = np.searchsorted(sorted_group, sorted_group)
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - starts
    return rank


def _zones(country: Ints, longitude: Floats, countries: int) -> Floats:
    zones = np.zeros(countries)
    for at in range(countries):
        here = longitude[country == at]
        zones[at] = np.round(np.nanmedian(here) / 15.0) if len(here) else 0.0
    return zones


def _dotted(numbers: Ints) -> list[str]:
    return [f"{n >> 24}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in numbers.tolist()]
