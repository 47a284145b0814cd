"""`tail -f log | authrisk parse -`: a process that is given lines one by one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from authrisk.logs.discovery import format_named

CODE = "from authrisk.cli import main; raise SystemExit(main())"
LOGIN = "2026-05-17T18:00:0{}Z web sshd[{}]: Accepted password for u{} from 8.8.8.8 port 5 ssh2\n"
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


def test_events_of_sshd_come_while_the_pipe_is_open() -> None:
    """A line that was written is an event before the next one comes."""
    with reading("--format", "sshd") as process:
        for number in (0, 1):
            give(process, LOGIN.format(number, number, number))
            assert [row["user_id"] for row in events(process, 1)] == [f"u{number}"]
