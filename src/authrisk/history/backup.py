"""Copies of a history: made while a service writes to it, put back while none does."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from authrisk.errors import InputError, StoreError
from authrisk.history.examination import Examination, examine
from authrisk.history.lock import only_writer
from authrisk.history.sqlite_schema import connect_to_read, is_locked, refuse_foreign


def back_up(history: Path, to: Path) -> Examination:
    """Copy a history into a new file, readable by its owner alone; a service may write meanwhile.

    The copy holds every login that was acknowledged before the call, and nothing half; it is
    examined before it gets its name, so there is a whole backup or none. What was erased is not in
    it, not even in unused pages. Raises InputError where `to` exists, StoreError where the history
    is damaged or the copy cannot be written.
    """
    if to.exists():
        raise InputError("exists already", where=str(to), remedy="name a new file")
    part = _copied(history, to)
    try:
        found = examine(part, called=history)
        part.rename(to)
    finally:
        part.unlink(missing_ok=True)
    _flush(to.parent)
    return found


def restore(backup: Path, history: Path, *, aside: Path | None = None) -> Examination:
    """Put a backup in the place of a history, whole or not at all. No service may run on it.

    aside: the name that a history which is there gets; without it, one that is there is refused
    (InputError), as is an `aside` that exists. Raises StoreError where the backup is damaged, the
    copy cannot be written, or another process has the history open.
    """
    if history.exists() and aside is None:
        raise InputError("exists already", where=str(history), remedy="say --replace")
    if aside is not None and aside.exists():
        raise InputError("exists already", where=str(aside), remedy="move it away, or delete it")
    with only_writer(history):
        part = _copied(backup, history)
        try:
            found = examine(part, called=backup)
            if aside is not None and history.exists():
                _set_aside(history, aside)
            part.rename(history)
        finally:
            part.unlink(missing_ok=True)
    _flush(history.parent)
    return found


def _copied(source: Path, to: Path) -> Path:
    """A compact copy as of one moment, on the disk, beside where it shall be."""
    part = to.with_name(to.name + ".part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreError(f"cannot be written: {error.strerror}", where=str(to)) from error
    try:
        with closing(connect_to_read(source)) as db:
            refuse_foreign(db, str(source))
            db.execute("VACUUM INTO ?", (str(part),))
        _flush(part)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"cannot be copied to {to}: {error}", where=str(source)) from error
    except StoreError:
        part.unlink(missing_ok=True)
        raise
    return part


def _set_aside(history: Path, aside: Path) -> None:
    """Rename a history that nobody has open. A log that stayed behind would be taken for the new
    one's: it is written into its file first, or goes with it where the file is damaged."""
    try:
        with closing(connect_to_read(history)) as db:
            db.execute("PRAGMA journal_mode = DELETE")  # asks for the file alone, ends the log
    except (sqlite3.Error, StoreError) as error:
        if is_locked(error.__cause__ or error):
            raise StoreError(
                "another process has it open", where=str(history), remedy="stop that one first"
            ) from error
    log = history.with_name(history.name + "-wal")
    if log.exists():
        log.replace(aside.with_name(aside.name + "-wal"))
    history.with_name(history.name + "-shm").unlink(missing_ok=True)
    history.rename(aside)


def _flush(path: Path) -> None:
    """Have the disk keep a file, or the names in a directory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
