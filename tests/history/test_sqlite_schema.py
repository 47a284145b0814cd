"""Which files are taken as a history, and what becomes of an older one."""

import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from authrisk.errors import StoreError
from authrisk.event import LoginEvent
from authrisk.history.backup import back_up, restore
from authrisk.history.examination import examine
from authrisk.history.lock import only_writer
from authrisk.history.sqlite import SqliteStore
from authrisk.history.sqlite_schema import APPLICATION_ID, SCHEMA_VERSION
from authrisk.history.store import Standing, StoredLogin

SCHEMA_1 = f"""
    PRAGMA journal_mode = WAL;
    CREATE TABLE logins (
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
        verdict TEXT
    ) STRICT;
    CREATE INDEX logins_by_user ON logins (user_id, standing, time_ns, sequence);
    CREATE INDEX logins_by_address ON logins (address, time_ns, sequence, standing, user_id)
        WHERE address IS NOT NULL;
    CREATE INDEX logins_by_prefix ON logins (prefix, time_ns, sequence, standing, user_id)
        WHERE prefix IS NOT NULL;
    CREATE INDEX logins_by_asn ON logins (asn, time_ns, sequence, standing, user_id)
        WHERE asn IS NOT NULL;
    CREATE TABLE states (name TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT;
    PRAGMA application_id = {APPLICATION_ID};
    PRAGMA user_version = 1;
"""
"""The first schema, as it was released: without reported outcomes."""

LOGINS = [
    LoginEvent(
        event_id=f"e{n}", timestamp_ns=n // 2, user_id=f"u{n % 3}", src_ip="8.8.8.8", src_asn=15169
    )
    for n in range(60)
]


@pytest.fixture
def first(tmp_path) -> Path:
    """A history as the first release wrote it."""
    path = tmp_path / "first.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(SCHEMA_1)
    for n, login in enumerate(LOGINS):
        columns = (login.event_id, login.user_id, login.timestamp_ns, n % 4)
        sources = ("8.8.8.8", "8.8.8.0/24", "15169")
        row = (*columns, *sources, msgspec.msgpack.encode(login), b"{}", "legitimate")
        db.execute(f"INSERT INTO logins VALUES (NULL{', ?' * len(row)})", row)
    db.execute("INSERT INTO states VALUES ('population', x'01')")
    db.close()
    return path


def test_a_history_of_the_first_schema_is_taken_on(first):
    """A file that was written before outcomes were kept opens, keeps all that it held, and keeps
    outcomes from then on; opening it again changes nothing."""
    expected = [
        StoredLogin(n + 1, login, Standing(n % 4), b"{}", "legitimate")
        for n, login in enumerate(LOGINS)
    ]
    for _ in range(2):
        store = SqliteStore(first)
        assert list(store.since(0)) == expected
        assert store.load_state("population") == b"\x01"
        store.close()
    store = SqliteStore(first)
    store.resolve("e1", Standing.FAMILIAR, outcome="challenge_passed")
    assert store.get("e1").outcome == "challenge_passed"
    assert len(store.recent_from("asn", "15169", -1, 99, 99)) == 60
    store.close()
    assert examine(first).schema == SCHEMA_VERSION


def test_many_may_open_an_older_history_at_once(first):
    """Of those who open an older history together, one takes it on, and all can use it."""
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: SqliteStore(first), range(8)))
    for store in stores:
        assert len(list(store.since(0))) == 60
        store.close()


def test_a_backup_of_the_first_schema_can_be_put_back(first, tmp_path):
    """What an older release wrote can be examined, copied and restored, and is taken on then."""
    assert examine(first).schema == 1
    back_up(first, tmp_path / "copy.db")
    restore(tmp_path / "copy.db", tmp_path / "again.db")
    store = SqliteStore(tmp_path / "again.db")
    assert len(list(store.since(0))) == 60
    store.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(first):
    """Where an older history cannot be taken on it is refused, and the older release still reads
    it."""
    holder = sqlite3.connect(first, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"locked .*stop the program that holds it"):
        SqliteStore(first)
    holder.execute("ROLLBACK")
    assert holder.execute("PRAGMA user_version").fetchone() == (1,)
    assert "outcome" not in {row[1] for row in holder.execute("PRAGMA table_info(logins)")}
    holder.close()


