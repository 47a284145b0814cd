"""The service: seconds from start to ready, and the size of a base install."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

from benchmarks.speed.machine import Figure

ROOT = Path(__file__).resolve().parents[2]


def ready() -> Iterator[Figure]:
    """Start `authrisk serve` thrice; the first start of a fresh install also compiles."""
    took = [_start() for _ in range(3)]
    yield Figure(
        "service ready after start",
        f"{min(took):.2f} s (runs: {', '.join(f'{t:.2f}' for t in took)})",
        "<= 3 s",
    )


def install() -> Iterator[Figure]:
    """Install the base package into a fresh environment and weigh its site-packages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / "bin" / "python"
        (before,) = (folder / "venv").glob("lib/python*/site-packages")
        pip_only = _megabytes(before)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", ROOT],
            check=True,
        )
        size = _megabytes(before)
    yield Figure(
        "base install", f"{size:.0f} MB of site-packages ({pip_only:.0f} MB of it pip)", "<= 500 MB"
    )


def _start() -> float:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        server = subprocess.Popen(
            [Path(sys.executable).parent / "authrisk", "serve", "--port", str(port),
             "--history", str(Path(folder) / "history.sqlite")],
            stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while time.perf_counter() - started < 60:
                url = f"http://127.0.0.1:{port}/readyz"
                with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=1):
                    return time.perf_counter() - started
                time.sleep(0.01)
            raise RuntimeError("the service did not get ready within 60 s")
        finally:
            server.terminate()
            server.wait(20)


def _megabytes(folder: Path) -> float:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
