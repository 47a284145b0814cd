"""Who may ask: keys, scopes, expiry, rates, and no route that was forgotten."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from authrisk.errors import InputError
from authrisk.service.access import NEEDED, OPEN, Access, with_keys
from authrisk.service.app import create_app
from authrisk.service.keys import SCOPES, Key, KeyRing, Keys, make_key, read_keys, write_keys
from authrisk.service.rates import Buckets, Rate
from authrisk.service.recorder import Recorder
from authrisk.service.settings import ServiceSettings

NOW = 1_700_000_000


class Clock:
    """Stands until it is moved."""

    now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A file with a key of each scope, and the keys."""
    path, made, texts = tmp_path / "keys.json", [], {}
    for scope in SCOPES:
        key, texts[scope] = make_key(f"only-{scope}", (scope,), NOW)
        made.append(key)
    write_keys(path, Keys(tuple(made)))
    return path, texts


@pytest.fixture
def app(scorer, keys, clock):
    access = Access(KeyRing(keys[0]), clock)
    return create_app(scorer, lambda event: event, ServiceSettings(hosts=None), access=access)


@pytest.fixture
def caller(app):
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def path_of(route: Route) -> str:
    return route.path.replace("{user_id:path}", "ada").replace("{name}", "swagger-ui.css")


def test_no_route_is_open_but_livez(app, caller) -> None:
    """Every method of every route of the application, without a key: 401, and /livez alone 200."""
    seen = 0
    for route in app.routes:
        for method in route.methods or ():
            answer = caller.request(method, path_of(route))
            expected = 200 if route.path == "/livez" else 401
            assert answer.status_code == expected, (method, route.path)
            assert expected == 200 or "Bearer" in answer.headers["www-authenticate"]
            seen += 1
    assert seen >= len(NEEDED)
    assert [path for path, needed in NEEDED.items() if needed == OPEN] == ["/livez"]


def test_a_route_that_nobody_thought_of_is_closed(keys, clock) -> None:
    """A route without a scope answers 403 to every key."""
    path, texts = keys

    async def forgotten(_request):
        raise AssertionError("was let in")

    from starlette.applications import Starlette

    from authrisk.service.problems import Problem, answer_problem

    routes = with_keys([Route("/new", forgotten)], Access(KeyRing(path), clock), Recorder(None))
    app = Starlette(routes=routes, exception_handlers={Problem: answer_problem})
    with TestClient(app) as client:
        for text in texts.values():
            assert client.get("/new", headers=bearer(text)).status_code == 403
        assert client.get("/new").status_code == 401


def test_every_key_opens_its_scope_alone(app, caller, keys) -> None:
    """A key of one scope gets past the check of the routes of that scope (and of those for any
    key), and 403 from all others."""
    _, texts = keys
    for scope, text in texts.items():
        for route in app.routes:
            method = sorted(route.methods - {"HEAD"})[0]
            status = caller.request(method, path_of(route), headers=bearer(text)).status_code
            may = NEEDED[route.path] in {scope, "any", OPEN}
            assert (status != 403) == may, (scope, route.path, status)
            assert status != 401


def test_three_ways_to_show_a_key(caller, keys, login) -> None:
    """Bearer, X-API-Key and the password of Basic are taken alike; a wrong key in each is 401."""
    _, texts = keys
    for text, status in ((texts["score"], 200), (texts["score"][:-1] + "!", 401), ("", 401)):
        pair = base64.b64encode(f"wso2:{text}".encode()).decode()
        for headers in (bearer(text), {"X-API-Key": text}, {"Authorization": f"Basic {pair}"}):
            answer = caller.post("/v1/assessments", json=login(), headers=headers)
            assert answer.status_code == status, headers
    for broken in ("Basic %%%", "Basic /w==", "Bearer", "Digest x", "Bearer ark_\N{SNOWMAN}"):
        headers = {"Authorization": broken.encode()}
        assert caller.get("/readyz", headers=headers).status_code == 401


def test_the_documented_call_needs_the_scope_too(caller, keys, login) -> None:
    """/getAnomalyScore answers its one number to a key that may score."""
    body = login()
    assert caller.post("/getAnomalyScore", json=body).status_code == 401
    answer = caller.post("/getAnomalyScore", json=body, headers=bearer(keys[1]["score"]))
    assert answer.status_code == 200
    assert set(answer.json()) == {"riskScore"}