def newer(path: Path) -> None:
    SqliteStore(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE t (a)")
    db.close()


def without_tables(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.close()


def noise(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (newer, rf"newer authrisk \(schema {SCHEMA_VERSION + 1}.*upgrade authrisk"),
        (foreign, "no login history"),
        (without_tables, "no login history"),
        (noise, "cannot be used as a history"),
        (folder, "cannot be opened"),
    ],
)
def test_refuses_what_is_no_history(tmp_path, spoil, words):
    """A newer, foreign or damaged file is refused with its name and the reason, and not touched."""
    path = tmp_path / "h.db"
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=words) as refusal:
        SqliteStore(path)
    assert str(path) in str(refusal.value)
    assert before == (path.read_bytes() if path.is_file() else None)
    with pytest.raises(StoreError):
        back_up(path, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_damage_is_found_before_anybody_is_answered(tmp_path):
    """A history with any page overwritten is refused by name when it is opened, or what is in it
    reads as it was written, or meeting it is an error: never another login."""
    path = tmp_path / "h.db"
    store = SqliteStore(path)
    for login in LOGINS:
        store.append(msgspec.structs.replace(login, user_agent="a" * 900), Standing.FAMILIAR)
    store.close()
    whole, refused = path.read_bytes(), 0
    known = {msgspec.structs.replace(login, user_agent="a" * 900) for login in LOGINS}
    starts = range(0, len(whole), 4096)
    for begin in starts:
        path.write_bytes(whole[:begin] + b"\xa5" * 512 + whole[begin + 512 :])
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        try:
            damaged = SqliteStore(path)
        except StoreError as error:
            assert str(path) in str(error)
            refused += 1
            continue
        try:
            assert {stored.event for stored in damaged.since(0)} <= known
        except StoreError as error:
            assert "is damaged" in str(error)
        damaged.close()
    assert refused > 0.9 * len(starts)


def test_missing_directory_is_named(tmp_path):
    """A path into nowhere is refused, and the refusal says what to do."""
    with pytest.raises(StoreError, match="check that the directory exists"):
        SqliteStore(tmp_path / "nowhere" / "h.db")
    with (
        pytest.raises(StoreError, match="check that its directory exists"),
        only_writer(tmp_path / "nowhere" / "h.db"),
    ):
        pass


OPENED = """
import os, sys
from authrisk.errors import StoreError
from authrisk.history.sqlite import SqliteStore
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    SqliteStore(sys.argv[1]).close()
    print("opened")
except StoreError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("file_mode", "folder_mode"),
    [(0o444, 0o777), (0o000, 0o777), (0o666, 0o555), (0o444, 0o555), (0o666, 0o777)],
)
def test_what_may_not_be_written_is_refused(file_mode, folder_mode):
    """A read-only file, or one whose directory is, is refused by name with what to do, and is
    left as it was: nobody begins to serve on it. What may be written opens."""
    with tempfile.TemporaryDirectory() as name:
        place, path = Path(name), Path(name) / "h.db"
        SqliteStore(path).close()
        before = path.read_bytes()
        path.chmod(file_mode)
        place.chmod(folder_mode)
        command = [sys.executable, "-c", OPENED, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        place.chmod(0o755)
        path.chmod(0o644)
        if (file_mode, folder_mode) == (0o666, 0o777):
            assert done.stdout == "opened\n"
            return
        assert done.stdout.startswith(f"{path}: cannot be ")
        assert "is yours to write" in done.stdout
        assert path.read_bytes() == before
        assert [file.name for file in place.iterdir()] == ["h.db"]
