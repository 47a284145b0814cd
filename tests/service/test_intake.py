"""Once per event id, in order, kept, and honest when it could not be."""

import math
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from authrisk.errors import ScoringError, StoreError
from authrisk.history.memory import MemoryStore
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing

NOW_S = 1_600_000_000


def test_a_retry_gets_the_same_answer(client, scorer, login):
    """Under one event id there is one login and one answer, whatever was learned meanwhile."""
    body = login(eventID="order-1")
    first = client.post("/v1/assessments", json=body)
    client.post("/v1/outcomes", json={"eventID": "order-1", "outcome": "success"})
    client.post("/v1/assessments", json=login())
    again = client.post("/v1/assessments", json=body)
    assert again.content == first.content
    assert len(scorer.store.logins(body["userID"])) == 2


def test_an_id_belongs_to_one_user(client, login):
    """An event id of another user's login is refused, and that answer is not given away."""
    client.post("/v1/assessments", json=login(eventID="order-1"))
    answer = client.post("/v1/assessments", json=login(eventID="order-1", userID="other"))
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "#/eventID"


def test_without_an_id_each_call_is_a_login(client, scorer, login):
    """Two /v1 calls without an id are two logins, also in the same instant."""
    body = login()
    ids = {client.post("/v1/assessments", json=body).json()["eventID"] for _ in range(3)}
    assert len(ids) == 3
    assert len(scorer.store.logins(body["userID"])) == 3


@pytest.fixture
def sqlite_server(tmp_path, make_client):
    """A real server on a SQLite history: (its address, its scorer)."""
    from_conftest = make_client.__globals__
    store = SqliteStore(tmp_path / "h.db")
    scorer = from_conftest["RuleScorer"](store)
    settings = from_conftest["ServiceSettings"](patience_s=10.0)
    app = from_conftest["create_app"](scorer, lambda event: event, settings)
    base, stop = from_conftest["serve_in_thread"](app)
    yield base, scorer
    stop()
    store.close()


def test_100_parallel_logins_are_100_events(sqlite_server, login):
    """100 logins of one user at once, each sent twice, are 100 events, and the retry of each
    gets the answer of the first."""
    base, scorer = sqlite_server
    bodies = [login(eventID=f"e{n}", location=f"8.8.8.{n}") for n in range(100)]
    with httpx.Client(base_url=base, timeout=30) as http, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda b: http.post("/v1/assessments", json=b), bodies * 2))
    assert {answer.status_code for answer in answers} == {200}
    assert [a.content for a in answers[:100]] == [a.content for a in answers[100:]]
    assert len(scorer.store.logins(bodies[0]["userID"])) == 100


def test_parallel_logins_are_kept_with_the_default_patience_too(tmp_path, make_client, login):
    """With the time that each answer has, 100 logins of one user from 16 connections are still
    exactly 100 events: who cannot be told in time is told `degraded`, and kept. A retry then gets
    the answer that is kept, as often as it asks."""
    from_conftest = make_client.__globals__
    store = SqliteStore(tmp_path / "h.db")
    commit = store._writes._commit
    store._writes._commit = lambda group: (time.sleep(0.02), commit(group))
    app = from_conftest["create_app"](from_conftest["RuleScorer"](store), lambda event: event)
    base, stop = from_conftest["serve_in_thread"](app)
    bodies = [login(eventID=f"e{n}", location=f"8.8.8.{n}") for n in range(100)]
    with httpx.Client(base_url=base, timeout=30) as http, ThreadPoolExecutor(16) as pool:
        first = list(pool.map(lambda b: http.post("/v1/assessments", json=b).json(), bodies))
        until = time.monotonic() + 20
        while len(store.logins(bodies[0]["userID"])) < 100:
            assert time.monotonic() < until
            time.sleep(0.05)
        again = [http.post("/v1/assessments", json=body).content for body in bodies]
        assert again == [http.post("/v1/assessments", json=body).content for body in bodies]
    stop()
    assert any(answer["degraded"] for answer in first)
    assert len(store.logins(bodies[0]["userID"])) == 100
    store.close()


def test_the_next_login_sees_the_last(sqlite_server, login):
    """Of logins in flight together at one instant, each later one sees the earlier ones."""
    base, _scorer = sqlite_server
    body = login(userAgent=None) | {"outcome": "success"}
    with httpx.Client(base_url=base, timeout=30) as http, ThreadPoolExecutor(16) as pool:
        scores = pool.map(lambda _: http.post("/v1/assessments", json=body).json(), range(50))
    assert sorted(score["riskScore"] for score in scores)[-2:] == pytest.approx([0.4, 0.7])


