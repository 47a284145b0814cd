"""Seeds: the same seed gives the same data, and another seed other data."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from authrisk.evaluation.cases import Cases, injected_cases
from authrisk.simulate.attackers import TIERS, inject
from authrisk.simulate.profile import CONSUMER, ENTERPRISE
from authrisk.simulate.world import simulate
from authrisk.training.prepare import Prepared, prepare


def cases_of(seed: int) -> Cases:
    return injected_cases(simulate(CONSUMER, users=500, seed=7, days=200).events, seed, 0.3)


@pytest.mark.parametrize("profile", [CONSUMER, ENTERPRISE], ids=lambda profile: profile.name)
def test_simulated_logins_follow_from_the_seed(profile) -> None:
    """Two simulations of one seed are equal in every cell; of two seeds they are not."""
    one, same, other = (simulate(profile, users=30, seed=s, days=60) for s in (1, 1, 2))
    assert one.events.equals(same.events)
    assert one.labels.equals(same.labels)
    assert not one.events.equals(other.events)


def test_injected_attacks_follow_from_the_seed() -> None:
    """Fakes, what they replace, their tiers and campaigns come again with the seed."""
    events = simulate(CONSUMER, users=500, seed=7, days=200).events
    one, same, other = (inject(events, TIERS, s, 0.3) for s in (1, 1, 2))
    assert one.fakes.equals(same.fakes)
    assert one.replaces.equals(same.replaces)
    assert one.tier.equals(same.tier)
    assert one.campaign.equals(same.campaign)
    assert not one.replaces.equals(other.replaces)


@pytest.mark.parametrize("kind", ["supervised", "autoencoder"])
def test_preparation_follows_from_the_seed(kind) -> None:
    """Everything before training comes again, bit for bit; another seed splits other users off."""
    cases = cases_of(1)
    one, same, other = (prepare(cases, kind, seed) for seed in (1, 1, 2))
    assert arrays_of(one) == arrays_of(same)
    assert not np.array_equal(one.periods.unseen, other.periods.unseen)


def arrays_of(prepared: Prepared) -> dict[str, bytes]:
    out = {
        "encoders": repr(prepared.encoders).encode(),
        "scalers": repr(prepared.scalers).encode(),
        "moments": np.asarray(prepared.moments).tobytes(),
    }
    for part in (prepared.periods, prepared.train, prepared.validation, prepared.timeline):
        for field in dataclasses.fields(part):
            name = f"{type(part).__name__}.{field.name}.{len(out)}"
            out[name] = np.asarray(getattr(part, field.name)).tobytes()
    return out
