"""`authrisk collect`: one process that takes logs, scores, remembers, tells and answers."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from authrisk.history.sqlite import SqliteStore

CODE = "from authrisk.cli import main; raise SystemExit(main())"
LOGIN = (
    "<38>2024-05-17T18:00:{:02d}Z web sshd[{}]: Accepted password for {} from 8.8.8.8 port 5 ssh2\n"
)


def start(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CODE, "collect", *options]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE)


def told(process: subprocess.Popen[bytes]) -> str:
    """What it says until it collects."""
    assert process.stderr is not None
    text = ""
    while "collecting with" not in text:
        line = process.stderr.readline().decode()
        assert line, text
        text += line
    return text


def port_of(text: str, what: str) -> int:
    match = re.search(what + r" on (?:http://)?127\.0\.0\.1:(\d+)", text)
    assert match is not None, text
    return int(match[1])


def test_collected_logins_are_known_to_the_service(tmp_path: Path) -> None:
    """Over syslog and HTTP; each is remembered once and told; the service answers from the same
    history; what has arrived before the end is kept."""
    process = start(
        tmp_path, "--syslog-tcp", "127.0.0.1:0", "--http", "127.0.0.1:0",
        "--serve", "127.0.0.1:0", "--threshold", "0", "--alerts", "alerts.ndjson",
    )  # fmt: skip
    try:
        text = told(process)
        with socket.create_connection(("127.0.0.1", port_of(text, "TCP"))) as sender:
            sender.sendall("".join(LOGIN.format(n, n, f"u{n}") for n in range(5)).encode())
        body = LOGIN.format(9, 9, "ada").encode()
        url = f"http://127.0.0.1:{port_of(text, 'log lines')}/"
        for new in (1, 0):
            with urllib.request.urlopen(urllib.request.Request(url, body)) as answer:
                assert json.loads(answer.read())["new"] == new
        probe = {
            "userAgent": "x",
            "timestamp": 1_716_000_000,
            "userID": "ada",
            "location": "8.8.8.8",
        }
        service = f"http://127.0.0.1:{port_of(text, 'score requests')}/getAnomalyScore"
        with urllib.request.urlopen(
            urllib.request.Request(service, json.dumps(probe).encode())
        ) as answer:
            assert 0 <= json.loads(answer.read())["riskScore"] <= 1
        end = time.monotonic() + 20
        alerts = tmp_path / "alerts.ndjson"
        while len(alerts.read_bytes().splitlines()) < 6:
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        process.terminate()
        _, rest = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    assert b"6 logins observed, 6 alerts, 1 known already, 0 lost" in rest
    store = SqliteStore(tmp_path / "authrisk-history.sqlite")
    assert len(store.recent("ada", 2**62, 9)) == 2
    assert [len(store.recent(f"u{n}", 2**62, 9)) for n in range(5)] == [1] * 5
    store.close()
    users = [json.loads(line)["login"]["user_id"] for line in alerts.read_text().splitlines()]
    assert sorted(users) == ["ada", "u0", "u1", "u2", "u3", "u4"]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ([], "nothing to listen for"),
        (["--syslog-udp", "0.0.0.0:514"], "is reached from other machines"),
        (["--syslog-udp", "nonsense"], "is no HOST:PORT"),
        (["--syslog-tls", "127.0.0.1:0"], "needs a --certificate"),
        (["--http", "0.0.0.0:0", "--exposed"], "needs an --http-key"),
        (["--syslog-udp", "127.0.0.1:0", "--format", "sshx"], "no log format"),
        (["--syslog-udp", "127.0.0.1:0", "--webhook", "ftp://x"], "is no webhook"),
    ],
)
def test_what_it_refuses(authrisk, tmp_path, monkeypatch, options, what) -> None:
    """In a line, before anything is listened to; no alert or history is written."""
    monkeypatch.chdir(tmp_path)
    done = authrisk("collect", *options)
    assert (done.code, what in done.err) == (2, True), done.err
