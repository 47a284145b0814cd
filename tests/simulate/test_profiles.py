import numpy as np
import pytest

from authrisk.simulate.market import market_of
from authrisk.simulate.profile import PROFILES, TRAINING, TRANSFER, varied
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


@pytest.mark.parametrize("profile", TRAINING, ids=lambda profile: profile.name)
def test_variants_move_everything_but_the_half(profile):
    """Each variant is a user base of its own that lives, and never where transfer profiles do."""
    reserved = set().union(*(dict(one.countries) for one in TRANSFER))
    variants = [varied(profile, number) for number in range(1, 9)]
    assert len({one.life for one in variants} | {profile.life}) == 9
    for one in variants:
        assert not set(dict(one.countries)) & reserved
        assert len(dict(one.countries)) == len(profile.countries)
        assert 0.4 < sum(dict(one.countries).values()) < 1.0
        assert one.half == profile.half
    users = {
        user for one in variants[:3]
        for user in simulate(one, users=20, seed=1, days=30).events["user_id"].unique()
    }  # fmt: skip
    assert len(users) >= 3 * 18


def test_a_variant_is_a_function_of_its_number():
    """The same number gives the same numbers."""
    assert varied(TRAINING[1], 5) == varied(TRAINING[1], 5)
