"""Logs to Parquet events, one core, output included: what `authrisk parse --no-enrich` does.

Rates are of the wall clock and, in brackets, of processor time: on a machine that does other work
too the second is nearer to what a free core gives.
"""

from __future__ import annotations

import datetime as dt
import functools
import gc
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from authrisk.cli.log_reading import read_log_parts
from authrisk.eventlog import labels_path, open_events, open_labels
from authrisk.logs.choice import choose_formats, open_log
from authrisk.logs.parser import ParseSettings
from authrisk.logs.reader import Source
from authrisk.logs.report import Tally
from authrisk.simulate.logs import log_lines
from authrisk.simulate.profile import CONSUMER
from authrisk.simulate.world import simulate
from benchmarks.speed.machine import Figure, peak_memory_gb, seconds

SETTINGS = ParseSettings(dt.datetime(2024, 12, 31, tzinfo=dt.UTC))
SEED = 7
OTHER = (
    "CRON[{p}]: pam_unix(cron:session): session opened for user root by (uid=0)",
    "systemd[1]: Started Session {p} of user root and some more words to fill the line.",
    "kernel: [UFW BLOCK] IN=eth0 OUT= SRC=10.{a}.{b}.9 DST=10.0.0.1 LEN=40 PROTO=TCP SPT={p}",
    "sshd[{p}]: Connection closed by 10.{a}.{b}.7 port {p} [preauth]",
    "sshd[{p}]: pam_unix(sshd:session): session closed for user u{a}",
    "sshd[{p}]: Received disconnect from 10.{a}.{b}.7 port {p}:11: disconnected by user",
)
LOGINS = (
    "sshd[{p}]: Failed password for invalid user u{a} from 10.{a}.{b}.9 port {p} ssh2",
    "sshd[{p}]: Failed password for u{a} from 10.{a}.{b}.9 port {p} ssh2",
    "sshd[{p}]: Accepted publickey for u{a} from 10.{a}.{b}.9 port {p} ssh2: RSA SHA256:1M4RzhM",
)


