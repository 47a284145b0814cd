"""`tail -f log | authrisk parse -`: a process that is given lines one by one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

CODE = "from authrisk.cli import main; raise SystemExit(main())"
SSHD = "2026-05-17T18:00:0{0}Z web sshd[{0}]: Accepted password for u{0} from 8.8.8.8 port 5 ssh2\n"
DOVECOT = (
    "May 17 18:00:0{0} mail dovecot: imap-login: Login: user=<u{0}>, method=PLAIN, rip=8.8.8.8, "
    "lip=192.0.2.1, mpid=1, TLS, session=<x{0}>\n"
)
PATIENCE_S = 300


@contextmanager
def reading(*options: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command with a pipe at either end; what hangs is ended."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, "parse", "-", "--no-enrich", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    alarm = threading.Timer(PATIENCE_S, process.kill)
    alarm.start()
    try:
        yield process
        process.communicate()
        assert process.returncode == 0
    finally:
        alarm.cancel()
        process.kill()
        process.communicate()


def give(process: subprocess.Popen[bytes], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(text.encode())
    process.stdin.flush()


def events(process: subprocess.Popen[bytes], count: int) -> list[dict[str, object]]:
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(count)]
    assert all(lines), "the command held an event back until it was killed"
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("line", "options"),
    [(SSHD, ("--format", "sshd")), (DOVECOT, ("--format", "dovecot")), (SSHD, ())],
    ids=["by columns", "by lines", "sniffed"],
)
def test_events_come_while_the_pipe_is_open(line: str, options: tuple[str, ...]) -> None:
    """A line that was written is an event before the next one comes."""
    with reading(*options) as process:
        for number in (0, 1):
            give(process, line.format(number))
            assert [row["user_id"] for row in events(process, 1)] == [f"u{number}"]
