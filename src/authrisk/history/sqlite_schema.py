"""The tables of the SQLite history, and how a connection to them is opened.

Columns beside the event's own msgpack are what it is looked up by. Nothing derived is kept.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from authrisk.errors import StoreError

SCHEMA_VERSION = 2
APPLICATION_ID = 0x41524953
"""`ARIS` in the file's header: tells a history from any other SQLite file."""

BUSY_MS = 400
"""How long a write waits for another program's: whoever asked has waited for the group before it
too, and shall hear within a second."""

TABLES = (
    """CREATE TABLE logins (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        user_id TEXT,
        time_ns INTEGER NOT NULL,
        standing INTEGER NOT NULL,
        address TEXT,
        prefix TEXT,
        asn TEXT,
        event BLOB NOT NULL,
        answer BLOB,
        verdict TEXT,
        outcome TEXT
    ) STRICT""",
    "CREATE INDEX logins_by_user ON logins (user_id, standing, time_ns, sequence)",
    """CREATE INDEX logins_by_address ON logins (address, time_ns, sequence, standing, user_id)
        WHERE address IS NOT NULL""",
    """CREATE INDEX logins_by_prefix ON logins (prefix, time_ns, sequence, standing, user_id)
        WHERE prefix IS NOT NULL""",
    """CREATE INDEX logins_by_asn ON logins (asn, time_ns, sequence, standing, user_id)
        WHERE asn IS NOT NULL""",
    "CREATE TABLE states (name TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT",
)


def connect(path: Path) -> sqlite3.Connection:
    """A connection that any one thread at a time may use; raises StoreError."""
    try:
        db = sqlite3.connect(
            path.absolute(),
            timeout=BUSY_MS / 1000,
            isolation_level=None,
            check_same_thread=False,
        )
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA trusted_schema = OFF")
    except sqlite3.Error as error:
        raise _unusable(error, str(path)) from error
    return db


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that changes no login and makes no history; raises StoreError.

    It is opened to write all the same: the last reader to leave then tidies up the log.
    """
    try:
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=BUSY_MS / 1000,
            isolation_level=None,
        )
        db.execute("PRAGMA trusted_schema = OFF")
    except sqlite3.Error as error:
        raise _unusable(error, str(path)) from error
    return db


def is_locked(error: BaseException) -> bool:
    """Whether another program holds the file, so that trying again may help."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without its extension
    return code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def prepare(path: Path) -> sqlite3.Connection:
    """A connection to a history that is there or is made now, readable by its owner alone.

    Raises StoreError where the file is not a history, was written by a newer program, has damaged
    pages (all are read: a second for 1.5 million logins), or cannot be written.
    """
    where = str(path)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreError(
            f"cannot be opened for writing: {error.strerror}",
            where=where,
            remedy="check that the directory exists and is yours to write",
        ) from error
    db = connect(path)
    try:
        if not _is_new(db):
            refuse_foreign(db, where)
        (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise StoreError(
                f"the file system gives no write-ahead log (journal mode {mode})",
                where=where,
                remedy="keep the history on a local disk",
            )
        _refuse_damaged(db, where)
        _create(db)
    except (sqlite3.Error, UnicodeError) as error:
        db.close()
        raise _unusable(error, where) from error
    except StoreError:
        db.close()
        raise
    return db


def _unusable(error: Exception, where: str) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without its extension
    remedy = _REMEDIES.get(code, "restore a backup, or move the file away to start anew")
    return StoreError(f"cannot be used as a history: {error}", where=where, remedy=remedy)


_WRITABLE = "check that its directory exists and is yours to write: the log stands beside the file"
_REMEDIES = {
    sqlite3.SQLITE_READONLY: _WRITABLE,
    sqlite3.SQLITE_CANTOPEN: _WRITABLE,
    sqlite3.SQLITE_FULL: "make room on the disk",
    sqlite3.SQLITE_BUSY: "stop the program that holds it",
}


def refuse_foreign(db: sqlite3.Connection, where: str) -> int:
    """The schema of a history; raises StoreError where it is none, or one of a newer program."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise StoreError(
            "is a SQLite file, but no login history", where=where, remedy="name another file"
        )
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"was written by a newer authrisk (schema {version}, this one knows {SCHEMA_VERSION})",
            where=where,
            remedy="upgrade authrisk",
        )
    return int(version)


def _refuse_damaged(db: sqlite3.Connection, where: str) -> None:
    (first,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if first != "ok":
        raise StoreError(
            f"is damaged: {first.splitlines()[0]}", where=where, remedy="restore a backup"
        )


def _is_new(db: sqlite3.Connection) -> bool:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return not version and not tables


def _create(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == 0:
        for statement in TABLES:
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    elif version == 1:
        db.execute("ALTER TABLE logins ADD COLUMN outcome TEXT")
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")
