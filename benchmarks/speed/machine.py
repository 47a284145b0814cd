"""Which machine the figures are from, and how a measurement is reported."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Figure(NamedTuple):
    """One measured line of the table."""

    what: str
    value: str
    target: str
    peer: str = ""
    """The same with a peer in the same run, and the ratio."""


def machine() -> str:
    """Processor, cores, Python, and the load before the run."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load:.2f}"


def seconds(function: Callable[[], object], repeat: int = 1) -> float:
    """The fastest of `repeat` runs."""
    best = float("inf")
    for _ in range(repeat):
        started = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - started)
    return best


def peak_memory_gb() -> float:
    """The largest resident size of this process so far, GB.

    From /proc: what getrusage says still counts the parent that this process was forked from.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1e6
    raise RuntimeError("this system has no /proc/self/status")


@contextmanager
def timed(out: list[float]) -> Iterator[None]:
    """Append the seconds that the block took."""
    started = time.perf_counter()
    yield
    out.append(time.perf_counter() - started)