def test_different_users_share_commits(sqlite_server, login):
    """What waits for the disk together goes there together."""
    base, scorer = sqlite_server
    groups = []
    commit = scorer.store._writes._commit
    scorer.store._writes._commit = lambda group: (groups.append(len(group)), commit(group))
    batch = [login(userID=f"u{n}") for n in range(400)]
    answer = httpx.post(f"{base}/v1/assessments:batch", json=batch, timeout=30).json()
    assert len(answer["results"]) == 400
    assert sum(groups) == 400
    assert len(groups) < 300


def test_what_waited_for_a_disk_that_hung_is_written_in_few_commits(
    tmp_path, make_client, scorer, login
):
    """When a disk goes on that hung, the logins that wait for it go there by the hundreds, so that
    those who come then soon wait for nobody; all are kept."""
    store = scorer.store = SqliteStore(tmp_path / "h.db")
    client = make_client(scorer, patience_s=0.2)
    go_on, groups = threading.Event(), []
    commit = store._writes._commit

    def hang(group):
        go_on.wait(60)
        groups.append(len(group))
        commit(group)

    store._writes._commit = hang
    batch = [login(userID=f"u{n}", eventID=f"e{n}") for n in range(1000)]
    answers = client.post("/v1/assessments:batch", json=batch).json()["results"]
    assert all(answer["assessment"]["degraded"] for answer in answers)
    go_on.set()
    until = time.monotonic() + 20
    while client.post("/v1/assessments", json=login()).json()["degraded"]:
        assert time.monotonic() < until
    assert len(list(store.since(0))) >= 1000
    assert max(groups) > 64
    client.__exit__(None, None, None)
    store.close()
    client.__enter__()


class FailingStore(MemoryStore):
    """A store whose reads or writes fail on demand, or hang until let go."""

    def __init__(self):
        super().__init__()
        self.read_fails = self.write_fails = False
        self.write_takes_s = 0.0
        self.go_on = threading.Event()
        self.go_on.set()

    def get(self, event_id):
        if self.read_fails:
            raise StoreError("disk gone")
        return super().get(event_id)

    def append(self, *args):
        self.go_on.wait(10)
        time.sleep(self.write_takes_s)
        if self.write_fails:
            raise StoreError("disk full")
        return super().append(*args)

    def resolve(self, *args):
        self.go_on.wait(10)
        return super().resolve(*args)

    def forget(self, user_id):
        self.go_on.wait(10)
        return super().forget(user_id)


@pytest.fixture
def failing(scorer):
    scorer.store = FailingStore()
    yield scorer
    scorer.store.go_on.set()


def test_history_out_of_reach_steps_up(make_client, failing, login):
    """Without history the answer is 200, at least the cold-start score, medium, degraded."""
    client = make_client(failing)
    cold = client.post("/v1/assessments", json=login()).json()
    failing.store.read_fails = True
    answer = client.post("/v1/assessments", json=login())
    assert answer.status_code == 200
    assert answer.json()["degraded"] is True
    assert answer.json()["riskScore"] >= cold["riskScore"]
    assert answer.json()["recommendedAction"] == "challenge"
    assert client.get("/readyz").status_code == 503
    assert 'authrisk_degraded_total{cause="read"} 1.0' in client.get("/metrics").text
    failing.store.read_fails = False
    assert client.post("/v1/assessments", json=login()).json()["degraded"] is False
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize(("choice", "action"), [("open", "allow"), ("closed", "deny")])
def test_open_and_closed_are_explicit(make_client, failing, login, choice, action):
    """An operator may choose to let everybody in, or nobody, while history is out of reach."""
    client = make_client(failing, on_store_failure=choice)
    failing.store.read_fails = True
    answer = client.post("/v1/assessments", json=login()).json()
    assert answer["recommendedAction"] == action
    assert answer["degraded"] is True


@pytest.mark.parametrize(
    ("choice", "least", "most", "action"),
    [
        ("step-up", 0.5, 0.5, "challenge"),
        ("open", 0.1, 0.1, "allow"),
        ("closed", 1.0, 1.0, "deny"),
    ],
)
def test_the_choice_holds_for_logins_that_are_not_kept(
    make_client, failing, login, choice, least, most, action
):
    """Also where history is read, but not written, the answer is as was chosen; callers of the
    short way, who see one number, hear it too; the probe of readiness says so while it hangs."""
    client = make_client(failing, on_store_failure=choice, patience_s=0.1)
    client.post("/v1/assessments", json=login(outcome="success"))
    assert client.get("/readyz").status_code == 200
    failing.store.go_on.clear()
    answer = client.post("/v1/assessments", json=login()).json()
    assert (answer["degraded"], answer["recommendedAction"]) == (True, action)
    assert least <= answer["riskScore"] <= most
    short = {k: login()[k] for k in ("userID", "timestamp", "location", "userAgent")}
    assert least <= client.post("/getAnomalyScore", json=short).json()["riskScore"] <= most
    assert client.get("/readyz").status_code == 503
    failing.store.go_on.set()
    until = time.monotonic() + 5
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < until


