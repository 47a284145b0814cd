"""Rules as an operations team writes them: points for what is new, impossible or rare.

Nothing is fitted, nothing is learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from authrisk.evaluation.problem import Problem, Scores
from authrisk.features.catalogue import column

POINTS: tuple[tuple[str, float], ...] = (
    ("speed_impossible", 30.0),
    ("country_new", 30.0),
    ("device_type_new", 15.0),
    ("os_new", 15.0),
    ("browser_new", 15.0),
    ("asn_new", 15.0),
    ("client_new", 5.0),
    ("region_new", 5.0),
    ("city_new", 3.0),
    ("address_new", 2.0),
)
"""Column and points: travel that cannot be, a new country, a new device, a new network."""
BOTH_NEW = 20.0
"""On top, for a new device on a new network."""
SETTLED = 10
"""Earlier logins from which on novelty counts in full: what is new to a beginner says little."""
UNWELCOME: tuple[tuple[str, float], ...] = (
    ("crowd_8+", 80.0),
    ("crowd_3-7", 10.0),
    ("network_tor", 30.0),
    ("network_vpn", 8.0),
    ("network_hosting", 8.0),
    ("failures_10+", 10.0),
)
"""Points that need no past, given on networks that the user is new to: many users tried from one
address within an hour, anonymising networks, many failures."""


@dataclass(frozen=True, slots=True)
class NoveltyRules:
    """New country, impossible travel, new device: points and a sum."""

    name: str = "rules"
    supervised: bool = False
    steady: ClassVar[bool] = True

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Points (N,)."""
        rows = problem.features
        novelty = np.zeros(len(rows))
        for name, worth in POINTS:
            novelty += worth * rows[:, column(name)]
        foreign = rows[:, column("asn_new")]
        device = np.maximum(rows[:, column("os_new")], rows[:, column("browser_new")])
        novelty += BOTH_NEW * foreign * device
        earlier = np.expm1(rows[:, column("depth_log")].astype(np.float64) * 4.0)
        points: Scores = novelty * np.minimum(1.0, earlier / SETTLED)
        for name, worth in UNWELCOME:
            points += worth * rows[:, column(name)] * foreign
        return points


@dataclass(frozen=True, slots=True)
class RarestAs:
    """How rare the AS is for everybody, -ln p, where the user is new to it; else 0.

    The one rule that says something of an account without history.
    """

    name: str = "rarest AS"
    supervised: bool = False
    steady: ClassVar[bool] = True

    def scores(self, problem: Problem, seed: int) -> Scores:
        """-ln p (N,)."""
        rows = problem.features
        rarity = rows[:, column("asn_rarity")].astype(np.float64) * 10.0
        return np.where(rows[:, column("asn_new")] == 1.0, rarity, 0.0)
