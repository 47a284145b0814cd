"""What `authrisk serve` does when it is killed, and when its disk is full, hangs or is copied.

    python -m benchmarks.outages kills --times 200
    python -m benchmarks.outages full        # as root: a file system of 64 MB in memory, filled
    python -m benchmarks.outages frozen      # as root: ext4 in a file, frozen for some seconds
    python -m benchmarks.outages backup      # a backup each second under load

Each starts the real command on a history of its own, with callers on loopback that send one login
after the other, and prints JSON. Times are seen by the callers, who share the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from authrisk.history.backup import back_up
from authrisk.history.examination import examine
from authrisk.history.sqlite import SqliteStore

SERVE = [sys.executable, "-c", "from authrisk.cli import main; raise SystemExit(main())", "serve"]
USERS = 50


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
    try:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        link.request("GET", "/livez")
        return link.getresponse().status == 200
    except OSError:
        return False


def causes(port: int) -> dict[str, int]:
    """The service's own count of degraded answers, by cause, and of lost logins."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    link.request("GET", "/metrics")
    found = {}
    for line in link.getresponse().read().decode().splitlines():
        name, _, value = line.rpartition(" ")
        if name.startswith("authrisk_degraded_total") or name == "authrisk_lost_logins_total":
            found[name.partition("cause=")[2].strip('"}') or "lost"] = int(float(value))
    return {name: count for name, count in found.items() if count}


@contextlib.contextmanager
def callers(port: int, run: str, count: int = 4, pause_s: float = 0.0) -> Iterator[Answers]:
    """Callers that send logins, each after the last one's answer, until the block ends."""
    answers, stop = Answers(), threading.Event()

    def ask(caller: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        n = 0
        while not stop.is_set():
            n += 1
            body = {
                "eventID": f"{run}-{caller}-{n}",
                "userID": f"u{(caller * 13 + n) % USERS}",
                "timestamp": int(time.time()),
                "location": f"8.8.{caller}.{n % 200}",
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0",
            }
            begin = time.monotonic()
            try:
                link.request("POST", "/v1/assessments", json.dumps(body))
                answer = link.getresponse()
                told = json.loads(answer.read())
            except (OSError, http.client.HTTPException):
                answers.failed += 1
                return
            end = time.monotonic()
            if answer.status == 200:
                answers.rows.append((end, end - begin, told["degraded"], body["eventID"]))
            else:
                answers.failed += 1
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


def lost(history: Path, answers: list[Answers]) -> dict[str, int]:
    """Logins answered without `degraded`, and how many of them are not in the history."""
    acknowledged = {row[3] for each in answers for row in each.rows if not row[2]}
    store = SqliteStore(history, kept=10**9)
    kept = {login.event.event_id for login in store.since(0)}
    store.close()
    examine(history)
    return {"acknowledged": len(acknowledged), "lost": len(acknowledged - kept)}


def kills(folder: Path, times: int) -> dict[str, object]:
    """Kill -9 at random moments under load, again and again over one history."""
    draw, history, runs = random.Random(1), folder / "h.sqlite", []
    for n in range(times):
        with service(history) as (process, port), callers(port, f"k{n}") as answers:
            time.sleep(draw.uniform(0.02, 1.0))
            process.send_signal(signal.SIGKILL)
        runs.append(answers)
        if (n + 1) % 10 == 0:
            print(f"{n + 1} kills", file=sys.stderr, flush=True)
    return {"kills": times} | lost(history, runs)


def full(folder: Path) -> dict[str, object]:
    """Fill the file system of the history, then make room."""
    mount = folder / "small"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", mount], check=True)
    try:
        with service(mount / "h.sqlite") as (_, port), callers(port, "f") as answers:
            marks = [time.monotonic()]
            time.sleep(3)
            marks.append(time.monotonic())
            with contextlib.suppress(OSError), (mount / "ballast").open("wb", 0) as ballast:
                while True:
                    ballast.write(b"\0" * 4096)
            time.sleep(8)
            marks.append(time.monotonic())
            (mount / "ballast").unlink()
            time.sleep(5)
            marks.append(time.monotonic())
            counted = causes(port)
        return _report(marks, answers) | {"causes": counted} | lost(mount / "h.sqlite", [answers])
    finally:
        subprocess.run(["umount", mount], check=True)


def frozen(folder: Path, seconds: float = 10.0) -> dict[str, object]:
    """Freeze the file system of the history, so that writes and flushes hang, then let go."""
    image, mount = folder / "image", folder / "mount"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(256 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, mount], check=True)
    try:
        with service(mount / "h.sqlite") as (_, port), callers(port, "z") as answers:
            marks = [time.monotonic()]
            time.sleep(3)
            subprocess.run(["fsfreeze", "-f", mount], check=True)
            marks.append(time.monotonic())
            time.sleep(seconds)
            marks.append(time.monotonic())
            subprocess.run(["fsfreeze", "-u", mount], check=True)
            time.sleep(5)
            marks.append(time.monotonic())
            counted = causes(port)
        return _report(marks, answers) | {"causes": counted} | lost(mount / "h.sqlite", [answers])
    finally:
        subprocess.run(["fsfreeze", "-u", mount], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["umount", mount], check=True)


def backup(folder: Path) -> dict[str, object]:
    """Back up ten times while logins come in; each backup must hold what was answered before."""
    history, missing, took = folder / "h.sqlite", 0, []
    with service(history) as (_, port), callers(port, "b") as answers:
        marks = [time.monotonic()]
        time.sleep(5)
        marks.append(time.monotonic())
        for n in range(10):
            before = {row[3] for row in list(answers.rows) if not row[2]}
            begin = time.monotonic()
            back_up(history, folder / f"{n}.sqlite")
            took.append(time.monotonic() - begin)
            store = SqliteStore(folder / f"{n}.sqlite")
            missing += len(before - {login.event.event_id for login in store.since(0)})
            store.close()
            time.sleep(0.5)
        marks.append(time.monotonic())
    logins = examine(folder / "9.sqlite").logins
    return {
        "before": answers.figures(marks[0], marks[1]),
        "meanwhile": answers.figures(marks[1], marks[2]),
        "backups": 10,
        "logins_in_the_last": logins,
        "missing": missing,
        "backup_s": round(statistics.median(took), 3),
    } | lost(history, [answers])


def _report(marks: list[float], answers: Answers) -> dict[str, object]:
    begin, outage, over, end = marks
    return {
        "before": answers.figures(begin, outage),
        "outage": answers.figures(outage, over),
        "after": answers.figures(over, end),
        "recovery_s": answers.recovery_s(over),
        "calls_failed": answers.failed,
    }


def main() -> None:
    """Run one of the outages and print its figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["kills", "full", "frozen", "backup"])
    parser.add_argument("--times", type=int, default=200, help="kills")
    chosen = parser.parse_args()
    if chosen.what in {"full", "frozen"} and os.geteuid() != 0:
        raise SystemExit("mounting file systems takes root")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.what == "kills":
            found = kills(folder, chosen.times)
        else:
            found = {"full": full, "frozen": frozen, "backup": backup}[chosen.what](folder)
    print(json.dumps({chosen.what: found}, indent=2))


if __name__ == "__main__":
    main()
