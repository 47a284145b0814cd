import numpy as np
import pytest

from authrisk.simulate.market import market_of
from authrisk.simulate.profile import PROFILES, TRAINING, TRANSFER
from authrisk.simulate.universe import network_universe
from authrisk.simulate.world import simulate


def systems_of(profile):
    """Access systems that a profile's people live in, and hosting systems that it can reach."""
    market = market_of(network_universe(), profile)
    access = np.flatnonzero(np.diff(market.access_edges) > 0)
    return set(access.tolist()) | set(market.hosting_systems.tolist())


@pytest.mark.parametrize("profile", TRANSFER, ids=lambda profile: profile.name)
def test_transfer_profiles_live_elsewhere(profile):
    """Not one autonomous system and not one main country is shared with what models train on."""
    for known in TRAINING:
        assert not systems_of(profile) & systems_of(known)
        assert not dict(profile.countries).keys() & dict(known.countries).keys()


@pytest.mark.parametrize("profile", TRANSFER, ids=lambda profile: profile.name)
def test_no_event_of_a_transfer_profile_comes_from_a_known_system(profile):
    """Attacks included: its whole log holds none of the training profiles' networks."""
    universe = network_universe()
    known = set().union(*(systems_of(one) for one in TRAINING))
    numbers = set(universe.as_number[sorted(known)].tolist())
    seen = set(simulate(profile, users=60, seed=1, days=60).events["src_asn"].unique().to_list())
    assert not seen & numbers


def test_names_are_those_of_the_command_line():
    """A profile is found by its own name."""
    assert all(name == profile.name for name, profile in PROFILES.items())
    assert len(PROFILES) == len(TRAINING) + len(TRANSFER)
