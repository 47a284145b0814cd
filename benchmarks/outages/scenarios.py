"""The outages: each on a history of its own in a folder; answers figures as a JSON object."""

from __future__ import annotations

import contextlib
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

from authrisk.history.backup import back_up
from authrisk.history.examination import examine
from authrisk.history.sqlite import SqliteStore
from benchmarks.outages.load import Answers, callers, causes, lost, service


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


def held(folder: Path, seconds: float = 10.0) -> dict[str, object]:
    """Let another program hold the history's write lock, then let go."""
    history = folder / "h.sqlite"
    with service(history) as (_, port), callers(port, "h") as answers:
        marks = [time.monotonic()]
        time.sleep(3)
        with contextlib.closing(sqlite3.connect(history, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            marks.append(time.monotonic())
            time.sleep(seconds)
            marks.append(time.monotonic())
            other.execute("ROLLBACK")
        time.sleep(5)
        marks.append(time.monotonic())
        counted = causes(port)
    return _report(marks, answers) | {"causes": counted} | lost(history, [answers])


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
