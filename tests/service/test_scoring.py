"""The scoring thread: many logins in one run, and nobody who waits for a history that hangs."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from authrisk.history.memory import MemoryStore


class HangingStore(MemoryStore):
    """A store whose reads wait until they are let go."""

    def __init__(self):
        super().__init__()
        self.go_on = threading.Event()
        self.go_on.set()

    def get(self, event_id):
        self.go_on.wait(20)
        return super().get(event_id)


@pytest.fixture
def hanging(scorer):
    scorer.store = HangingStore()
    yield scorer.store
    scorer.store.go_on.set()


def test_a_history_that_hangs_is_not_waited_for(make_client, scorer, hanging, login):
    """While a read hangs every login is answered in time: the first after its patience, those
    after it at once, each at least medium and degraded; a login of after is scored again."""
    client = make_client(scorer, patience_s=0.3)
    hanging.go_on.clear()
    first, *others = [client.post("/v1/assessments", json=login(userID=f"u{n}")) for n in range(40)]
    for answer in (first, *others):
        assert answer.status_code == 200
        body = answer.json()
        assert (body["degraded"], body["recommendedAction"]) == (True, "challenge")
        assert body["riskScore"] >= 0.5
    assert first.elapsed.total_seconds() < 3
    assert sum(answer.elapsed.total_seconds() for answer in others) < 10  # 12 if each waited
    assert client.get("/livez").status_code == 200
    assert 'authrisk_degraded_total{cause="read"} 40.0' in client.get("/metrics").text
    hanging.go_on.set()
    until = time.monotonic() + 5
    while client.post("/v1/assessments", json=login()).json()["degraded"]:
        assert time.monotonic() < until


def test_too_many_waiting_are_sent_away(make_client, scorer, hanging, login):
    """Past `waiting_logins` the answer is 503 with Retry-After, at once; those who wait are
    answered when history is back."""
    client = make_client(scorer, patience_s=20.0, waiting_logins=4)
    hanging.go_on.clear()
    bodies = [login(userID=f"u{n}") for n in range(12)]
    with ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(client.post, "/v1/assessments", json=body) for body in bodies]
        until = time.monotonic() + 10
        while sum(each.done() for each in waiting) < 8:
            assert time.monotonic() < until
            time.sleep(0.01)
        refused = [each.result() for each in waiting if each.done()]
        assert {answer.status_code for answer in refused} == {503}
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        hanging.go_on.set()
        answers = [each.result() for each in waiting]
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [503] * 8


def test_logins_that_wait_share_a_run(make_client, scorer, hanging, login):
    """What waits together is scored together, each with its own answer."""
    runs = []
    each = scorer.assess_each
    scorer.assess_each = lambda events, stored: (runs.append(len(events)), each(events, stored))[1]
    client = make_client(scorer, patience_s=20.0)
    hanging.go_on.clear()
    bodies = [login(userID=f"u{n}", eventID=f"e{n}") for n in range(30)]
    with ThreadPoolExecutor(30) as pool:
        waiting = [pool.submit(client.post, "/v1/assessments", json=body) for body in bodies]
        time.sleep(0.5)
        hanging.go_on.set()
        ids = [done.result().json()["eventID"] for done in waiting]
    assert ids == [body["eventID"] for body in bodies]
    assert sum(runs) == 30
    assert len(runs) < 15


def test_a_fault_of_the_scorer_harms_one_run(make_client, scorer, login):
    """An error that nobody foresaw is a 500 for those it met; the thread goes on."""
    client = make_client(scorer)
    each = scorer.assess_each

    def broken(_events, _stored):
        raise RuntimeError("boom")

    scorer.assess_each = broken
    assert client.post("/v1/assessments", json=login()).status_code == 500
    scorer.assess_each = each
    assert client.post("/v1/assessments", json=login()).status_code == 200
