"""The worlds that contenders meet: simulated, with injected attacks, the same in every run."""

from __future__ import annotations

from dataclasses import dataclass

from authrisk.evaluation.cases import injected_cases
from authrisk.evaluation.problem import Problem, pose
from authrisk.simulate.profile import CONSUMER, ENTERPRISE, Profile
from authrisk.simulate.world import simulate

TIERS = ("T0", "T1", "T2", "T3", "T4", "T5", "T6")
SPLIT_SEED = 1
"""Of the unseen users; training seeds do not change who is asked."""


@dataclass(frozen=True, slots=True)
class World:
    """A user base with attackers in it: one installation, one population."""

    name: str
    profile: Profile
    users: int
    days: int
    seed: int
    share: float
    """Injected attacks per successful login."""

    def problem(self) -> Problem:
        """Simulate, inject, pose. Background attacks of the simulation are positives of the tier
        `labelled`, outside the macro mean."""
        world = simulate(self.profile, self.users, self.seed, self.days)
        bad = world.labels["is_attack"]
        cases = injected_cases(world.events, self.seed, self.share, TIERS, bad=bad)
        return pose(cases, SPLIT_SEED)

    @property
    def title(self) -> str:
        return (
            f"{self.users:,} users of the {self.profile.name} profile (seed {self.seed}), over "
            f"{self.days} days"
        )


FULL: tuple[World, ...] = (
    World("consumer", CONSUMER, 45_000, 365, 101, 0.35),
    World("enterprise", ENTERPRISE, 900, 120, 102, 0.35),
)
SMALL: tuple[World, ...] = (World("consumer", CONSUMER, 8_000, 240, 104, 0.5),)
