"""What was acknowledged is there, however often the process is killed."""

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

from authrisk.history.sqlite import SqliteStore

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
