"""`authrisk loadtest` against a real service, and the open loop itself."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from authrisk.cli.open_loop import Target, load
from authrisk.errors import InputError

PROGRAM = [sys.executable, "-c", "from authrisk.cli import main; raise SystemExit(main())"]


@pytest.fixture
def service(tmp_path):
    """(address, directory) of a service that is ready."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    command = [*PROGRAM, "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(base + "/readyz", timeout=2).close()
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.05)
        yield base, tmp_path
        process.send_signal(signal.SIGTERM)


def run(*arguments):
    return subprocess.run(
        [*PROGRAM, "loadtest", *arguments], capture_output=True, text=True, check=False
    )


def test_it_measures_and_leaves_no_user_behind(service):
    """Every login of the load is answered and counted, and its made-up users are gone."""
    base, folder = service
    done = run(base, "--rate", "40", "--seconds", "2", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert 40 < found["answered"] < 130
    assert found["errors"] == 0
    assert 0 < found["p50_ms"] <= found["p99_ms"] <= found["max_ms"]
    with urllib.request.urlopen(base + "/v1/users/authrisk-loadtest-0/logins") as answer:
        assert json.load(answer)["logins"] == []
    assert (folder / "authrisk-history.sqlite").exists()


def test_nobody_there_is_said():
    """Without a service the exit code is 2 and the reason is told."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = run(f"http://127.0.0.1:{port}", "--rate", "20", "--seconds", "1")
    assert done.returncode == 2
    assert "no request was answered" in done.stderr


def test_latency_counts_from_when_a_request_was_due():
    """A service that stops for a while is seen by all who were due meanwhile, not by one."""

    async def measure():
        async def serve(reader, writer):
            while await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(2)
                await asyncio.sleep(max(0.0, held_until - time.perf_counter()))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        async def ignore_end(reader, writer):
            try:
                await serve(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(ignore_end, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        held_until = time.perf_counter() + 0.6
        target = Target.of(f"http://127.0.0.1:{port}/")
        found = await load(target, iter(lambda: b"{}", None), 100, 1.0)
        server.close()
        await asyncio.sleep(0.1)  # the other side closes too
        return found

    found = asyncio.run(measure())
    assert found.errors == 0
    waited = sum(latency > 0.1 for latency in found.latencies)
    assert waited > 20
    assert found.quantile(0.99) > 0.4


@pytest.mark.parametrize("url", ["ftp://x/", "127.0.0.1:5000", "http://"])
def test_what_is_no_address_is_refused(url):
    """Only http and https addresses are taken."""
    with pytest.raises(InputError, match="no http or https"):
        Target.of(url)