def test_a_changed_file_counts_within_a_second(caller, keys, clock) -> None:
    """Revoked keys are refused and new ones taken without a restart; a file that cannot be used
    leaves the keys as they were."""
    path, texts = keys
    assert caller.get("/readyz", headers=bearer(texts["admin"])).status_code == 200
    old = read_keys(path)
    new, text = make_key("another", ("admin",), NOW)
    write_keys(path, Keys((*(k for k in old.keys if k.name != "only-admin"), new)))
    clock.now += 2
    assert caller.get("/readyz", headers=bearer(texts["admin"])).status_code == 401
    assert caller.get("/readyz", headers=bearer(text)).status_code == 200
    path.write_text("nonsense")
    clock.now += 2
    assert caller.get("/readyz", headers=bearer(text)).status_code == 200


def test_a_key_ends_with_its_time(caller, keys, clock) -> None:
    """Before its expiry a key is taken, from then on it is not."""
    path, _ = keys
    key, text = make_key("short", ("metrics",), NOW, NOW + 60)
    write_keys(path, Keys((key,)))
    clock.now += 2
    assert caller.get("/metrics", headers=bearer(text)).status_code == 200
    clock.now = NOW + 60
    assert caller.get("/metrics", headers=bearer(text)).status_code == 401


def test_too_many_wrong_keys(caller, clock) -> None:
    """Who keeps trying is told to wait, in seconds; after that time trying is 401 again."""
    wrong = bearer("ark_00000000_" + "A" * 43)
    found = [caller.get("/readyz", headers=wrong).status_code for _ in range(60)]
    assert found[:50] == [401] * 50
    assert found[50:] == [429] * 10
    wait = caller.get("/readyz", headers=wrong).headers["retry-after"]
    clock.now += int(wait)
    assert caller.get("/readyz", headers=wrong).status_code == 401


def test_too_many_logins_of_one_user(make_client, scorer, login) -> None:
    """Past the burst a user's logins are 429 with Retry-After; another's are answered."""
    client = make_client(scorer, user_rate=Rate(per_s=0.001, burst=3))
    found = [client.post("/v1/assessments", json=login()) for _ in range(5)]
    assert [answer.status_code for answer in found] == [200, 200, 200, 429, 429]
    assert int(found[-1].headers["retry-after"]) >= 1
    assert client.post("/v1/assessments", json=login(userID="bob")).status_code == 200
    batch = client.post("/v1/assessments:batch", json=[login(), login(userID="cy")]).json()
    assert [item.get("problem", {}).get("status") for item in batch["results"]] == [429, None]


def test_buckets_are_bounded() -> None:
    """However many names ask, no more buckets are kept than allowed, and each still counts."""
    buckets = Buckets(Rate(per_s=1.0, burst=2.0), most=100)
    for n in range(10_000):
        assert buckets.wait_s(f"user{n}", 0.0) == 0.0
    assert len(buckets) == 100
    waits = [buckets.wait_s("user9999", 0.0) for _ in range(3)]
    assert waits == [0.0, 1.0, 1.0]


def test_a_canary_key_is_nowhere(caller, keys, tmp_path, capfd, caplog, login) -> None:
    """A key that is used, wrongly used and refused stands in no answer, no metric, no log line, and
    not in the file of keys."""
    path, texts = keys
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.CRITICAL, "httpx")  # the caller's own
    canary = texts["metrics"]
    shown = []
    for method, url in (("GET", "/metrics"), ("POST", "/v1/assessments"), ("GET", f"/{canary}x")):
        for headers in (bearer(canary), {"X-API-Key": canary}, bearer(canary + "x")):
            answer = caller.request(method, url, headers=headers, json=None)
            shown.append(answer.text + str(answer.headers))
    out, err = capfd.readouterr()
    everything = "".join([*shown, out, err, caplog.text, path.read_text()])
    assert canary not in everything
    assert canary.rpartition("_")[2] not in everything


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no file of keys"),
        (b'{"keys": [{"id": 1}]}', "is no file of keys"),
        (b'{"keys": [], "more": 1}', "is no file of keys"),
    ],
)
def test_bad_files(tmp_path: Path, content: bytes, reason: str) -> None:
    """What is no file of keys is refused by name."""
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(InputError, match=reason):
        KeyRing(path)


def test_a_file_for_others_is_refused(tmp_path: Path) -> None:
    """A file that a group or all may read is refused, and the remedy named; what we write is for
    its owner alone."""
    path = tmp_path / "keys.json"
    write_keys(path, Keys((make_key("a", ("score",), NOW)[0],)))
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(InputError, match="chmod 600"):
        KeyRing(path)
    with pytest.raises(InputError, match="cannot be read"):
        KeyRing(tmp_path / "nowhere.json")


def test_ids_twice(tmp_path: Path) -> None:
    """Two keys of one id are refused: one of them could never be revoked alone."""
    path = tmp_path / "keys.json"
    key = Key("00000000", "a", ("score",), "0" * 64, NOW)
    write_keys(path, Keys((key, key)))
    with pytest.raises(InputError, match="an id twice"):
        read_keys(path)
