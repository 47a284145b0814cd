"""The calls of /v1 beside scoring one login."""

import json
from types import SimpleNamespace

import pytest

from authrisk.errors import BundleError
from authrisk.history.store import Standing


def test_assessment_says_everything(client, login):
    """The answer has the keys of the published interface, and scores with full precision."""
    answer = client.post("/v1/assessments", json=login()).json()
    assert set(answer) == {
        "eventID", "riskScore", "riskLevel", "state", "reasons", "recommendedAction", "model",
        "degraded",
    }  # fmt: skip
    assert answer["riskScore"] == 0.1 + 0.3 + 0.3
    assert (answer["riskLevel"], answer["state"]) == ("medium", "learning")
    assert answer["recommendedAction"] == "challenge"
    assert answer["model"] == {"name": "rule", "version": "1"}
    assert answer["reasons"][0] == {
        "code": "new_src_ip", "message": "A new src_ip", "bits": 1.5,
        "observed": "212.78.83.12", "usual": None,
    }  # fmt: skip


@pytest.mark.parametrize("lines", [True, False])
def test_batch_answers_in_order_with_problems_by_index(client, scorer, login, lines):
    """Array or NDJSON: each login gets its own answer or problem, in the order of the request."""
    batch = [login(userID=f"u{n % 3}", eventID=f"e{n}") for n in range(20)]
    batch[4]["timestamp"] = "abc"
    del batch[7]["userID"]
    batch[9] = "no object"
    body = "\n".join(map(json.dumps, batch)) + "\n\n" if lines else json.dumps(batch)
    results = client.post("/v1/assessments:batch", content=body).json()["results"]
    assert [item["index"] for item in results] == list(range(20))
    problems = {n: item["problem"]["errors"][0]["pointer"] for n, item in enumerate(results)
                if "problem" in item}  # fmt: skip
    assert problems == {4: "#/4/timestamp", 7: "#/7/userID", 9: "#/9"}
    answered = [item["assessment"]["eventID"] for item in results if "assessment" in item]
    assert answered == [f"e{n}" for n in range(20) if n not in problems]
    assert len(list(scorer.store.since(0))) == 17


def test_bad_line_spoils_no_other(client, login):
    """A line that is no JSON is a problem of its own."""
    body = json.dumps(login()) + "\n{bad\n" + json.dumps(login())
    results = client.post("/v1/assessments:batch", content=body).json()["results"]
    assert ["assessment" in item for item in results] == [True, False, True]
    assert results[1]["problem"]["status"] == 400


def test_batch_scores_as_one_by_one(client, make_client, scorer, login):
    """A batch learns on the way exactly as single calls do."""
    single = type(scorer)()
    bodies = [login(userID=f"u{n % 2}", outcome="success") for n in range(10)]
    other = make_client(single)
    one = [other.post("/v1/assessments", json=body).json()["riskScore"] for body in bodies]
    results = client.post("/v1/assessments:batch", json=bodies).json()["results"]
    assert [item["assessment"]["riskScore"] for item in results] == one


def test_batch_limits(client, login):
    """1,000 logins and 1 MiB are the most."""
    body = [login(userID=n) for n in range(1000)]
    assert len(client.post("/v1/assessments:batch", json=body).json()["results"]) == 1000
    assert client.post("/v1/assessments:batch", json=[*body, login()]).status_code == 413
    lines = b"\n".join(json.dumps(item).encode() for item in [*body, login()])
    assert client.post("/v1/assessments:batch", content=lines).status_code == 413
    long = client.post("/v1/assessments:batch", content=b" " * (1024 * 1024 + 1))
    assert long.status_code == 413
    assert client.post("/v1/assessments:batch", content=b"").status_code == 400
    assert client.post("/v1/assessments:batch", content=b"[]").json() == {"results": []}


OUTCOMES = [
    ("success", "familiar"),
    ("challenge_passed", "familiar"),
    ("failure", "evidence"),
    ("challenge_failed", "evidence"),
    ("abandoned", "evidence"),
]


@pytest.mark.parametrize(("outcome", "standing"), OUTCOMES)
def test_outcome_decides_the_standing(client, scorer, login, outcome, standing):
    """Only success and a passed challenge make a login familiar."""
    event_id = client.post("/v1/assessments", json=login()).json()["eventID"]
    answer = client.post("/v1/outcomes", json={"eventID": event_id, "outcome": outcome})
    assert answer.json() == {"eventID": event_id, "standing": standing, "verdict": None}
    assert scorer.store.get(event_id).standing.name.lower() == standing


@pytest.mark.parametrize(
    ("path", "word"),
    [("outcomes", {"outcome": "success"}), ("feedback", {"verdict": "legitimate"})],
)
def test_unknown_event_is_404(client, path, word):
    """Nothing can be said of a login that is not kept."""
    assert client.post(f"/v1/{path}", json={"eventID": "nowhere"} | word).status_code == 404


