"""Load the service: `python -m benchmarks.service [--users 100000] [--seconds 30]`.

Everything on this machine: `authrisk serve` as it comes (history durable, reasons on), the
generator beside it, whose own processor time is said. In the same run the same server with a bare
ASGI application, and a Flask service with a torch LSTM as tutorials build it (`pip install
'authrisk[bench,train]'`).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from authrisk.cli.open_loop import Load, Target, load
from authrisk.features.catalogue import STEPS, F
from benchmarks.service.history import bodies, write_history
from benchmarks.service.peers import HELLO, TUTORIAL
from benchmarks.service.saturation import saturate
from benchmarks.speed.machine import machine

CONNECTIONS = 16
BATCH = 1_000


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each load")
    parser.add_argument("--rates", type=float, nargs="*", default=[100, 500, 1000, 2000])
    parser.add_argument("--overload", type=float, default=6000.0, help="logins a second")
    parser.add_argument("--bundle", default="supervised")
    parser.add_argument("--no-peers", action="store_true")
    arguments = parser.parse_args()
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "history.sqlite"
        begin = time.perf_counter()
        patterns = write_history(path, arguments.users)
        print(
            f"history of {arguments.users:,} users: {path.stat().st_size / 1e9:.2f} GB, written in "
            f"{time.perf_counter() - begin:.0f} s\n"
        )
        ours = _service(path, arguments, patterns)
    if not arguments.no_peers:
        _peers(arguments, patterns, ours)


def _service(path: Path, arguments: argparse.Namespace, patterns: list) -> float:  # type: ignore[type-arg]
    command = [
        str(Path(sys.executable).with_name("authrisk")), "serve",
        "--history", str(path), "--bundle", arguments.bundle,
    ]  # fmt: skip
    with _running(command, "/readyz") as (base, process):
        target = Target.of(base + "/v1/assessments")
        asyncio.run(load(target, bodies(patterns, arguments.users, 0), 50, 5))
        print(
            "| logins/s | p50 ms | p99 ms | p99.9 ms | max ms | errors | degraded | "
            "sent late | generator's processor | service's processor |"
        )
        print("|---" * 10 + "|")
        for n, rate in enumerate([*arguments.rates, arguments.overload, arguments.rates[0]], 1):
            used, begin = _processor(process), time.perf_counter()
            drawn = bodies(patterns, arguments.users, n)
            found = asyncio.run(load(target, drawn, rate, arguments.seconds))
            share = (_processor(process) - used) / (time.perf_counter() - begin)
            _row(found, share)
        rate, own = asyncio.run(
            saturate(target, bodies(patterns, arguments.users, 90), CONNECTIONS, arguments.seconds)
        )
        print(
            f"\nclosed loop, {CONNECTIONS} connections: {rate:,.0f} logins/s (generator {own:.0%})"
        )
        drawn = bodies(patterns, arguments.users, 91)
        many = iter(lambda: b"\n".join(next(drawn) for _ in range(BATCH)), b"")
        batch = Target.of(base + "/v1/assessments:batch")
        each, own = asyncio.run(saturate(batch, many, 2, arguments.seconds, b'"assessment":{'))
        print(f"batches of {BATCH}: {each:,.0f} logins/s scored (generator {own:.0%})")
        print(f"memory of the service: {process.memory_info().rss / 1e6:.0f} MB")
    return rate


def _row(found: Load, share: float) -> None:
    p50, p99, p999, most = (found.quantile(q) * 1e3 for q in (0.5, 0.99, 0.999, 1.0))
    statuses = ", ".join(f"{n:,} times {s}" for s, n in sorted(found.statuses.items()) if s != 200)
    print(
        f"| {found.rate:g} | {p50:.2f} | {p99:.2f} | {p999:.2f} | {most:.1f} | "
        f"{found.errors:,} of {found.errors + found.statuses[200]:,}"
        f"{f' ({statuses})' if statuses else ''} | {found.degraded:,} | {found.late:,} | "
        f"{found.processor_s / found.seconds:.0%} | {share:.0%} |",
        flush=True,
    )


def _peers(arguments: argparse.Namespace, patterns: list, ours: float) -> None:  # type: ignore[type-arg]
    for name, program, extra, connections in (
        ("bare ASGI application", HELLO, [], CONNECTIONS),
        (f"Flask and a torch LSTM ({STEPS} x {F})", TUTORIAL, [str(F)], 8),
    ):
        command = [sys.executable, "-c", program]
        with _running(command, None, extra) as (base, _):
            target = Target.of(base + "/")
            drawn = bodies(patterns, arguments.users, 92)
            rate, own = asyncio.run(saturate(target, drawn, connections, arguments.seconds))
        print(f"{name}: {rate:,.0f} requests/s (generator {own:.0%}); ours {ours / rate:.2f} times")


@contextlib.contextmanager
def _running(
    command: list[str], ready: str | None, extra: list[str] | None = None
) -> Iterator[tuple[str, psutil.Process]]:
    """(base address, process) of a service on a free port, once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    last = ["--port", str(port)] if ready else [str(port), *(extra or [])]
    base = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [*command, *last], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        try:
            for _ in range(1200):
                try:
                    if ready:
                        urllib.request.urlopen(base + ready, timeout=1).close()
                    else:
                        socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield base, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(30)


def _processor(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


if __name__ == "__main__":
    main()
