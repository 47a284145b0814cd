"""Whether a history file is whole: every page, row and event of it is read."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from authrisk.errors import StoreError
from authrisk.event import LoginEvent
from authrisk.history.sources import sources_of
from authrisk.history.sqlite_schema import connect_to_read, refuse_foreign
from authrisk.history.store import Standing


class Examination(NamedTuple):
    """What a whole history holds. Times are ns since 1970, None where there is no login."""

    schema: int
    logins: int
    users: int
    standings: dict[str, int]
    """Logins of each standing, by its lower-case name."""
    first_ns: int | None
    last_ns: int | None
    states: tuple[str, ...]
    """Names of the snapshots beside the logins."""
    size: int
    """Bytes of the file and of its log."""


def examine(path: Path, *, called: Path | None = None) -> Examination:
    """Read all of a history, also while a service writes to it: as it is at this moment.

    called: the name it goes by in a refusal, where that is another. Raises StoreError where it is
    no history, is newer than this program, or anything in it is damaged. SQLite keeps no checksums:
    a changed letter inside a text that still decodes is not seen, unless it is in one of the fields
    that a login is looked up by.
    """
    where = str(called or path)
    try:
        with closing(connect_to_read(path)) as db:
            db.execute("BEGIN")
            schema = refuse_foreign(db, where)
            _refuse_damaged_pages(db, where)
            return _summary(db, where, schema, _size(path))
    except (sqlite3.Error, UnicodeError) as error:
        raise _damage(str(error), where) from error


def _refuse_damaged_pages(db: sqlite3.Connection, where: str) -> None:
    problems = [row[0] for row in db.execute("PRAGMA integrity_check(10)")]
    if problems != ["ok"]:
        raise _damage(problems[0].splitlines()[0], where)


def _summary(db: sqlite3.Connection, where: str, schema: int, size: int) -> Examination:
    users: set[str | None] = set()
    standings: Counter[str] = Counter({standing.name.lower(): 0 for standing in Standing})
    damaged: list[int] = []
    first_ns = last_ns = None
    for row in db.execute(_ROWS):
        if not _agrees(row):
            damaged.append(row[0])
            continue
        user_id, time_ns, standing = row[2:5]
        users.add(user_id)
        standings[Standing(standing).name.lower()] += 1
        first_ns = time_ns if first_ns is None else min(first_ns, time_ns)
        last_ns = time_ns if last_ns is None else max(last_ns, time_ns)
    if damaged:
        raise _damage(f"{len(damaged)} logins cannot be read, the first is {damaged[0]}", where)
    return Examination(
        schema=schema,
        logins=standings.total(),
        users=len(users - {None}),
        standings=dict(standings),
        first_ns=first_ns,
        last_ns=last_ns,
        states=tuple(row[0] for row in db.execute("SELECT name FROM states ORDER BY name")),
        size=size,
    )


def _agrees(row: tuple[Any, ...]) -> bool:
    """Whether the event decodes, and is what the columns beside it say."""
    _, event_id, user_id, time_ns, standing, address, prefix, asn, payload = row
    try:
        event = _EVENT.decode(payload)
        Standing(standing)
    except (msgspec.DecodeError, ValueError):
        return False
    told = (event.event_id, event.user_id, event.timestamp_ns, *sources_of(event))
    return told == (event_id, user_id, time_ns, address, prefix, asn)


def _size(path: Path) -> int:
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _damage(what: str, where: str) -> StoreError:
    return StoreError(f"is damaged: {what}", where=where, remedy="restore a backup")


_EVENT = msgspec.msgpack.Decoder(LoginEvent)
_ROWS = """SELECT sequence, event_id, user_id, time_ns, standing, address, prefix, asn, event
    FROM logins ORDER BY sequence"""
