"""The bundle that serves, the one before, and the one that only looks on."""

import threading
import time
from types import SimpleNamespace

import httpx
import pytest
from starlette.testclient import TestClient

from authrisk.errors import BundleError
from authrisk.history.memory import MemoryStore
from authrisk.models.bundle import load_bundle, pretrained_path
from authrisk.scorer import Scorer
from authrisk.service.app import create_app
from authrisk.service.settings import ServiceSettings


def version(scorer, number):
    return SimpleNamespace(**(vars(scorer.bundle) | {"version": number}))


def test_the_bundle_before_serves_again(make_client, scorer, login):
    """A rollback serves what served before, and once more what it replaced; a refused reload and a
    reload of the same bundle change nothing of it."""
    offered = [version(scorer, "2"), version(scorer, "2")]

    def load():
        if not offered:
            raise BundleError("is damaged", where="model.onnx")
        return offered.pop()

    client = make_client(scorer, load=load)
    assert client.post("/v1/model:rollback").status_code == 409
    for _ in range(2):
        assert client.post("/v1/model:reload").json()["version"] == "2"
    assert client.post("/v1/model:reload").status_code == 409
    assert client.post("/v1/model:rollback").json()["version"] == "1"
    assert client.post("/v1/assessments", json=login()).json()["model"]["version"] == "1"
    assert client.post("/v1/model:rollback").json()["version"] == "2"
    assert 'version="2"} 1.0' in client.get("/metrics").text


def reload_under_load(scorer, logins, reloads, serve_in_thread):
    """Answers to logins that are sent while the bundle is replaced again and again."""
    numbers = iter(range(2, 10**6))
    app = create_app(
        scorer,
        lambda event: event,
        ServiceSettings(patience_s=10.0),
        load_bundle=lambda: version(scorer, str(next(numbers))),
    )
    base, stop = serve_in_thread(app)
    answers, done = [], threading.Event()

    def ask(first):
        with httpx.Client(base_url=base, timeout=30) as http:
            for n in range(first, logins, 4):
                body = {"userID": f"u{n}", "timestamp": 1_600_000_000 + n, "eventID": f"e{n}"}
                answers.append(http.post("/v1/assessments", json=body))

    callers = [threading.Thread(target=ask, args=(k,)) for k in range(4)]
    for caller in callers:
        caller.start()
    served = ["1"]
    with httpx.Client(base_url=base, timeout=30) as http:
        for _ in range(reloads):
            while len(answers) < len(served) * logins // (reloads + 1):
                time.sleep(0.001)  # spread over the whole load
            served.append(http.post("/v1/model:reload").json()["version"])
    for caller in callers:
        caller.join()
    done.set()
    stop()
    return answers, served


@pytest.mark.parametrize(
    ("logins", "reloads"), [(600, 20), pytest.param(20_000, 20, marks=pytest.mark.long)]
)
def test_reloads_fail_nobody(scorer, make_client, logins, reloads):
    """While the bundle is replaced under load no request fails, and each answer is of one bundle:
    its version and its score."""
    serve_in_thread = make_client.__globals__["serve_in_thread"]
    answers, served = reload_under_load(scorer, logins, reloads, serve_in_thread)
    assert len(answers) == logins
    assert {answer.status_code for answer in answers} == {200}
    bodies = [answer.json() for answer in answers]
    assert not any(body["degraded"] for body in bodies)
    assert {body["model"]["version"] for body in bodies} == set(served)
    for body in bodies:  # each score is its own bundle's: 0.7 for a stranger, and the version
        own = 0.7 + 1e-4 * (int(body["model"]["version"]) - 1)
        assert body["riskScore"] == pytest.approx(own, abs=1e-9)
    assert len(served) == reloads + 1


def shadowed(scorer, bundle):
    app = create_app(scorer, lambda event: event, ServiceSettings(patience_s=5.0), shadow=bundle)
    return TestClient(app, base_url="http://127.0.0.1:5000")


def until(holds):
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_shadow_is_seen_by_nobody(scorer, make_client, login):
    """Answers are byte for byte those without a shadow; what it would have said is counted by both
    levels, and each difference is listed."""
    bodies = [login(eventID=f"e{n}", userID=f"u{n % 3}", location=f"8.8.{n}.8") for n in range(40)]
    alone = [make_client(scorer).post("/v1/assessments", json=body).content for body in bodies]
    twin = type(scorer)()
    with shadowed(twin, load_bundle(pretrained_path("autoencoder"))) as client:
        beside = [client.post("/v1/assessments", json=body).content for body in bodies]
        assert beside == alone
        until(lambda: client.get("/v1/model/shadow").json()["logins"] == 40)
        found = client.get("/v1/model/shadow?limit=1000").json()
        assert found["name"] == "authrisk-autoencoder"
        table = found["servedThenShadow"]
        assert sum(sum(row.values()) for row in table.values()) == 40
        differ = sum(n for a, row in table.items() for b, n in row.items() if a != b)
        assert found["differ"] == differ == len(found["latest"])
        assert differ > 0
        for difference in found["latest"]:
            assert difference["servedLevel"] != difference["shadowLevel"]
        assert client.get("/v1/model/shadow?limit=1").json()["latest"] == found["latest"][-1:]
        assert client.get("/v1/model/shadow?limit=1001").status_code == 422
        assert "authrisk_shadow_total{" in client.get("/metrics").text


def test_without_a_shadow_it_is_said(client):
    """A service that was started without one says so."""
    assert client.get("/v1/model/shadow").status_code == 409


def test_a_shadow_that_fails_or_lags_is_counted(scorer, login):
    """Logins that the shadow could not score are left out and counted; callers hear nothing."""

    class Broken:
        def score(self, _windows):
            raise ValueError("no score")

    import dataclasses

    bundle = dataclasses.replace(load_bundle(pretrained_path("autoencoder")), model=Broken())
    with shadowed(scorer, bundle) as client:
        for _ in range(5):
            assert client.post("/v1/assessments", json=login()).status_code == 200
        until(lambda: client.get("/v1/model/shadow").json()["leftOut"] == 5)
        assert client.get("/v1/model/shadow").json()["logins"] == 0


def test_a_shadow_of_the_same_bundle_says_the_same(login):
    """The bundle that serves, in its own shadow, differs from itself only by what counts of a young
    installation, a minute old, can make of it: few levels differ."""
    bundle = load_bundle(pretrained_path("supervised"))
    with shadowed(Scorer(bundle, MemoryStore(), adapt=False), bundle) as client:
        for n in range(150):
            body = login(userID=f"u{n % 10}", location=f"8.8.{n % 10}.8", outcome="success")
            assert client.post("/v1/assessments", json=body).status_code == 200
        until(lambda: client.get("/v1/model/shadow").json()["logins"] == 150)
        assert client.get("/v1/model/shadow").json()["differ"] <= 5
