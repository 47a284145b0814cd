"""What was acknowledged is there, whatever happens to the process, the disk or the clock."""

import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.errors import StoreError
from authrisk.event import LoginEvent
from authrisk.history.memory import MemoryStore
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing

PROGRAM = """
import runpy, sys
from authrisk.history.sqlite import SqliteStore
from authrisk.service.app import create_app
from authrisk.service.server import Listen, serve
from authrisk.service.settings import ServiceSettings
rule = runpy.run_path(sys.argv[1])["RuleScorer"]
store = SqliteStore(sys.argv[2])
app = create_app(rule(store), lambda event: event, ServiceSettings(patience_s=5.0))
serve(app, Listen(port=int(sys.argv[3])))
store.close()
"""


def start(path: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    conftest = Path(__file__).parent / "conftest.py"
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(conftest), str(path), str(port)]
    with path.with_name("stderr").open("wb") as errors:
        process = subprocess.Popen(command, stderr=errors)
    base, until = f"http://127.0.0.1:{port}", time.monotonic() + 60
    while True:
        try:
            httpx.get(base + "/livez").raise_for_status()
        except httpx.HTTPError:
            assert process.poll() is None, path.with_name("stderr").read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        else:
            return process, base


def kill_under_load(path: Path, kills: int, seed: int) -> list[str]:
    """Event ids that were answered without `degraded`, by services killed at random moments.

    Of many users: a history keeps only so many logins of each.
    """
    draw, numbers, kept = random.Random(seed), itertools.count(), []

    def ask(base: str) -> None:
        with httpx.Client(base_url=base) as http:
            while True:
                n = next(numbers)
                body = {"eventID": f"e{n}", "userID": f"u{n % 997}", "timestamp": 1_600_000_000 + n}
                try:
                    answer = http.post("/v1/assessments", json=body | {"location": "8.8.8.8"})
                except httpx.HTTPError:
                    return
                if answer.status_code == 200 and not answer.json()["degraded"]:
                    kept.append(f"e{n}")

    for _ in range(kills):
        process, base = start(path)
        callers = [threading.Thread(target=ask, args=(base,)) for _ in range(4)]
        for caller in callers:
            caller.start()
        time.sleep(draw.uniform(0.02, 0.3))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        for caller in callers:
            caller.join()
    return kept


def lost(path: Path, kept: list[str]) -> set[str]:
    store = SqliteStore(path)
    there = {login.event.event_id for login in store.since(0)}
    store.close()
    return set(kept) - there


def test_kills_lose_nothing_acknowledged(tmp_path):
    """The service killed at random moments under load loses no login that it answered for."""
    kept = kill_under_load(tmp_path / "h.db", 5, seed=1)
    assert len(kept) > 20
    assert lost(tmp_path / "h.db", kept) == set()


@pytest.mark.long
def test_200_kills_lose_nothing_acknowledged(tmp_path):
    """The same, 200 times over one history."""
    kept = kill_under_load(tmp_path / "h.db", 200, seed=2)
    assert len(kept) > 2_000
    assert lost(tmp_path / "h.db", kept) == set()


def limit(store: SqliteStore, pages: int) -> None:
    """How large the file may grow, in pages: a full disk, as SQLite sees it."""
    store._writes.run(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())


def test_a_full_disk_degrades_and_mends(tmp_path, make_client, scorer, login):
    """On a full disk answers are degraded and nothing is half kept; with room again logins are
    kept as before, and nothing that was acknowledged is gone."""
    store = scorer.store = SqliteStore(tmp_path / "h.db")
    client = make_client(scorer)
    kept = [login(eventID=f"a{n}") for n in range(5)]
    for body in kept:
        assert client.post("/v1/assessments", json=body).json()["degraded"] is False
    limit(store, 1)
    fresh = (login(eventID=f"b{n}", userAgent="x" * 2_000) for n in range(300))
    answers = [client.post("/v1/assessments", json=body) for body in fresh]
    assert {answer.status_code for answer in answers} == {200}
    full = [answer.json()["eventID"] for answer in answers if answer.json()["degraded"]]
    assert full
    assert {a.json()["recommendedAction"] for a in answers if a.json()["degraded"]} == {"challenge"}
    assert all(store.get(event_id) is None for event_id in full)
    assert 'cause="write"' in client.get("/metrics").text
    limit(store, 1_000_000)
    after = client.post("/v1/assessments", json=login(eventID="c"))
    assert after.json()["degraded"] is False
    ids = {stored.event.event_id for stored in store.since(0)}
    assert {body["eventID"] for body in kept} | {"c"} <= ids
    client.__exit__(None, None, None)
    store.close()
    client.__enter__()


def test_damage_anywhere_is_refused_or_read_right(tmp_path):
    """A history with a page overwritten opens with a clear refusal, or gives back only logins
    that were written: never others."""
    path = tmp_path / "h.db"
    store = SqliteStore(path)
    events = [
        LoginEvent(event_id=f"e{n}", timestamp_ns=n, user_id=f"u{n % 9}", user_agent="a" * 300)
        for n in range(200)
    ]
    for event in events:
        store.append(event, Standing.FAMILIAR)
    store.close()
    whole, known = path.read_bytes(), set(events)
    refused = 0
    for begin in range(0, len(whole), 4096):
        for sidecar in tmp_path.glob("h.db-*"):
            sidecar.unlink()
        path.write_bytes(whole[:begin] + b"\xa5" * 512 + whole[begin + 512 :])
        try:
            damaged = SqliteStore(path)
        except StoreError as error:
            assert str(path) in str(error)
            refused += 1
            continue
        try:
            assert {login.event for login in damaged.since(0)} <= known
        except StoreError:
            refused += 1
        finally:
            damaged.close()
    assert refused > 5


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(range(8)), data=st.data())
def test_any_order_of_arrival_ends_alike(tmp_path_factory, order, data):
    """Logins and retries in any order: in both stores the same logins, in the order of time, each
    once."""
    again = data.draw(st.lists(st.sampled_from(order), max_size=4))
    events = [
        LoginEvent(event_id=f"e{n}", timestamp_ns=n // 2, user_id=f"u{n % 2}", src_ip="8.8.8.8")
        for n in range(8)
    ]
    store = SqliteStore(tmp_path_factory.mktemp("order") / "h.db")
    for each in (store, MemoryStore()):
        for n in [*order, *again]:
            each.append(events[n], Standing.FAMILIAR)
        for user in ("u0", "u1"):
            mine = [e for e in events if e.user_id == user]
            found = each.recent(user, 100, 50)
            assert sorted(found, key=lambda e: e.event_id) == mine
            assert [e.timestamp_ns for e in found] == sorted(e.timestamp_ns for e in mine)
    store.close()
