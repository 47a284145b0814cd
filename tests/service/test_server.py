"""The real process: where it listens, what it opens, how it stops."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from authrisk.errors import InputError
from authrisk.history.sqlite import SqliteStore
from authrisk.service.server import Listen

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
print("closed", file=sys.stderr)
"""


SLOW = PROGRAM.replace(
    'rule = runpy.run_path(sys.argv[1])["RuleScorer"]',
    """
import time
class rule(runpy.run_path(sys.argv[1])["RuleScorer"]):
    def assess(self, event):
        time.sleep(0.05)
        return super().assess(event)
""",
)
"""Twenty logins take it a second."""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def process(tmp_path):
    """(process, base address, database) of a service that is ready."""
    port, database = free_port(), tmp_path / "h.db"
    conftest = Path(__file__).parent / "conftest.py"
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        PROGRAM,
        str(conftest),
        str(database),
        str(port),
    ]
    base = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        for _ in range(400):
            try:
                httpx.get(base + "/readyz").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield running, base, database
        running.kill()


def test_only_loopback_and_a_clean_end(process, login):
    """The process listens on the loopback address only, opens no connection of its own, keeps
    what it answered, logs JSON lines without user ids, and ends in peace on SIGTERM."""
    running, base, database = process
    for n in range(20):
        body = login(userID="canary-user", eventID=f"e{n}")
        assert httpx.post(base + "/v1/assessments", json=body).json()["degraded"] is False
    httpx.get(base + "/v1/users/canary-user/logins")
    httpx.post(base + "/getAnomalyScore", content=b"{canary")
    connections = psutil.Process(running.pid).net_connections()
    ours = {c.laddr.ip for c in connections} | {c.raddr.ip for c in connections if c.raddr}
    assert ours == {"127.0.0.1"}
    assert [c for c in connections if c.status == "LISTEN"] != []
    running.send_signal(signal.SIGTERM)
    log = running.communicate(timeout=15)[1]
    assert running.returncode == 0
    *lines, last = log.splitlines()
    assert last == "closed", "what follows `serve` is run"
    for line in lines:
        assert json.loads(line)["level"] in {"info", "warning", "error"}
    assert "canary" not in log
    store = SqliteStore(database)
    assert len(list(store.since(0))) == 20
    assert store.load_state("population") is not None
    store.close()


def test_killed_service_keeps_what_it_answered(process, login):
    """After kill -9 every answered login is on the disk."""
    running, base, database = process
    answered = []
    with httpx.Client(base_url=base) as http:
        for n in range(30):
            answered.append(http.post("/v1/assessments", json=login(eventID=f"e{n}")).json())
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    store = SqliteStore(database)
    assert [kept.event.event_id for kept in store.since(0)] == [a["eventID"] for a in answered]
    store.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_other_machines_need_an_explicit_word(host):
    """Without keys the service does not listen where other machines reach it, unless told to."""
    with pytest.raises(InputError, match="not asked for a key"):
        Listen(host=host)
    assert Listen(host=host, exposed=True).host == host


def test_no_torch_is_loaded():
    """The service needs neither torch nor the log parsers."""
    program = """
import sys, authrisk.service.app, authrisk.service.server
print([m for m in sys.modules if m.split(".")[0] == "torch" or m.startswith("authrisk.logs")
       or m.startswith("authrisk.training")])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_what_is_under_way_at_the_end_is_answered(tmp_path, login):
    """SIGTERM while twenty logins are being scored: each gets its answer and is kept, and the
    process ends well."""
    port, database = free_port(), tmp_path / "h.db"
    conftest = Path(__file__).parent / "conftest.py"
    command = [sys.executable, "-W", "ignore", "-c", SLOW, str(conftest), str(database), str(port)]
    base = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(base + "/readyz").raise_for_status()
                break
            except httpx.HTTPError:
                assert time.monotonic() < until
                time.sleep(0.05)
        bodies = [login(eventID=f"e{n}", userID=f"u{n}") for n in range(20)]
        with ThreadPoolExecutor(20) as pool:
            asked = [
                pool.submit(httpx.post, base + "/v1/assessments", json=body, timeout=30)
                for body in bodies
            ]
            time.sleep(0.4)
            answered_before = sum(each.done() for each in asked)
            running.send_signal(signal.SIGTERM)
            answers = [each.result() for each in asked]
        assert running.wait(20) == 0
    assert answered_before < 20
    assert {answer.status_code for answer in answers} == {200}
    assert not any(answer.json()["degraded"] for answer in answers)
    store = SqliteStore(database)
    assert {kept.event.event_id for kept in store.since(0)} == {b["eventID"] for b in bodies}
    store.close()
