"""When a pipe rests."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from authrisk.logs import pause
from authrisk.logs.pause import pauses


def test_a_writer_that_goes_on_soon_does_not_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gap shorter than the limit is no rest, one that lasts as long is; neither is an end."""
    out, into = os.pipe()
    with os.fdopen(out, "rb", buffering=0) as reading, os.fdopen(into, "wb", buffering=0) as writer:
        assert pauses(reading)
        monkeypatch.setattr(pause, "REST_S", 60.0)
        soon = threading.Timer(0.01, writer.write, [b"more"])
        soon.start()
        assert not pauses(reading)
        soon.join()
        assert reading.read(4) == b"more"
        writer.close()
        assert not pauses(reading)


def test_a_file_never_rests(tmp_path: Path) -> None:
    """Not at its end either, nor does what is no file of the system."""
    (tmp_path / "log").write_bytes(b"")
    with (tmp_path / "log").open("rb") as file:
        assert not pauses(file)
    assert not pauses(io.BytesIO())
