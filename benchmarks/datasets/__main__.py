"""Measure a data set's command: `python -m benchmarks.datasets [--million 33] [-o DIR]`.

Writes a file in the format of the RBA data set, runs `authrisk dataset rba` on it in a process of
its own, prints wall time, processor time and peak memory, and deletes the file.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.datasets.rba_file import write_rba_file
from benchmarks.speed.machine import machine

PROMISED_S, PROMISED_GB = 900, 8.0


def main() -> None:
    """Write, measure, delete."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", type=float, default=33.0, help="rows")
    parser.add_argument("-o", "--out", type=Path, help="keep report.json here")
    parser.add_argument("--csv", type=Path, help="measure this file instead; it is kept")
    parser.add_argument("--keep", type=Path, help="write the file there, keep it, measure nothing")
    arguments = parser.parse_args()
    if arguments.keep is not None:
        write_rba_file(arguments.keep, round(arguments.million * 1e6), _say)
        return
    with tempfile.TemporaryDirectory() as name:
        csv = arguments.csv
        if csv is None:
            csv = Path(name) / "rba-dataset.csv"
            write_rba_file(csv, round(arguments.million * 1e6), _say)
        folder = arguments.out or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for bundle in ("supervised", "autoencoder"):
            _measure(csv, bundle, folder / f"{bundle}.json")


def _measure(csv: Path, bundle: str, out: Path) -> None:
    command = [str(Path(sys.executable).with_name("authrisk")), "dataset", "rba", str(csv)]
    begin = time.perf_counter()
    child = subprocess.Popen([*command, "--bundle", bundle, "-o", str(out)])
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    if status:
        raise SystemExit(f"{bundle}: the command failed")
    print(
        f"{bundle} on {csv.stat().st_size / 1e9:.1f} GB: {wall:,.0f} s wall (<= {PROMISED_S} on "
        f"2 quiet cores), {used.ru_utime + used.ru_stime:,.0f} s of processor, "
        f"{used.ru_maxrss / 1e6:.2f} GB (<= {PROMISED_GB:g}); {machine()}",
        flush=True,
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
