import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.simulate.clients import FAMILIES, clients_of, own_devices
from authrisk.simulate.profile import CONSUMER, DEVICE_TYPES
from authrisk.simulate.releases import release_line

DAYS = np.linspace(18_300.0, 20_500.0, 60)


@given(st.integers(0, 10**6), st.integers(0, 2**32))
@settings(max_examples=40)
def test_versions_never_roll_back_while_a_device_lives(device, seed):
    """Updates come late, but only forwards; a replaced device may differ."""
    clients = clients_of(own_devices(CONSUMER.life, np.full(len(DAYS), device), seed), DAYS, seed)
    family, model = clients.family, clients.model
    same = (family[1:] == family[:-1]) & (model[1:] == model[:-1])
    steps = np.diff(clients.browser)[same]
    assert (steps >= 0).mean() > 0.95 if len(steps) else True
    assert (np.diff(clients.browser)[same] < -3).sum() <= 2


def test_most_devices_run_versions_that_are_out_and_recent():
    """A version is never newer than its day, and the median device is up to date."""
    devices = np.arange(4000) * 4
    day = np.full(len(devices), 20_000.0)
    clients = clients_of(own_devices(CONSUMER.life, devices, 1), day, seed=1)
    for at, shape in enumerate(FAMILIES):
        here = clients.browser[clients.family == at]
        if len(here):
            newest = release_line(shape.browser_line).at(np.array([20_000.0]))[0]
            assert here.max() <= newest
            assert np.median(newest - here) <= 1


def test_shares_within_a_device_type_add_up():
    """Families of one kind of device are a whole."""
    for kind in DEVICE_TYPES:
        total = sum(f.share for f in FAMILIES if f.device_type == kind)
        assert abs(total - 1.0) < 1e-9, kind
