"""`authrisk serve` as a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

DOCUMENTED = b"""{
    "userAgent":"Mozilla/5.0  (iPad; CPU OS 7_1 like Mac OS X) AppleWebKit/533.1 (KHTML, like Gecko Version/4.0 Mobile Safari/533.1 variation/277457",
    "timestamp":"1589912560607000000",
    "userID":"1023937207516135485",
    "location":"212.78.83.12"
}"""  # noqa: E501 - the call as it is documented
COMMAND = [sys.executable, "-c", "from authrisk.cli import main; raise SystemExit(main())", "serve"]


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, path, data=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data)
    request.add_header("Content-Type", "text/plain")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, json.loads(answer.read())


def test_without_options_the_documented_call_is_answered(tmp_path, port):
    """Supervised bundle, history in the working directory, exactly one key in the answer."""
    environment = os.environ | {"AUTHRISK_PORT": str(port)}
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            start = time.monotonic()
            line = ""
            while not line.startswith("authrisk is ready"):
                line = process.stderr.readline()
                assert process.poll() is None
                assert time.monotonic() - start < 60
            assert f"curl http://127.0.0.1:{port}/getAnomalyScore" in line
            sample = line.partition("--data-raw '")[2].rpartition("'")[0]
            assert ask(port, "/getAnomalyScore", sample.encode())[0] == 200
            status, answer = ask(port, "/getAnomalyScore", DOCUMENTED)
            assert (status, set(answer)) == (200, {"riskScore"})
            assert 0 <= answer["riskScore"] <= 1
            assert ask(port, "/v1/model")[1]["manifest"]["kind"] == "supervised"
            second = subprocess.run(
                [*COMMAND, "--port", str(port)],
                cwd=tmp_path, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert second.returncode == 2
            assert f"127.0.0.1:{port}: cannot listen there" in second.stderr
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert (tmp_path / "authrisk-history.sqlite").is_file()
    shown = subprocess.run(
        [*COMMAND[:3], "events", "show", "1023937207516135485"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(shown.stdout)["src_ip"] == "212.78.83.12"


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (("--host", "0.0.0.0"), 2, "other machines"),
        (("--bundle", "nope"), 2, "no bundle directory"),
        (("--bundle", "."), 78, "manifest.json"),
        (("--history", "no/such/folder/h.sqlite"), 1, "no/such/folder"),
        (("--port", "0"), 2, "port"),
    ],
)
def test_refusals(authrisk, tmp_path, monkeypatch, port, arguments, code, what):
    """The service does not start half: one line, and the exit code says why."""
    monkeypatch.chdir(tmp_path)
    if "--port" not in arguments:
        arguments = (*arguments, "--port", str(port))
    done = authrisk("serve", *arguments)
    assert done.code == code
    assert what in done.err
    assert list(tmp_path.iterdir()) == []
