"""The worlds that contenders meet: simulated, with injected attacks, the same in every run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

import polars as pl

from authrisk.evaluation.cases import beside, injected_cases
from authrisk.evaluation.problem import Problem, pose
from authrisk.simulate.profile import CONSUMER, ENTERPRISE, Profile
from authrisk.simulate.world import simulate

TIERS = ("T0", "T1", "T2", "T3", "T4", "T5", "T6")
SPLIT_SEED = 1
"""Of the unseen users; training seeds do not change who is asked."""


@dataclass(frozen=True, slots=True)
class World:
    """User bases side by side, with attackers in them: one installation, one population."""

    name: str
    parts: tuple[tuple[Profile, int, int], ...]
    """(profile, users, seed) of each user base."""
    days: int
    share: float
    """Injected attacks per successful login."""

    def problem(self) -> Problem:
        """Simulate, inject, pose. Background attacks of the simulation are positives of the tier
        `labelled`, outside the macro mean."""
        parts = []
        for number, (profile, users, seed) in enumerate(self.parts):
            world = simulate(profile, users, seed, self.days)
            mark = pl.lit(f"{number}-")
            events = world.events.with_columns(
                event_id=mark + pl.col("event_id"), user_id=mark + pl.col("user_id")
            )
            bad = world.labels["is_attack"]
            cases = injected_cases(events, seed, self.share, TIERS, bad=bad)
            parts.append(replace(cases, campaign=f"{number}-" + cases.campaign))
        cases = reduce(beside, parts)
        return pose(cases, SPLIT_SEED)

    @property
    def title(self) -> str:
        users = ", ".join(
            f"{users:,} users of the {profile.name} profile (seed {seed})"
            for profile, users, seed in self.parts
        )
        return f"{users}, over {self.days} days"


FULL = (
    World(
        "mixed", ((CONSUMER, 60_000, 101), (ENTERPRISE, 180, 102), (ENTERPRISE, 180, 103)),
        365, 0.35,
    ),
)  # fmt: skip
SMALL = (World("mixed", ((CONSUMER, 8_000, 104), (ENTERPRISE, 60, 105)), 240, 0.5),)
