"""Stuffing and spraying: bursts from some addresses over many accounts (tier T0)."""

from __future__ import annotations

import numpy as np

from authrisk.simulate.attempts import Attempts
from authrisk.simulate.clients import attack_clients
from authrisk.simulate.draws import Ints, below, choose, exponential, normal, uniform
from authrisk.simulate.market import Market
from authrisk.simulate.profiles.profile import Profile

_BURST_MEAN = 400.0
_UNKNOWN = 0.4  # share of a leaked list that has no account here
_MAIN_SYSTEM = 0.6  # share of attack addresses in one AS (published)


def background_attempts(
    profile: Profile,
    market: Market,
    legitimate: Attempts,
    *,
    users: int,
    days: float,
    day0: float,
    seed: int,
) -> Attempts:
    """So many attack attempts that they are the profile's share of all; 0.1-2 % succeed."""
    total = round(len(legitimate.user) * profile.attack_share / (1.0 - profile.attack_share))
    burst, wave = _bursts(total, seed)
    start_s = uniform(seed, burst, 601) * days * 86_400.0
    span_s = 600.0 * np.exp(1.6 * normal(seed, burst, 602))
    time_s = (start_s + span_s * uniform(seed, wave, 603)) % (days * 86_400.0)
    machines = 1 + (20.0 * exponential(seed, burst, 604)).astype(np.int64)
    machine = burst * 1024 + below(machines, seed, wave, 605)
    network, address = _machines(market, machine, seed)
    user = below(users, seed, wave, 606)
    known = uniform(seed, user, burst, 607) >= _UNKNOWN
    chance = 0.001 * 20.0 ** uniform(seed, burst, 608)
    success = known & (uniform(seed, wave, 609) < chance / (1.0 - _UNKNOWN))
    return Attempts(
        user=user,
        time_ns=(time_s * 1e9).astype(np.int64),
        success=success,
        known_user=known,
        network=network,
        address=address,
        clients=attack_clients(burst * 4 + below(4, seed, wave, 610), day0 + start_s / 86_400.0,
                               seed),
        context=np.zeros(total, np.int64),
        is_service=np.zeros(total, bool),
        is_attack=np.ones(total, bool),
        campaign=burst,
    )  # fmt: skip


def _bursts(total: int, seed: int) -> tuple[Ints, Ints]:
    """Burst number and own number of each attempt; burst sizes are exponential."""
    number = max(1, round(total / _BURST_MEAN))
    sizes = 0.05 + exponential(seed, np.arange(number), 600)
    wave = np.arange(total, dtype=np.int64)
    return choose(sizes, seed, wave, 611), wave


def _machines(market: Market, machine: Ints, seed: int) -> tuple[Ints, Ints]:
    """Network and address of each attacking machine: hosters, one above all, and hijacked homes."""
    universe = market.universe
    main = market.hosting_systems[int(np.argmax(universe.as_weight[market.hosting_systems]))]
    kind = uniform(seed, machine, 620)
    hosters = market.hosting(np.zeros_like(machine), np.ones(len(machine)),
                             uniform(seed, machine, 621))  # fmt: skip
    homes = market.access(uniform(seed, machine, 622))
    system = np.where(kind < _MAIN_SYSTEM, main, np.where(kind < 0.85, hosters, homes))
    network = universe.networks_of(system, uniform(seed, machine, 623))
    host = below(universe.network_size[network], seed, machine, 624)
    return network, universe.network_first[network] + host