def test_what_could_not_be_kept_is_not_acknowledged(make_client, failing, login):
    """A full disk makes the answer degraded, never silently forgotten."""
    client = make_client(failing)
    failing.store.write_fails = True
    answer = client.post("/v1/assessments", json=login()).json()
    assert (answer["degraded"], answer["recommendedAction"]) == (True, "challenge")


def test_slow_disk_is_not_waited_for(make_client, failing, login):
    """A hung disk costs the answer no more than the patience that is set; the login is kept
    when the disk comes back."""
    client = make_client(failing, patience_s=0.05)
    failing.store.go_on.clear()
    body = login(eventID="slow")
    answer = client.post("/v1/assessments", json=body)
    assert answer.json()["degraded"] is True
    assert answer.elapsed.total_seconds() < 2
    failing.store.go_on.set()
    client.__exit__(None, None, None)
    assert failing.store.get("slow") is not None
    client.__enter__()


def test_nobody_waits_for_a_long_row_of_turns(make_client, failing, login):
    """On a slow disk the logins of one user that are sent together are answered in time, those
    whose turn has not come degraded; all are kept, each once, when their turn comes."""
    client = make_client(failing, patience_s=0.5)
    failing.store.write_takes_s = 0.2
    bodies = [login(eventID=f"e{n}") for n in range(15)]
    with ThreadPoolExecutor(15) as pool:
        answers = list(pool.map(lambda body: client.post("/v1/assessments", json=body), bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert max(answer.elapsed.total_seconds() for answer in answers) < 2  # 3 in a row of turns
    late = [answer.json() for answer in answers if answer.json()["degraded"]]
    assert {body["recommendedAction"] for body in late} == {"challenge"}
    assert 'authrisk_degraded_total{cause="turn"} 0.0' not in client.get("/metrics").text
    client.__exit__(None, None, None)
    kept = [stored.event.event_id for stored in failing.store.since(0)]
    assert sorted(kept) == sorted(body["eventID"] for body in bodies)
    client.__enter__()


def test_reports_do_not_hang_with_history(make_client, failing, login):
    """An outcome that history does not take in time is 503; the user's logins are answered
    meanwhile; told again, or when history goes on, the outcome is in."""
    client = make_client(failing, patience_s=0.1, report_patience_s=0.1)
    client.post("/v1/assessments", json=login(eventID="e1", userAgent=None))
    failing.store.go_on.clear()
    outcome = {"eventID": "e1", "outcome": "failure"}
    answer = client.post("/v1/outcomes", json=outcome)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert client.delete("/v1/users/someone").status_code == 503
    assert client.post("/v1/assessments", json=login()).json()["degraded"] is True
    failing.store.go_on.set()
    assert client.post("/v1/outcomes", json=outcome).status_code == 200
    assert failing.store.get("e1").standing is Standing.EVIDENCE


def test_future_stamp_is_flagged_and_never_familiar(client, scorer, login):
    """A login stamped more than five minutes ahead is scored and flagged; no outcome and no
    verdict makes it familiar."""
    body = login(timestamp=NOW_S + 301, eventID="ahead", outcome="success")
    answer = client.post("/v1/assessments", json=body).json()
    assert "clock_ahead" in {reason["code"] for reason in answer["reasons"]}
    assert scorer.store.get("ahead").standing is Standing.UNCONFIRMED
    client.post("/v1/outcomes", json={"eventID": "ahead", "outcome": "success"})
    client.post("/v1/feedback", json={"eventID": "ahead", "verdict": "legitimate"})
    kept = scorer.store.get("ahead")
    assert (kept.standing, kept.verdict) == (Standing.UNCONFIRMED, "legitimate")
    client.post("/v1/outcomes", json={"eventID": "ahead", "outcome": "failure"})
    assert scorer.store.get("ahead").standing is Standing.EVIDENCE


def test_a_future_stamp_is_never_the_last_login(make_client, scorer, login):
    """Whatever is stamped in the future, the next login is scored as if it had never come, also
    when that time has passed."""
    clock = [NOW_S * 10**9]
    client = make_client(scorer, clock=lambda: clock[0])
    usual = {"userAgent": "usual", "location": "8.8.8.8"}
    client.post("/v1/assessments", json=login(outcome="success", **usual))
    strange = {"userAgent": "strange", "location": "9.9.9.9"}
    ahead = login(timestamp=NOW_S + 3600, eventID="ahead", outcome="success", **strange)
    client.post("/v1/assessments", json=ahead)
    client.post("/v1/outcomes", json={"eventID": "ahead", "outcome": "success"})
    for later_s in (1, 7200):
        clock[0] = (NOW_S + later_s) * 10**9
        body = login(timestamp=NOW_S + later_s, **strange)
        answer = client.post("/v1/assessments", json=body).json()
        assert answer["riskScore"] == pytest.approx(0.7)
        assert {reason["code"] for reason in answer["reasons"]} == {"new_src_ip", "new_user_agent"}


def test_small_clock_difference_is_not_flagged(client, scorer, login):
    """Five minutes ahead is an ordinary clock."""
    body = login(timestamp=NOW_S + 299, eventID="near", outcome="success")
    assert "clock_ahead" not in client.post("/v1/assessments", json=body).text
    assert scorer.store.get("near").standing is Standing.FAMILIAR


def test_scoring_a_risky_login_does_not_teach(client, scorer, login):
    """Asking again and again about a strange place does not make it familiar."""
    scores = [
        client.post("/v1/assessments", json=login(userAgent=f"a{n}")).json()["riskScore"]
        for n in range(5)
    ]
    assert scores == [pytest.approx(0.7)] * 5


def test_a_late_loss_is_counted_and_logged(make_client, failing, login, caplog):
    """A write that fails after its caller was answered is counted, and told in one line."""
    client = make_client(failing, patience_s=0.05)
    failing.store.go_on.clear()
    failing.store.write_fails = True
    assert client.post("/v1/assessments", json=login()).json()["degraded"] is True
    assert "authrisk_lost_logins_total 0.0" in client.get("/metrics").text
    failing.store.go_on.set()
    until = time.monotonic() + 5
    while "authrisk_lost_logins_total 1.0" not in client.get("/metrics").text:
        assert time.monotonic() < until
    (line,) = [record for record in caplog.records if record.name.startswith("authrisk")]
    assert "disk full" in line.getMessage()


@pytest.mark.parametrize("cold_too", [False, True])
def test_a_login_without_a_finite_score_steps_up(make_client, scorer, login, cold_too):
    """A login that gets no finite score is answered as if history were out of reach."""
    client = make_client(scorer)
    cold = client.post("/v1/assessments", json=login()).json()

    class Unscored(type(scorer)):
        def assess(self, event):
            if cold_too or self.store is scorer.store:
                raise ScoringError("the model gave no finite score")
            return super().assess(event)

    scorer.__class__ = Unscored
    answer = client.post("/v1/assessments", json=login())
    assert answer.status_code == 200
    body = answer.json()
    assert (body["degraded"], body["recommendedAction"]) == (True, "challenge")
    assert body["riskScore"] >= (0.5 if cold_too else cold["riskScore"])
    assert math.isfinite(body["riskScore"])
    assert (body["riskLevel"], body["state"]) == ("medium", "learning")
    assert 'authrisk_degraded_total{cause="score"} 1.0' in client.get("/metrics").text
    short = {k: login()[k] for k in ("userID", "timestamp", "location", "userAgent")}
    assert client.post("/getAnomalyScore", json=short).json()["riskScore"] >= 0.5


def test_a_locked_history_is_503_soon(tmp_path, make_client, scorer, login):
    """Whoever reports while history takes no write is told to come again, within a second."""
    path = tmp_path / "h.db"
    store = scorer.store = SqliteStore(path)
    client = make_client(scorer)
    client.post("/v1/assessments", json=login(eventID="e1"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    calls = [
        ("POST", "/v1/outcomes", {"eventID": "e1", "outcome": "success"}),
        ("POST", "/v1/feedback", {"eventID": "e1", "verdict": "legitimate"}),
        *[("DELETE", f"/v1/users/{n}", None) for n in range(14)],
    ]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda c: client.request(c[0], c[1], json=c[2]), calls))
    assert max(answer.elapsed.total_seconds() for answer in answers) < 2  # 1, on a busy machine
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.headers["retry-after"] for answer in answers} == {"1"}
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert "locked" not in answers[0].text
    other.execute("ROLLBACK")
    other.close()
    assert client.post("/v1/outcomes", json=calls[0][2]).status_code == 200
    client.__exit__(None, None, None)
    store.close()
    client.__enter__()


def test_an_unreadable_history_is_503(make_client, failing):
    """Every call that needs history says so when there is none."""
    client = make_client(failing)
    failing.store.read_fails = True
    answer = client.post("/v1/outcomes", json={"eventID": "e1", "outcome": "success"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "disk gone" not in answer.text
