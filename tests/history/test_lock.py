"""One process at a time writes to a history."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from authrisk.errors import StoreError
from authrisk.history.lock import only_writer

HOLD = """
import sys
from pathlib import Path
from authrisk.history.lock import only_writer
with only_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    """While a process holds the lock another is refused, named what and where; a kill frees it."""
    history = tmp_path / "history.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(history)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(StoreError, match=r"history\.sqlite: another authrisk process"):
            with only_writer(history):
                pass
        other.kill()
    with only_writer(history):
        pass


def test_no_place_for_the_lock(tmp_path: Path) -> None:
    """A folder that is not there is a clear error."""
    with pytest.raises(StoreError, match="cannot be locked"):
        with only_writer(tmp_path / "nowhere" / "history.sqlite"):
            pass
