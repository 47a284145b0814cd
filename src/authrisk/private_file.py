"""Files that hold secrets: read where they are their owner's alone, made so from the beginning."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from authrisk.errors import InputError


def read_private(path: Path, remedy: str | None = None) -> bytes:
    """The content of a file that nobody else may read or write.

    Raises InputError where it cannot be read (`remedy` says what makes it), or others may.
    """
    where = str(path)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=where, remedy=remedy) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError(
            "may be read or written by others", where=where, remedy=f"chmod 600 {where}"
        )
    return content


def write_new(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Make a file, on the disk when this returns. Raises InputError where there is one already."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    except OSError as error:
        raise InputError(f"cannot be made: {error.strerror}", where=str(path)) from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