def test_compromised_takes_back_all_since(client, scorer, login):
    """`compromised since` disowns the login and all later ones, and the risk is as before them."""
    good = client.post("/v1/assessments", json=login(outcome="success")).json()
    stolen = login(location="8.8.8.8", outcome="success", eventID="stolen")
    client.post("/v1/assessments", json=stolen)
    client.post("/v1/assessments", json=login(location="8.8.8.8", outcome="success"))
    probe = login(location="8.8.8.8")
    assert client.post("/v1/assessments", json=probe).json()["riskScore"] == pytest.approx(0.1)
    verdict = {"eventID": "stolen", "verdict": "compromised", "since": stolen["timestamp"]}
    answer = client.post("/v1/feedback", json=verdict).json()
    assert answer == {"eventID": "stolen", "standing": "disowned", "verdict": "compromised"}
    after = client.post("/v1/assessments", json=login(location="8.8.8.8")).json()
    assert after["riskScore"] == pytest.approx(0.4)
    kept = {stored.event.event_id: stored.standing for stored in scorer.store.since(0)}
    assert kept[good["eventID"]] is Standing.FAMILIAR


def test_since_goes_with_compromised_only(client, login):
    """A `since` beside `legitimate` is a mistake, and said to be one."""
    body = {"eventID": "x", "verdict": "legitimate", "since": 1589912560}
    answer = client.post("/v1/feedback", json=body)
    assert answer.json()["errors"][0]["pointer"] == "#/since"
    body = {"eventID": "x", "verdict": "compromised", "since": "yesterday"}
    answer = client.post("/v1/feedback", json=body)
    assert answer.json()["errors"][0]["pointer"] == "#/since"


@pytest.mark.parametrize("user", ["7", "alice/bob", "a b?c", "名前"])
def test_user_can_be_looked_at_and_erased(client, scorer, login, user):
    """What is kept of a user is shown, and gone after DELETE, also from the source's view."""
    from urllib.parse import quote

    where = "/v1/users/" + quote(user, safe="")
    client.post("/v1/assessments", json=login(userID=user, eventID="one"))
    client.post("/v1/assessments", json=login(userID="other"))
    shown = client.get(where + "/logins").json()
    assert shown["userID"] == user
    assert [kept["eventID"] for kept in shown["logins"]] == ["one"]
    assert shown["logins"][0]["timestamp"].startswith("2020-05-19T")
    assert shown["logins"][0]["riskScore"] == pytest.approx(0.7)
    assert client.delete(where).json() == {"userID": user, "erased": 1}
    assert client.get(where + "/logins").json()["logins"] == []
    seen = scorer.store.recent_from("address", "212.78.83.12", 0, 2**62, 10)
    assert [attempt.user_id for attempt in seen] == ["other"]


def test_limit_of_shown_logins(client, login):
    """The newest are shown, as many as asked for."""
    for n in range(5):
        client.post("/v1/assessments", json=login(userID="7", eventID=f"e{n}"))
    shown = client.get("/v1/users/7/logins?limit=2").json()["logins"]
    assert [kept["eventID"] for kept in shown] == ["e3", "e4"]
    for wrong in ("0", "-1", "1001", "x", "１", "9" * 40):
        assert client.get(f"/v1/users/7/logins?limit={wrong}").status_code == 422


def test_model_is_swapped_or_kept(make_client, scorer, login):
    """A reload serves the new bundle from the next answer on; a refused one leaves the old."""
    offered = [SimpleNamespace(**(vars(scorer.bundle) | {"version": "2"}))]

    def load():
        if not offered:
            raise BundleError("is damaged", where="model.onnx")
        return offered.pop()

    client = make_client(scorer, load=load)
    assert client.get("/v1/model").json()["version"] == "1"
    assert client.post("/v1/model:reload").json()["version"] == "2"
    assert client.post("/v1/assessments", json=login()).json()["model"]["version"] == "2"
    refused = client.post("/v1/model:reload")
    assert refused.status_code == 409
    assert "model.onnx" in refused.json()["detail"]
    assert client.get("/v1/model").json()["version"] == "2"
    assert 'authrisk_model_info{name="rule",version="2"} 1.0' in client.get("/metrics").text
    assert 'version="1"' not in client.get("/metrics").text


def test_fixed_bundle_is_not_reloaded(client):
    """A service without a source of bundles says so."""
    assert client.post("/v1/model:reload").status_code == 409


def test_alive_and_ready(client):
    """The two probes of an orchestrator."""
    assert client.get("/livez").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_metrics_stay_few(client, login):
    """1,000 different users, agents and paths make no more series than one."""
    client.post("/v1/assessments:batch", json=[login(userID=n) for n in range(300)])
    for n in range(100):
        client.get(f"/nowhere/{n}")
        client.get(f"/v1/users/{n}/logins")
    lines = client.get("/metrics").text.splitlines()
    assert sum(not line.startswith("#") for line in lines) < 200
    assert "/nowhere" not in "\n".join(lines)


def test_unknown_paths_and_methods_are_problems(client):
    """404 and 405 are problem documents too."""
    for method, path, status in (("GET", "/", 404), ("GET", "/getAnomalyScore", 405)):
        answer = client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


def test_our_own_fault_says_nothing(make_client, scorer, login):
    """A crash is 500, a problem document, without a word about the cause."""

    def enrich(event):
        raise RuntimeError("secret cause")

    client = make_client(scorer, enrich=enrich)
    answer = client.post("/v1/assessments", json=login())
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
