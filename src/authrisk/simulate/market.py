"""Who uses which network: the share of each autonomous system among a profile's users."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from authrisk.simulate.draws import Bools, Floats, Ints
from authrisk.simulate.profiles.profile import Profile
from authrisk.simulate.universe import Universe


@dataclass(frozen=True, eq=False)
class Market:
    """Shares of the A autonomous systems of a universe, as running sums to draw from."""

    universe: Universe
    access_edges: Floats
    """Running sum of the access shares in universe order (country by country), (A + 1,)."""
    country_low: Floats
    """Running sum where each country begins, (C,)."""
    country_high: Floats
    hosting_systems: Ints
    """Hosting systems, universe order."""
    hosting_edges: Floats

    def access(self, draws: Floats) -> Ints:
        """An access network's AS, by its share among all users."""
        return self._pick(draws * self.access_edges[-1])

    def access_in(self, countries: Ints, draws: Floats) -> Ints:
        """An access AS of the given country, by its share there."""
        low, high = self.country_low[countries], self.country_high[countries]
        return self._pick(low + draws * (high - low))

    def hosting(self, countries: Ints, near: Floats, draws: Floats) -> Ints:
        """A hosting AS: of that country when `near` is small and the country has one."""
        home = self.universe.as_country[self.hosting_systems]
        starts = np.searchsorted(home, countries)
        ends = np.searchsorted(home, countries, side="right")
        local = starts + (draws * (ends - starts)).astype(np.int64)
        anywhere = np.searchsorted(self.hosting_edges, draws * self.hosting_edges[-1], "right")
        anywhere = np.minimum(anywhere, len(home) - 1)
        pick = np.where((near < 0.6) & (ends > starts), np.minimum(local, len(home) - 1), anywhere)
        return self.hosting_systems[pick]

    def _pick(self, points: Floats) -> Ints:
        picks = np.searchsorted(self.access_edges, points, side="right") - 1
        return np.clip(picks, 0, len(self.access_edges) - 2).astype(np.int64)


def market_of(universe: Universe, profile: Profile) -> Market:
    """Give the profile's AS shares to real systems, so that countries get their shares too.

    The k-th share follows `surprise_quantiles`; each share goes to the country that lacks most,
    and there to its largest system without a share yet. A country whose systems run out leaves
    its part to the others. Profiles of different `half` share no system.
    """
    shares = _share_curve(profile.surprise_quantiles)
    wanted = _country_shares(universe, profile)
    seen = _half(universe, profile.half)
    access_systems = np.flatnonzero(seen & ~universe.as_hosting)
    bounds = np.searchsorted(
        universe.as_country[access_systems], np.arange(len(universe.countries) + 1)
    )
    queues = [access_systems[low:high].tolist()[::-1] for low, high in pairwise(bounds)]
    lack = wanted.copy()
    lack[[not queue for queue in queues]] = -np.inf
    access = np.zeros(len(universe.as_number))
    for share in shares:
        country = int(np.argmax(lack))
        if lack[country] == -np.inf:
            break
        access[queues[country].pop()] = share
        lack[country] -= share
        if not queues[country]:
            lack[country] = -np.inf
    edges = np.concatenate(([0.0], np.cumsum(access)))
    bounds = np.searchsorted(universe.as_country, np.arange(len(universe.countries) + 1))
    hosting = np.flatnonzero(seen & universe.as_hosting)
    return Market(
        universe=universe,
        access_edges=edges,
        country_low=edges[bounds[:-1]],
        country_high=edges[bounds[1:]],
        hosting_systems=hosting,
        hosting_edges=np.cumsum(universe.as_weight[hosting] ** 0.7),
    )


def _half(universe: Universe, half: int) -> Bools:
    """Every other system of each country, access and hosting apart, the busiest in half 0."""
    kind = universe.as_country * 2 + universe.as_hosting
    order = np.argsort(kind, kind="stable")
    ranks = np.empty(len(kind), np.int64)
    ranks[order] = np.arange(len(kind)) - np.searchsorted(kind[order], kind[order])
    seen: Bools = ranks % 2 == half
    return seen


def _share_curve(points: tuple[tuple[float, float], ...]) -> Floats:
    """Shares, largest first, whose surprise -ln p at each cumulative share follows the points."""
    levels, surprises = np.array(points).T
    shares: list[float] = []
    total = 0.0
    while total < 0.99999 and len(shares) < 20_000:
        share = float(np.exp(-np.interp(total, levels, surprises)))
        share = float(np.exp(-np.interp(min(1.0, total + share / 2), levels, surprises)))
        shares.append(share)
        total += share
    return np.array(shares) / total


def _country_shares(universe: Universe, profile: Profile) -> Floats:
    """The profile's countries first, the rest of the users by Zipf's law over all others."""
    wanted = np.zeros(len(universe.countries))
    place = {name: at for at, name in enumerate(universe.countries)}
    for name, share in profile.countries:
        if name in place:
            wanted[place[name]] = share
    sizes = np.bincount(universe.as_country, weights=universe.as_weight, minlength=len(wanted))
    others = [c for c in np.argsort(-sizes, kind="stable") if wanted[c] == 0]
    zipf = 1.0 / np.arange(2.0, len(others) + 2.0)
    wanted[others] = (1.0 - wanted.sum()) * zipf / zipf.sum()
    return wanted
