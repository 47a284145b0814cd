"""`authrisk parse --follow`: a process that follows logs, is killed, and goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from authrisk.cli.event_writing import Vocabulary
from authrisk.cli.following import Following, follow_logs, logs_to_follow
from authrisk.errors import InputError
from authrisk.logs.choice import choose_formats
from authrisk.testing.parser import SETTINGS

LOGIN = "2026-05-17T18:00:{:02d}Z web sshd[1]: Accepted password for u{} from 8.8.8.8 port 5 ssh2\n"
CODE = "from authrisk.cli import main; raise SystemExit(main())"


def start(folder: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CODE, "parse", "--follow", "auth.log", "-o", "out.ndjson"]
    return subprocess.Popen([*command, *more], cwd=folder, stderr=subprocess.PIPE)


def rows(folder: Path) -> list[dict[str, object]]:
    path = folder / "out.ndjson"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]


def wait_for(folder: Path, count: int) -> None:
    end = time.monotonic() + 30
    while len(rows(folder)) < count:
        assert time.monotonic() < end, f"{len(rows(folder))} of {count} events"
        time.sleep(0.05)


def write(folder: Path, *numbers: int) -> None:
    with (folder / "auth.log").open("a") as file:
        file.write("".join(LOGIN.format(n % 60, n) for n in numbers))


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_events_are_written_as_they_come_and_once(tmp_path: Path, end: signal.Signals) -> None:
    """Through a rotation, a death and lines that were written meanwhile."""
    write(tmp_path, 0, 1)
    first = start(tmp_path, "--format", "sshd", "--no-enrich")
    try:
        wait_for(tmp_path, 2)
        (tmp_path / "auth.log").rename(tmp_path / "auth.log.1")
        write(tmp_path, 2)
        wait_for(tmp_path, 3)
    finally:
        first.send_signal(end)
        _, told = first.communicate(timeout=30)
    if end == signal.SIGTERM:
        assert first.returncode == 0
        assert b"3 lines, 3 events" in told
    else:
        # As if the last writes had come through and their position had not been kept.
        with (tmp_path / "out.ndjson").open("a") as file:
            file.write('{"half a li')
    write(tmp_path, 3)
    (tmp_path / "auth.log").rename(tmp_path / "auth.log.1")
    write(tmp_path, 4)
    second = start(tmp_path, "--format", "sshd", "--no-enrich")
    try:
        wait_for(tmp_path, 5)
    finally:
        second.terminate()
        second.communicate(timeout=30)
    found = rows(tmp_path)
    assert [row["user_id"] for row in found] == ["u0", "u1", "u2", "u3", "u4"]
    assert len({row["event_id"] for row in found}) == 5


def test_events_written_before_their_position_are_not_doubled(tmp_path: Path) -> None:
    """Reading starts again from an old state; the output keeps each event once."""
    write(tmp_path, *range(5))
    for _ in range(2):
        process = start(tmp_path, "--no-enrich")
        try:
            wait_for(tmp_path, 5)
        finally:
            process.terminate()
            process.communicate(timeout=30)
        state = json.loads((tmp_path / "out.ndjson.state").read_text())
        ((key, position),) = state.items()
        state[key] = position | {"offset": 0, "lines": 0}
        (tmp_path / "out.ndjson.state").write_text(json.dumps(state))
        os.utime(tmp_path / "auth.log")
    assert [row["user_id"] for row in rows(tmp_path)] == [f"u{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"ElfFile\0" + bytes(100), "is a binary log"),
        (b"\x1f\x8b\x08", "is compressed"),
        (LOGIN.encode("utf-16"), "is UTF-16"),
    ],
    ids=["EVTX", "gzip", "UTF-16"],
)
def test_what_is_no_text_is_not_followed(tmp_path: Path, content: bytes, what: str) -> None:
    """It is told with what to do instead, where it would be rejected line by line for ever."""
    (tmp_path / "log").write_bytes(content)
    with pytest.raises(InputError, match=what) as told:
        logs_to_follow([str(tmp_path / "log")])
    assert told.value.remedy and "without --follow" in told.value.remedy


@pytest.mark.parametrize(
    "arguments",
    [("-", "--follow"), ("no-*.log", "--follow"), (".", "--follow"), ("a.log", "--state", "x"),
     ("a.log", "--follow", "--strict"), ("a.log", "--follow", "--jobs", "2")],
    ids=" ".join,
)  # fmt: skip
def test_what_following_has_no_use_for_is_an_error(authrisk, arguments: tuple[str, ...]) -> None:
    """A pipe, a glob without a match, a folder, an option that would do nothing."""
    done = authrisk("parse", *arguments, "--format", "sshd")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert next(one for one in arguments if one != "a.log" and one != "--follow") in done.err


def test_a_glob_is_followed_without_the_copies_of_its_logs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rotation made them; a log named by its path may be one, or not be there yet."""
    for name in ("x.log", "x.log.1", "x-20260517.log", "x-web.log", "[1].log"):
        (tmp_path / name).write_text("a\n")
    found = logs_to_follow([str(tmp_path / "x*"), str(tmp_path / "x*.log")])
    assert [path.name for path in found] == ["x-web.log", "x.log"]
    assert "x-20260517.log" in capsys.readouterr().err
    named = [str(tmp_path / name) for name in ("x.log.1", "later.log", "[1].log")]
    assert [str(path) for path in logs_to_follow(named)] == named


def test_what_cannot_be_followed_is_told(authrisk, tmp_path) -> None:
    """An output that cannot grow, and a log whose format nobody can tell yet."""
    log = tmp_path / "later.log"
    done = authrisk("parse", "--follow", log, "-o", tmp_path / "x.ndjson")
    assert (done.code, "name its --format" in done.err) == (2, True)
    done = authrisk("parse", "--follow", log, "--format", "sshd", "-o", tmp_path / "x.parquet")
    assert (done.code, ".ndjson" in done.err) == (2, True)


def test_whatever_ends_one_log_ends_the_command(tmp_path: Path) -> None:
    """An error that nobody foresaw is raised, not left to a thread while the others go on."""

    def broken(_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    write(tmp_path, 0)
    (tmp_path / "quiet.log").touch()
    following = Following(
        [tmp_path / "auth.log", tmp_path / "quiet.log"], choose_formats("sshd"), SETTINGS,
        str(tmp_path / "out.ndjson"), Vocabulary.CANONICAL, None, broken, None,
    )  # fmt: skip
    otherwise = threading.Timer(60, os.kill, (os.getpid(), signal.SIGTERM))
    otherwise.start()
    try:
        with pytest.raises(RuntimeError, match="nobody foresaw"):
            follow_logs(following)
    finally:
        otherwise.cancel()
