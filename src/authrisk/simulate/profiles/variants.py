"""Profiles drawn around a profile: other companies of its kind, in other countries.

A model that has seen one world learns its constants. Variants move every number that a profile
states, so that only what holds in all of them is worth learning.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from authrisk.simulate.draws import Ints, choose, normal, uniform
from authrisk.simulate.profiles.bank import BANK
from authrisk.simulate.profiles.crowd import Crowd, LogNormalLogins, PlaceShares
from authrisk.simulate.profiles.games import GAMES
from authrisk.simulate.profiles.profile import Profile
from authrisk.simulate.profiles.university import UNIVERSITY
from authrisk.simulate.profiles.workforce import Workforce

_HOMES = (
    "US DE GB FR PL IN BR NO SE DK FI CH AT CZ HU RO GR IE CA AU NZ ZA EG NG KE MA SA AE IL PK BD "
    "LK MY PH VN SG RU UA KZ CL PE EC UY CR BG RS HR SK SI LT LV EE"
)
_RESERVED = {name for one in (UNIVERSITY, BANK, GAMES) for name, _ in one.countries}
_SHARES = {
    "evenings", "home_office", "remote", "shifts", "terminals", "contractors", "services",
    "dormant", "turnover_per_year", "tunnels", "sase", "relays", "cloud_desktops", "dormitories",
    "phone", "spare", "managed", "macs", "site_trips", "foreign_trips", "second_homes",
    "place_focus", "routine", "hosting_homes",
}  # fmt: skip
_RATES = {
    "start_spread_h", "day_spread_h", "site_users", "team_users", "trips_per_year",
    "leaves_per_year", "sick_per_year", "gatherings_per_year", "moves_per_year",
    "failures_per_success", "forgotten_per_year", "hops", "employers_per_user",
}  # fmt: skip


def varied(profile: Profile, number: int) -> Profile:
    """The `number`-th variant of a profile; the same number gives the same one.

    Rates move by a factor (sigma 0.4 of its logarithm), shares in their odds (sigma 0.6), hours by
    about one. Main countries are drawn anew, none of them one of a transfer profile; the half of
    the internet stays.

    >>> from authrisk.simulate.profiles.company import ENTERPRISE
    >>> one = varied(ENTERPRISE, 1)
    >>> one.name, one == varied(ENTERPRISE, 1), one.life == ENTERPRISE.life
    ('enterprise-1', True, False)
    """
    seed = profile.account_seed(number)
    keys = np.arange(64, dtype=np.int64)
    life = _life(profile.life, seed)
    tail = 1.0 - sum(share for _, share in profile.countries)
    spread = np.exp(0.5 * normal(seed, 3001, keys[: len(profile.countries)]))
    shares = np.array([share for _, share in profile.countries]) * spread
    shares = shares / shares.sum() * (1.0 - min(0.5, tail * float(np.exp(0.4 * _one(seed, 3002)))))
    steep = float(np.exp(0.08 * _one(seed, 3003)))
    return dataclasses.replace(
        profile,
        name=f"{profile.name}-{number}",
        life=life,
        countries=tuple(zip(_homes(len(shares), seed), shares.tolist(), strict=True)),
        surprise_quantiles=tuple((q, s * steep) for q, s in profile.surprise_quantiles),
        attack_share=_share(profile.attack_share, seed, 3004),
        rtt_share=_share(profile.rtt_share, seed, 3005),
        rtt_scale_ms=profile.rtt_scale_ms * float(np.exp(0.4 * _one(seed, 3006))),
        auth_methods=_reweighted(profile.auth_methods, seed, 3007),
        apps=_reweighted(profile.apps, seed, 3008),
    )


def _life(life: Crowd | Workforce, seed: int) -> Crowd | Workforce:
    moved: dict[str, Any] = {}
    for at, field in enumerate(dataclasses.fields(life)):
        value, salt = getattr(life, field.name), 3100 + 8 * at
        if field.name in _SHARES:
            moved[field.name] = _share(value, seed, salt)
        elif field.name in _RATES:
            moved[field.name] = value * float(np.exp(0.4 * _one(seed, salt)))
        elif field.name in {"start_hour", "day_length_h"}:
            moved[field.name] = value + 0.7 * _one(seed, salt)
        elif field.name == "weekly_logins":
            scale = float(np.exp(0.3 * _one(seed, salt)))
            moved[field.name] = (value[0] * scale, value[1] * scale)
        elif field.name == "workdays":
            moved[field.name] = tuple(_share(v, seed, salt + d, 0.3) for d, v in enumerate(value))
        elif field.name in {"gap_shares", "weekday_shares", "device_shares"}:
            sigma = 0.1 if field.name == "weekday_shares" else 0.3
            moved[field.name] = _weights(value, seed, salt, sigma)
        elif field.name == "hour_shares":
            shift = _one(seed, salt)
            hours = np.interp(np.arange(24) - shift, np.arange(-24, 48), np.tile(value, 3))
            moved[field.name] = tuple(hours.tolist())
        elif isinstance(value, LogNormalLogins):
            mu = value.mu + 0.4 * _one(seed, salt)
            moved[field.name] = LogNormalLogins(mu, value.sigma + 0.1 * _one(seed, salt + 1))
        elif isinstance(value, PlaceShares):
            moved[field.name] = PlaceShares(*_weights(dataclasses.astuple(value), seed, salt, 0.3))
    return dataclasses.replace(life, **moved)


def _homes(number: int, seed: int) -> list[str]:
    """Main countries, all different: what comes first in the list is likelier."""
    names: list[str] = []
    open_ = [name for name in _HOMES.split() if name not in _RESERVED]
    for turn in range(number):
        weights = 1.0 / np.sqrt(np.arange(1.0, len(open_) + 1.0))
        names.append(open_.pop(int(choose(weights, seed, 3010, _key(turn))[0])))
    return names


def _reweighted(
    choices: tuple[tuple[str, float], ...], seed: int, salt: int
) -> tuple[tuple[str, float], ...]:
    weights = _weights(tuple(share for _, share in choices), seed, salt, 0.5)
    return tuple(zip((name for name, _ in choices), weights, strict=True))


def _weights(shares: tuple[float, ...], seed: int, salt: int, sigma: float) -> tuple[float, ...]:
    key = np.arange(len(shares), dtype=np.int64)
    moved = np.array(shares) * np.exp(sigma * normal(seed, salt, key))
    return tuple((moved / moved.sum() * sum(shares)).tolist())


def _share(value: float, seed: int, salt: int, sigma: float = 0.6) -> float:
    """Odds moved; nothing stays nothing, but for one time in three."""
    if value <= 0.0:
        return 0.1 * float(uniform(seed, salt, 1)[0]) if uniform(seed, salt, 2)[0] < 1 / 3 else 0.0
    odds = np.log(value / (1.0 - value)) + sigma * _one(seed, salt)
    return float(1.0 / (1.0 + np.exp(-odds)))


def _one(seed: int, salt: int) -> float:
    return float(normal(seed, salt, _key(0))[0])


def _key(number: int) -> Ints:
    return np.array([number], np.int64)