def figures(mb: float) -> Iterator[Figure]:
    """`mb`: megabytes of each log."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs: tuple[tuple[str, str, Callable[[Path, float], None], str], ...] = (
            ("sshd text, 10 % login lines", "sshd", _sshd(0.1), ">= 80 MB/s"),
            ("sshd text, login lines only", "sshd", _sshd(1.0), ">= 150,000 events/s"),
            ("syslog of all daemons, 10 %", "auto", _sshd(0.1), ""),
            ("ECS JSON of 1.5 KB, 10 % logins", "ecs_ndjson", _ecs(0.1), ">= 250 MB/s"),
            ("ECS JSON of 1.5 KB, logins only", "ecs_ndjson", _ecs(1.0), ""),
            ("RBA CSV", "rba_csv", _rba, ">= 250 MB/s"),
        )
        for what, format, make, target in runs:
            log = folder / "log"
            make(log, mb)
            done = _child(log, format)
            yield Figure(f"parse {what}", _said(done), target)
        log = folder / "big"
        _sshd(0.1)(log, 4 * mb)
        small, big = (_child(path, "sshd")["memory"] for path in (folder / "log", log))
        yield Figure("memory, four times the log", f"{small:.2f} GB, then {big:.2f} GB", "flat")
        yield _two_processes(folder, mb)


def _said(done: dict[str, float]) -> str:
    size, cpu, wall = done["bytes"] / 1e6, done["cpu_s"], done["wall_s"]
    return (
        f"{size / wall:,.0f} MB/s ({size / cpu:,.0f}), "
        f"{done['events'] / wall:,.0f} events/s ({done['events'] / cpu:,.0f})"
    )


def _two_processes(folder: Path, mb: float) -> Figure:
    for number in range(4):
        _sshd(0.3)(folder / f"part{number}", mb)
    logs = [str(path) for path in sorted(folder.glob("part*"))]
    took = []
    out = str(folder / "out.parquet")
    command = [sys.executable, "-c", "from authrisk.cli import main; main()", "parse", *logs]
    command += ["--format", "sshd", "--no-enrich", "-o", out]
    environment = os.environ | {"POLARS_MAX_THREADS": "1"}
    for jobs in ("1", "2"):
        run = functools.partial(
            subprocess.run,
            [*command, "--jobs", jobs],
            check=True,
            env=environment,
            capture_output=True,
        )
        took.append(seconds(run, 2))
    return Figure(
        "four logs, two processes",
        f"{took[0] / took[1]:.2f} times one ({took[0]:.1f} s, {took[1]:.1f} s)",
        ">= 1.7 times",
    )


def _child(log: Path, format: str) -> dict[str, float]:
    """A process of its own on one core, so that nothing helps it and its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.speed.logs", str(log), format]
    environment = os.environ | {"POLARS_MAX_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _job(log: Path, format: str) -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    gc.set_threshold(100_000)  # as `authrisk parse` does
    best: dict[str, float] = {}
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        events = parse_to_parquet(log, format)
        took = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
        best = {name: min(best.get(name, took[name]), took[name]) for name in took}
    print(json.dumps(best | {
        "events": events, "bytes": log.stat().st_size, "memory": peak_memory_gb(),
    }))  # fmt: skip


def parse_to_parquet(log: Path, format: str) -> int:
    """One log to events (and labels) on the disk; answers the events."""
    out, tally = log.with_suffix(".parquet"), Tally()
    opened = open_log(Source("log", log), choose_formats(format), SETTINGS)
    with open_events(out) as events, open_labels(labels_path(out)) as labels:
        for part in read_log_parts(opened, tally):
            events.write(part.events)
            if part.labels is not None:
                labels.write(part.labels)
    return tally.events


def _sshd(share: float) -> Callable[[Path, float], None]:
    def make(path: Path, mb: float) -> None:
        chance, size = random.Random(SEED), 0
        moment = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
        with path.open("w") as file:
            while size < mb * 1e6:
                moment += dt.timedelta(seconds=chance.random() * 3)
                shape = chance.choice(LOGINS if chance.random() < share else OTHER)
                body = shape.format(
                    p=chance.randrange(1000, 60_000),
                    a=chance.randrange(250),
                    b=chance.randrange(250),
                )
                stamp = f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S}"
                size += file.write(f"{stamp} web{chance.randrange(9)} {body}\n")

    return make


def _ecs(share: float) -> Callable[[Path, float], None]:
    def make(path: Path, mb: float) -> None:
        chance, size, number = random.Random(SEED), 0, 0
        with path.open("w") as file:
            while size < mb * 1e6:
                number += 1
                kind = "authentication" if chance.random() < share else "process"
                row = {
                    "@timestamp": f"2024-05-19T18:{number % 60:02d}:43.123Z",
                    "ecs": {"version": "8.11.0"},
                    "event": {
                        "category": [kind], "type": ["start"], "outcome": "success",
                        "id": f"e{number}", "dataset": "system.auth", "module": "system",
                    },
                    "user": {"name": f"u{chance.randrange(999)}", "domain": "CORP"},
                    "source": {"ip": f"10.1.{chance.randrange(250)}.9", "port": 5000},
                    "host": {"name": "web1", "os": {"name": "Linux", "kernel": "6.1"}},
                    "agent": {"id": "a" * 36, "type": "filebeat", "version": "8.11.0"},
                    "log": {"file": {"path": "/var/log/auth.log"}, "offset": number},
                    "message": "a message of the server " * 35,
                    "tags": ["beats_input_codec_plain_applied", "production"],
                }  # fmt: skip
                size += file.write(json.dumps(row) + "\n")

    return make


def _rba(path: Path, mb: float) -> None:
    events = simulate(CONSUMER, users=max(100, round(mb * 1e6 / 250 / 5.6)), seed=SEED).events
    path.write_text("\n".join(log_lines(events, "rba_csv")) + "\n")


if __name__ == "__main__":
    _job(Path(sys.argv[1]), sys.argv[2])
