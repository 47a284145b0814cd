"""History in one SQLite file: durable, private to this machine, no server to run."""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from authrisk.errors import StoreError
from authrisk.event import LoginEvent
from authrisk.history.group_commit import GroupCommit
from authrisk.history.memory import KEPT_PER_STANDING
from authrisk.history.sources import Sources, sources_of
from authrisk.history.sqlite_schema import connect, prepare
from authrisk.history.store import Attempt, SourceKind, Standing, StoredLogin

Row = tuple[int, bytes, int, bytes | None, str | None, str | None]

STRETCH = 5_000
"""Arrivals that `forget_before` looks at in one write."""
PAGE = 1000
"""Rows that `since` holds at a time."""


class SqliteStore:
    """A `HistoryStore` in a SQLite file (WAL, synchronous=FULL).

    What a write answers is on the disk: one thread writes, and the writes of many callers share
    one commit. Readers have their own connections and never wait for the writer. `kept` bounds
    each user's logins per standing; past it the oldest by time goes.

    Raises StoreError where the file is no history, is newer than this program, damaged, or cannot
    be read or written.
    """

    def __init__(self, path: str | os.PathLike[str], *, kept: int = KEPT_PER_STANDING) -> None:
        if kept < 1:
            raise ValueError(f"kept must be at least 1, not {kept}")
        self._path = Path(path)
        self._kept = kept
        self._open = True
        self._idle: deque[sqlite3.Connection] = deque()
        writer = prepare(self._path)
        self._writes = GroupCommit(writer, where=str(self._path))

    def append(
        self, event: LoginEvent, standing: Standing, answer: bytes | None = None
    ) -> StoredLogin | None:
        """See `HistoryStore.append`. Returns once the login is on the disk."""
        row = _new_row(event, standing, answer)

        def insert(db: sqlite3.Connection) -> int | None:
            if db.execute(_KNOWN, (event.event_id,)).fetchone() is not None:
                return None
            sequence = db.execute(_INSERT, row).lastrowid
            self._trim(db, event.user_id, standing)
            return sequence

        sequence = self._writes.run(insert)
        if sequence is None:
            return None
        return StoredLogin(sequence, event, Standing(standing), answer, None)

    def get(self, event_id: str) -> StoredLogin | None:
        """See `HistoryStore.get`."""
        rows = self._read(_SELECT + "WHERE event_id = ?", (event_id,))
        return self._login(rows[0]) if rows else None

    def resolve(
        self,
        event_id: str,
        standing: Standing,
        verdict: str | None = None,
        outcome: str | None = None,
    ) -> StoredLogin | None:
        """See `HistoryStore.resolve`."""

        def change(db: sqlite3.Connection) -> Row | None:
            db.execute(_RESOLVE, (int(standing), verdict, outcome, event_id))
            row: Row | None = db.execute(_SELECT + "WHERE event_id = ?", (event_id,)).fetchone()
            if row is not None:
                self._trim(db, self._login(row).event.user_id, standing)
            return row

        row = self._writes.run(change)
        return None if row is None else self._login(row)

    def disown_since(self, user_id: str, since_ns: int) -> int:
        """See `HistoryStore.disown_since`."""

        def disown(db: sqlite3.Connection) -> int:
            changed = db.execute(_DISOWN, (int(Standing.DISOWNED), user_id, since_ns)).rowcount
            self._trim(db, user_id, Standing.DISOWNED)
            return changed

        return self._writes.run(disown)

    def recent(
        self, user_id: str, before_ns: int, limit: int, standing: Standing = Standing.FAMILIAR
    ) -> list[LoginEvent]:
        """See `HistoryStore.recent`."""
        rows = self._read(_RECENT, (user_id, int(standing), before_ns, limit))
        return [self._event(payload) for (payload,) in reversed(rows)]

    def recent_from(
        self, kind: SourceKind, value: str, since_ns: int, before_ns: int, limit: int
    ) -> list[Attempt]:
        """See `HistoryStore.recent_from`."""
        values = (int(Standing.EVIDENCE), value, since_ns, before_ns, limit)
        rows = self._read(_RECENT_FROM[kind], values)
        return [Attempt(time_ns, user, bool(failed)) for time_ns, user, failed in reversed(rows)]

    def logins(self, user_id: str, limit: int = 1000) -> list[StoredLogin]:
        """See `HistoryStore.logins`."""
        return [self._login(row) for row in reversed(self._read(_LOGINS, (user_id, limit)))]

    def since(self, sequence: int) -> Iterator[StoredLogin]:
        """See `HistoryStore.since`. Reads by pages: logins that arrive meanwhile come too."""
        while rows := self._read(_SINCE, (sequence, PAGE)):
            for row in rows:
                yield self._login(row)
            sequence = rows[-1][0]

    def forget(self, user_id: str) -> int:
        """See `HistoryStore.forget`. Overwrites the rows in the file and empties the log."""

        def erase(db: sqlite3.Connection) -> int:
            return db.execute("DELETE FROM logins WHERE user_id = ?", (user_id,)).rowcount

        gone = self._writes.run(erase)
        self._read("PRAGMA wal_checkpoint(TRUNCATE)", ())
        return gone

    def forget_before(self, before_ns: int) -> int:
        """See `HistoryStore.forget_before`. A stretch at a time: other writes wait for one."""
        rows = self._read("SELECT coalesce(max(sequence), 0) FROM logins", ())
        gone, last = 0, int(rows[0][0])
        for begin in range(0, last, STRETCH):
            gone += self._writes.run(_forgetting(begin, before_ns))
        if gone:
            self._read("PRAGMA wal_checkpoint(TRUNCATE)", ())
        return gone

    def save_state(self, name: str, state: bytes) -> None:
        """See `HistoryStore.save_state`."""
        self._writes.run(lambda db: db.execute(_SAVE_STATE, (name, state)).rowcount)

    def load_state(self, name: str) -> bytes | None:
        """See `HistoryStore.load_state`."""
        rows = self._read("SELECT state FROM states WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def close(self) -> None:
        """See `HistoryStore.close`. Closing twice is harmless."""
        self._open = False
        self._writes.close()
        while self._idle:
            self._idle.pop().close()

    def _read(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        if not self._open:
            raise StoreError("the history store is closed", where=str(self._path))
        try:
            db = self._idle.pop()
        except IndexError:
            db = connect(self._path)
        try:
            rows = db.execute(statement, values).fetchall()
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            db.close()
            raise StoreError(f"cannot be read: {error}", where=str(self._path)) from error
        if self._open:
            self._idle.append(db)
        else:
            db.close()
        return rows

    def _event(self, payload: bytes) -> LoginEvent:
        try:
            return _EVENT.decode(payload)
        except msgspec.DecodeError as error:
            raise self._damage("a login cannot be read") from error

    def _login(self, row: Row) -> StoredLogin:
        sequence, payload, number, answer, verdict, outcome = row
        try:
            standing = Standing(number)
        except ValueError:
            raise self._damage(f"login {sequence} has no standing") from None
        return StoredLogin(sequence, self._event(payload), standing, answer, verdict, outcome)

    def _damage(self, what: str) -> StoreError:
        return StoreError(
            f"is damaged: {what}",
            where=str(self._path),
            remedy="authrisk history check, and restore a backup",
        )

    def _trim(self, db: sqlite3.Connection, user_id: str | None, standing: Standing) -> None:
        db.execute(_TRIM, (user_id, int(standing), self._kept))


_EVENT = msgspec.msgpack.Decoder(LoginEvent)

_SELECT = "SELECT sequence, event, standing, answer, verdict, outcome FROM logins "
_KNOWN = "SELECT 1 FROM logins WHERE event_id = ?"
_INSERT = """INSERT INTO logins
    (event_id, user_id, time_ns, standing, address, prefix, asn, event, answer)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_RESOLVE = """UPDATE logins SET standing = ?, verdict = coalesce(?, verdict),
    outcome = coalesce(?, outcome) WHERE event_id = ?"""
_DISOWN = "UPDATE logins SET standing = ?1 WHERE user_id = ?2 AND time_ns >= ?3 AND standing <> ?1"
_TRIM = """DELETE FROM logins WHERE sequence IN (
    SELECT sequence FROM logins WHERE user_id IS ? AND standing = ?
    ORDER BY time_ns DESC, sequence DESC LIMIT -1 OFFSET ?)"""
_RECENT = """SELECT event FROM logins WHERE user_id = ? AND standing = ? AND time_ns <= ?
    ORDER BY time_ns DESC, sequence DESC LIMIT ?"""
_RECENT_FROM = {
    kind: """SELECT time_ns, user_id, standing = ? FROM logins
    WHERE source = ? AND time_ns > ? AND time_ns <= ?
    ORDER BY time_ns DESC, sequence DESC LIMIT ?""".replace("source", kind)
    for kind in Sources._fields
}
_FORGET_BEFORE = "DELETE FROM logins WHERE sequence > ? AND sequence <= ? AND time_ns < ?"
_LOGINS = _SELECT + "WHERE user_id = ? ORDER BY time_ns DESC, sequence DESC LIMIT ?"
_SINCE = _SELECT + "WHERE sequence > ? ORDER BY sequence LIMIT ?"
_SAVE_STATE = """INSERT INTO states (name, state) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET state = excluded.state"""


def _forgetting(begin: int, before_ns: int) -> Callable[[sqlite3.Connection], int]:
    values = (begin, begin + STRETCH, before_ns)
    return lambda db: db.execute(_FORGET_BEFORE, values).rowcount


def _new_row(event: LoginEvent, standing: Standing, answer: bytes | None) -> tuple[Any, ...]:
    try:
        payload = msgspec.msgpack.encode(event)
    except (OverflowError, UnicodeEncodeError) as error:
        raise StoreError(f"an event cannot be kept: {error}") from error
    sources = sources_of(event)
    key = (event.event_id, event.user_id, event.timestamp_ns, int(standing))
    return (*key, *sources, payload, answer)
