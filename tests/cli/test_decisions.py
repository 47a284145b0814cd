"""`authrisk serve --decisions` and `authrisk decisions`."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from authrisk.cli import main

PROGRAM = [sys.executable, "-c", "from authrisk.cli import main; raise SystemExit(main())"]


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """(folder, key) of the log of a service that was asked about three logins and stopped."""
    folder = tmp_path_factory.mktemp("service")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    where = ["--decisions", "log", "--decisions-key", "log.key"]
    command = [*PROGRAM, "serve", "--port", str(port), *where]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as process:
        base, until = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(base + "/readyz", timeout=2).close()
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.05)
        for n, user in enumerate(("alice", "bob", "alice")):
            body = {"eventID": f"e{n}", "userID": user, "timestamp": 1_700_000_000 + n}
            data = json.dumps(body).encode()
            urllib.request.urlopen(base + "/v1/assessments", data).close()
        process.send_signal(signal.SIGTERM)
    return folder / "log", folder / "log.key"


def test_it_is_whole_and_tells_of_a_user(log, capsys):
    """Verified with its key; one user's records are found by the id."""
    folder, key = map(str, log)
    assert main(["decisions", "verify", folder, "--key", key]) == 0
    assert "5 lines, whole" in capsys.readouterr().out
    assert main(["decisions", "export", folder, "--key", key, "--user", "alice"]) == 0
    out = capsys.readouterr().out
    assert "alice" not in out
    assert [json.loads(line)["kind"] for line in out.splitlines()] == ["assessment"] * 2
    assert main(["decisions", "export", folder, "--key", key, "--since", "2100"]) == 0
    assert capsys.readouterr().out == ""


def test_a_changed_line_is_exit_1_and_named(log, tmp_path, capsys):
    """Where a line was changed, the file and the line are told."""
    folder, key = log
    copy = tmp_path / "log"
    copy.mkdir()
    text = (folder / "decisions-000001.ndjson").read_bytes()
    (copy / "decisions-000001.ndjson").write_bytes(text.replace(b'"allow"', b'"deny"', 1))
    assert main(["decisions", "verify", str(copy), "--key", str(key)]) == 1
    assert "broken at decisions-000001.ndjson:2" in capsys.readouterr().out


def test_a_checkpoint_finds_what_was_cut_off(log, tmp_path, capsys):
    """Against an exported checkpoint a log that lost its end is broken."""
    folder, key = log
    assert main(["decisions", "checkpoint", str(folder), "--key", str(key)]) == 0
    checkpoint = tmp_path / "c.json"
    checkpoint.write_text(capsys.readouterr().out)
    copy = tmp_path / "log"
    copy.mkdir()
    lines = (folder / "decisions-000001.ndjson").read_bytes().splitlines(keepends=True)
    (copy / "decisions-000001.ndjson").write_bytes(b"".join(lines[:-1]))
    arguments = ["decisions", "verify", str(copy), "--key", str(key)]
    assert main(arguments) == 0
    assert main([*arguments, "--checkpoint", str(checkpoint)]) == 1
    assert "missing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--decisions", "log"], "needs a folder and a key"),
        (["--decisions", "log", "--decisions-key", "log/key"], "lies in the folder"),
    ],
)
def test_a_log_without_a_safe_key_does_not_start(arguments, reason, tmp_path, monkeypatch, capsys):
    """A folder without a key, or a key inside it, is refused at the start."""
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert main(["serve", "--port", str(port), *arguments]) == 2
    assert reason in capsys.readouterr().err
    assert not Path("log/key").exists()
