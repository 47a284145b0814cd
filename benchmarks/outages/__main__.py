"""What `authrisk serve` does when it is killed, and when its disk is full, hangs or is copied.

    python -m benchmarks.outages kills --times 200
    python -m benchmarks.outages full        # as root: a file system of 64 MB in memory, filled
    python -m benchmarks.outages frozen      # as root: ext4 in a file, frozen for some seconds
    python -m benchmarks.outages held        # another program holds the write lock for 10 s
    python -m benchmarks.outages backup      # a backup each second under load

Each starts the real command on a history of its own, with callers on loopback that send one login
after the other, and prints JSON. Times are seen by the callers, who share the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from benchmarks.outages.scenarios import backup, frozen, full, held, kills


def main() -> None:
    """Run one of the outages and print its figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["kills", "full", "frozen", "held", "backup"])
    parser.add_argument("--times", type=int, default=200, help="kills")
    chosen = parser.parse_args()
    if chosen.what in {"full", "frozen"} and os.geteuid() != 0:
        raise SystemExit("mounting file systems takes root")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.what == "kills":
            found = kills(folder, chosen.times)
        else:
            found = {"full": full, "frozen": frozen, "held": held, "backup": backup}[chosen.what](
                folder
            )
    print(json.dumps({chosen.what: found}, indent=2))


if __name__ == "__main__":
    main()
