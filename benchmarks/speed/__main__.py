"""Print the table of speed: `python -m benchmarks.speed [--quick] [--only PART] [--install]`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from benchmarks.speed import files, login, logs, rooms, service, training
from benchmarks.speed.machine import Figure, machine


def main() -> None:
    """Measure and print Markdown, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data")
    parser.add_argument(
        "--only", choices=["login", "training", "rooms", "files", "logs", "ready", "install"]
    )
    parser.add_argument("--install", action="store_true", help="also weigh a fresh install")
    arguments = parser.parse_args()
    scale = 0.1 if arguments.quick else 1.0
    parts: dict[str, Callable[[], Iterator[Figure]]] = {
        "login": login.figures,
        "training": lambda: training.figures(round(100_000 * scale)),
        "rooms": lambda: rooms.figures(round(100_000 * scale)),
        "files": lambda: files.figures(1.0 * scale, 5.0 * scale),
        "logs": lambda: logs.figures(100.0 * scale),
        "ready": service.ready,
        "install": service.install,
    }
    print(f"{machine()}\n\n| what | measured | target | beside it |\n|---|---|---|---|")
    for name, measure in parts.items():
        if arguments.only not in (None, name):
            continue
        if name == "install" and not (arguments.install or arguments.only == "install"):
            continue
        for figure in measure():
            print(
                f"| {figure.what} | {figure.value} | {figure.target} | {figure.peer} |", flush=True
            )


if __name__ == "__main__":
    main()
