"""One writer at a time: what a scorer counts of a history, it counts in its own memory."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from authrisk.errors import StoreError


@contextmanager
def only_writer(history: Path) -> Iterator[None]:
    """Hold the writer's lock of a history file, `<history>.lock` beside it, for the block.

    Raises StoreError when another process holds it. The system lets go of it when the process
    ends, however it ends. Readers need no lock.
    """
    path = history.with_name(history.name + ".lock")
    try:
        file = path.open("w")
    except OSError as error:
        raise StoreError(
            f"cannot be locked: {error.strerror}",
            where=str(history),
            remedy="check that its directory exists and is yours to write",
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreError(
                "another authrisk process writes to it",
                where=str(history),
                remedy="stop that one first, or name another history",
            ) from None
        yield
