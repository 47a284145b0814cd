"""The memory store."""

from authrisk.event import LoginEvent
from authrisk.history.memory import MemoryStore
from authrisk.history.store import Standing
from authrisk.testing.store import check_store


def test_contract():
    """The memory store keeps the contract of a store."""
    check_store(MemoryStore)


def test_recent_is_the_same_object():
    """What `recent` answers is what was appended, not a copy."""
    store = MemoryStore()
    login = LoginEvent(event_id="1", timestamp_ns=1, user_id="7")
    store.append(login, Standing.FAMILIAR)
    assert store.recent("7", 1, 10)[0] is login


def test_failures_never_push_out_what_is_familiar():
    """Ten thousand failed logins leave the user's familiar ones where they were."""
    store = MemoryStore(kept=5)
    familiar = LoginEvent(event_id="mine", timestamp_ns=0, user_id="7")
    store.append(familiar, Standing.FAMILIAR)
    for n in range(10_000):
        failed = LoginEvent(event_id=f"f{n}", timestamp_ns=n, user_id="7", src_ip="8.8.8.8")
        store.append(failed, Standing.EVIDENCE)
    assert store.recent("7", 10**9, 10) == [familiar]
    assert len(store.logins("7")) == 6
    assert len(store.recent_from("address", "8.8.8.8", 0, 10**9, 100)) == 5
