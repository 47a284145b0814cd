"""Stretches of days in which something else holds: trips, leaves, illness, team meetings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.draws import Bools, Floats, Ints, mix, normal, uniform


class Episodes(NamedTuple):
    """Up to K episodes of each of N owners, in order of time; the owner's k-th is row n, col k."""

    happens: Bools
    """(N, K)"""
    begin: Floats
    """Days since the start of the period, (N, K)."""
    length: Floats
    """Days, (N, K)."""
    key: Ints
    """A number for draws that hold for the whole episode, (N, K)."""
    phase: Floats
    pace: Floats
    """Days between possible episodes, (N,)."""

    def at(self, owner: Ints, day: Floats) -> tuple[Bools, Ints]:
        """Whether an owner is in an episode on a day, and which one it is or would be, (M,)."""
        number = np.floor(day / self.pace[owner] + self.phase[owner]).astype(np.int64)
        number = np.clip(number, 0, self.happens.shape[1] - 1)
        since = day - self.begin[owner, number]
        inside = (since >= 0.0) & (since < self.length[owner, number])
        return inside & self.happens[owner, number], number


def episodes(
    yearly: Floats,
    days: float,
    *,
    pace: float,
    length: float,
    spread: float,
    salt: int,
    seed: int,
) -> Episodes:
    """Draw the episodes of N owners who have `yearly` of them a year, (N,).

    There is at most one in each stretch of about `pace` days, of log-normal length: its median
    in days and the sigma of its logarithm. It ends with the stretch at the latest.
    """
    owner = np.arange(len(yearly), dtype=np.int64)
    own_pace = pace * np.exp(0.25 * normal(seed, salt, owner))
    phase = 1.0 + uniform(seed, salt + 1, owner)
    number = np.arange(int(np.ceil(days / own_pace.min(initial=pace))) + 4, dtype=np.int64)
    key = mix(seed, salt + 2, owner[:, None], number).view(np.int64)
    lasts = np.maximum(1.0, np.rint(length * np.exp(spread * normal(salt + 3, key))))
    lasts = np.minimum(lasts, np.floor(own_pace[:, None] - 1.0))
    room = own_pace[:, None] - lasts
    begin = (number - phase[:, None]) * own_pace[:, None] + room * uniform(salt + 4, key)
    return Episodes(
        happens=uniform(salt + 5, key) < yearly[:, None] * own_pace[:, None] / 365.0,
        begin=np.floor(begin),
        length=lasts,
        key=key,
        phase=phase,
        pace=own_pace,
    )
