import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.simulate.draws import below, choose, exponential, mix, normal, uniform

KEYS = np.arange(50_000)


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
@settings(max_examples=30)
def test_a_draw_depends_on_its_keys_alone(seed, keys):
    """Asking for one draw or for many gives the same number."""
    all_at_once = mix(seed, np.array(keys, np.int64))
    assert [int(v) for v in all_at_once] == [int(mix(seed, key % 2**64)[0]) for key in keys]


def test_order_of_keys_matters():
    """(a, b) and (b, a) are different draws."""
    assert mix(1, 2)[0] != mix(2, 1)[0]


def test_draws_have_their_moments():
    """Uniform, exponential and normal draws have mean and spread as named."""
    assert uniform(1, KEYS).mean() == pytest.approx(0.5, abs=0.01)
    assert exponential(1, KEYS).mean() == pytest.approx(1.0, abs=0.03)
    assert normal(1, KEYS).mean() == pytest.approx(0.0, abs=0.02)
    assert normal(1, KEYS).std() == pytest.approx(1.0, abs=0.02)
    assert set(below(3, 1, KEYS).tolist()) == {0, 1, 2}


def test_choices_follow_their_shares():
    """Any positive numbers are shares; a share of zero is never chosen."""
    counts = np.bincount(choose(np.array([1.0, 0.0, 3.0]), 1, KEYS), minlength=3) / len(KEYS)
    assert counts == pytest.approx([0.25, 0.0, 0.75], abs=0.01)
