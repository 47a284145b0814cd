"""The real command under load: started, asked by callers on loopback, and looked at afterwards."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from authrisk.history.examination import examine
from authrisk.history.sqlite import SqliteStore

SERVE = [sys.executable, "-c", "from authrisk.cli import main; raise SystemExit(main())", "serve"]
USERS = 500
"""Enough that none comes to the cap of what is kept of one user, where the oldest login goes."""


@dataclass
class Answers:
    """What callers saw, in the order of answering."""

    rows: list[tuple[float, float, bool, str]] = field(default_factory=list)
    """(when it was answered, seconds it took, degraded, event id)."""
    failed: int = 0

    def between(self, begin: float, end: float) -> list[tuple[float, float, bool, str]]:
        return [row for row in self.rows if begin <= row[0] - row[1] and row[0] <= end]

    def figures(self, begin: float, end: float) -> dict[str, object]:
        rows = self.between(begin, end)
        ms = sorted(1000 * row[1] for row in rows)
        if not ms:
            return {"answers": 0}
        return {
            "answers": len(ms),
            "degraded": sum(row[2] for row in rows),
            "p50_ms": round(statistics.median(ms), 1),
            "p99_ms": round(ms[min(len(ms) - 1, int(0.99 * len(ms)))], 1),
            "max_ms": round(ms[-1], 1),
        }

    def recovery_s(self, since: float) -> float | None:
        """From a moment until the first answer that is not degraded."""
        good = [row[0] for row in self.rows if row[0] - row[1] >= since and not row[2]]
        return round(min(good) - since, 3) if good else None


@contextlib.contextmanager
def service(history: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The command, ready, and its port; killed in the end where it still runs."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*SERVE, "--history", str(history), "--port", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        while not _ready(port):
            if process.poll() is not None:
                raise SystemExit(f"the service ended with {process.returncode}")
            time.sleep(0.02)
        yield process, port
    finally:
        process.kill()
        process.wait()


def _ready(port: int) -> bool:
    with _link(port) as link:
        try:
            link.request("GET", "/livez")
            return link.getresponse().status == 200
        except OSError:
            return False


def _link(port: int) -> contextlib.closing[http.client.HTTPConnection]:
    return contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30))


def causes(port: int) -> dict[str, int]:
    """The service's own count of degraded answers, by cause, and of lost logins."""
    with _link(port) as link:
        link.request("GET", "/metrics")
        text = link.getresponse().read().decode()
    found = {}
    for line in text.splitlines():
        name, _, value = line.rpartition(" ")
        if name.startswith("authrisk_degraded_total") or name == "authrisk_lost_logins_total":
            found[name.partition("cause=")[2].strip('"}') or "lost"] = int(float(value))
    return {name: count for name, count in found.items() if count}


@contextlib.contextmanager
def callers(port: int, run: str, count: int = 4, pause_s: float = 0.0) -> Iterator[Answers]:
    """Callers that send logins, each after the last one's answer, until the block ends."""
    answers, stop = Answers(), threading.Event()

    def ask(caller: int) -> None:
        with _link(port) as link:
            for n in itertools.count():
                if stop.is_set() or not _ask(link, _login(run, caller, n), answers):
                    return
                time.sleep(pause_s)

    threads = [threading.Thread(target=ask, args=(caller,)) for caller in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _login(run: str, caller: int, n: int) -> dict[str, object]:
    return {
        "eventID": f"{run}-{caller}-{n}",
        "userID": f"u{(caller * 131 + n) % USERS}",
        "timestamp": int(time.time()),
        "location": f"8.8.{caller}.{n % 200}",
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0",
    }


def _ask(link: http.client.HTTPConnection, login: dict[str, object], answers: Answers) -> bool:
    """Whether there was an answer."""
    begin = time.monotonic()
    try:
        link.request("POST", "/v1/assessments", json.dumps(login))
        answer = link.getresponse()
        told = json.loads(answer.read())
    except (OSError, http.client.HTTPException):
        answers.failed += 1
        return False
    end = time.monotonic()
    if answer.status == 200:
        answers.rows.append((end, end - begin, told["degraded"], str(login["eventID"])))
    else:
        answers.failed += 1
    return True


def lost(history: Path, answers: list[Answers]) -> dict[str, int]:
    """Logins answered without `degraded`, and how many of them are not in the history."""
    acknowledged = {row[3] for each in answers for row in each.rows if not row[2]}
    store = SqliteStore(history, kept=10**9)
    kept = {login.event.event_id for login in store.since(0)}
    store.close()
    examine(history)
    return {"acknowledged": len(acknowledged), "lost": len(acknowledged - kept)}
