"""The SQLite store."""

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from authrisk.errors import StoreError
from authrisk.event import LoginEvent
from authrisk.history.examination import examine
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing
from authrisk.testing.store import check_store


def login(n: int, user: str = "7", **fields: object) -> LoginEvent:
    return LoginEvent(event_id=f"e{n}", timestamp_ns=n, user_id=user, **fields)


def test_contract(tmp_path):
    """The SQLite store keeps the contract of a store."""
    names = itertools.count()
    check_store(lambda: SqliteStore(tmp_path / f"{next(names)}.db"))


def test_survives_reopening(tmp_path):
    """What was appended is there when the file is opened again, in its order of arrival."""
    with_it = SqliteStore(tmp_path / "h.db")
    stored = with_it.append(login(1, src_ip="8.8.8.8"), Standing.FAMILIAR, b"{}")
    with_it.save_state("population", b"\x01")
    with_it.close()
    again = SqliteStore(tmp_path / "h.db")
    assert list(again.since(0)) == [stored]
    assert again.load_state("population") == b"\x01"
    assert again.append(login(2), Standing.FAMILIAR).sequence == 2
    again.close()


ENDLESS = """
import sys
from authrisk.event import LoginEvent
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing
store = SqliteStore(sys.argv[1])
for n in range(10**9):
    event = LoginEvent(event_id=f"{sys.argv[2]}-{n}", timestamp_ns=n, user_id=str(n % 50))
    store.append(event, Standing.FAMILIAR)
    print(event.event_id, flush=True)
"""


def test_killed_process_loses_nothing_acknowledged(tmp_path):
    """After kill -9 every login whose append had returned is in the file."""
    path = tmp_path / "h.db"
    acknowledged = []
    for run in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", ENDLESS, str(path), str(run)],
            stdout=subprocess.PIPE,
            text=True,
        )
        acknowledged.append(process.stdout.readline())
        time.sleep(0.05 * (run + 1))
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += process.communicate()[0].splitlines()
    store = SqliteStore(path)
    kept = {stored.event.event_id for stored in store.since(0)}
    store.close()
    assert {line.strip() for line in acknowledged if line.strip()} <= kept
    assert len(acknowledged) > 3


def test_writes_that_wait_share_a_commit(tmp_path):
    """64 callers at once need far fewer commits than writes."""
    store = SqliteStore(tmp_path / "h.db")
    commits = []
    write_group = store._writes._commit
    store._writes._commit = lambda group: (commits.append(len(group)), write_group(group))
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda n: store.append(login(n), Standing.FAMILIAR), range(640)))
    store.close()
    assert sum(commits) == 640
    assert len(commits) < 400


def test_one_bad_write_spoils_no_other(tmp_path):
    """A time beyond 64 bits is refused alone; what waits beside it is kept."""
    store = SqliteStore(tmp_path / "h.db")
    huge = LoginEvent(event_id="huge", timestamp_ns=2**63, user_id="7")

    def add(event):
        try:
            return store.append(event, Standing.FAMILIAR)
        except StoreError as error:
            return error

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(add, [*map(login, range(40)), huge, *map(login, range(40, 80))]))
    assert isinstance(answers[40], StoreError)
    assert len(list(store.since(0))) == 80
    store.close()


def test_forgotten_text_is_gone_from_the_files(tmp_path):
    """After `forget` neither the database nor its log holds the user's words."""
    store = SqliteStore(tmp_path / "h.db")
    store.append(
        login(1, "canary-user", user_agent="canary-agent"), Standing.FAMILIAR, b"canary-answer"
    )
    for n in range(2, 50):
        store.append(login(n), Standing.FAMILIAR)
    store.forget("canary-user")
    for file in tmp_path.iterdir():
        assert b"canary" not in file.read_bytes(), file.name
    store.close()


def test_file_is_the_owners_alone(tmp_path):
    """Nobody else on the machine may read the history."""
    store = SqliteStore(tmp_path / "h.db")
    store.append(login(1), Standing.FAMILIAR)
    assert {oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()} == {"0o600"}
    store.close()


def test_keeps_the_newest_of_each_standing(tmp_path):
    """Past the cap the oldest by time goes, standing by standing."""
    store = SqliteStore(tmp_path / "h.db", kept=3)
    for n in range(10):
        store.append(login(n), Standing.FAMILIAR if n < 2 else Standing.EVIDENCE)
    assert [stored.event.timestamp_ns for stored in store.logins("7")] == [0, 1, 7, 8, 9]
    store.close()


def test_damaged_pages_are_a_clear_error(tmp_path):
    """A file damaged while it is open raises StoreError, never something else."""
    path = tmp_path / "h.db"
    store = SqliteStore(path)
    for n in range(200):
        store.append(login(n), Standing.FAMILIAR)
    store.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(StoreError):
        SqliteStore(path).recent("7", 10**9, 50)


@pytest.mark.parametrize(("column", "value"), [("event", b"\xff"), ("standing", 9)])
def test_a_damaged_login_is_a_clear_error_and_stops_nobody(tmp_path, column, value):
    """Whoever meets a login that cannot be read is told so by name, reading or changing it; the
    logins of others are read and written as before."""
    store = SqliteStore(tmp_path / "h.db")
    for n in range(4):
        store.append(login(n, f"u{n % 2}"), Standing.FAMILIAR)
    store._writes.run(
        lambda db: db.execute(f"UPDATE logins SET {column} = ? WHERE event_id = 'e1'", (value,))
    )
    for meet in (
        lambda: store.get("e1"),
        lambda: store.logins("u1"),
        lambda: list(store.since(0)),
    ):
        with pytest.raises(StoreError, match=r"h\.db: is damaged: .* \(authrisk history check"):
            meet()
    if column == "event":
        with pytest.raises(StoreError, match="is damaged"):
            store.recent("u1", 99, 9)
        with pytest.raises(StoreError, match="is damaged"):
            store.resolve("e1", Standing.DISOWNED)
    assert store.append(login(9, "u0"), Standing.FAMILIAR) is not None
    assert [event.event_id for event in store.recent("u0", 99, 9)] == ["e0", "e2", "e9"]
    store.close()


FULL = """
import resource, signal, sys
from authrisk.errors import StoreError
from authrisk.event import LoginEvent
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing

def append(n):
    event = LoginEvent(event_id=f"e{n}", timestamp_ns=n, user_id="7", user_agent="a" * 500)
    try:
        store.append(event, Standing.FAMILIAR)
    except StoreError as error:
        print(n, error)
        return False
    print(n, "kept")
    return True

store = SqliteStore(sys.argv[1])
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
done = [append(n) for n in range(300)]
assert done[0] and not done[-1]
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
assert all([append(n) for n in range(300, 320)])
store.close()
"""


def test_a_file_that_cannot_grow_is_a_clear_error_until_it_can(tmp_path):
    """Where the system lets no file grow, appends are refused by name; once it does they are kept
    again; what was kept is there, and nothing of what was refused."""
    path = tmp_path / "h.db"
    command = [sys.executable, "-c", FULL, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    refused = {words for words in told.values() if words != "kept"}
    assert refused
    assert all(words.startswith(f"{path}: cannot be written: ") for words in refused)
    store = SqliteStore(path)
    kept = {stored.event.event_id for stored in store.since(0)}
    store.close()
    assert kept == {f"e{n}" for n, words in told.items() if words == "kept"}
    assert examine(path).logins == len(kept)


def test_closed_store_says_so(tmp_path):
    """A closed store refuses both reading and writing, and closes again in peace."""
    store = SqliteStore(tmp_path / "h.db")
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.recent("7", 1, 1)
    with pytest.raises(StoreError, match="closed"):
        store.append(login(1), Standing.FAMILIAR)


def test_two_processes_share_one_file(tmp_path):
    """Two stores on one file see each other's logins and accept an id once."""
    one, two = SqliteStore(tmp_path / "h.db"), SqliteStore(tmp_path / "h.db")
    assert one.append(login(1), Standing.FAMILIAR) is not None
    assert two.append(login(1), Standing.FAMILIAR) is None
    assert two.recent("7", 9, 9) == [login(1)]
    one.close()
    two.close()


def test_a_locked_file_is_waited_for_once(tmp_path):
    """While another program holds the file, all that wait together are refused together."""
    store = SqliteStore(tmp_path / "h.db")
    other = sqlite3.connect(tmp_path / "h.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    def refused(n):
        with pytest.raises(StoreError, match="locked"):
            store.append(login(n), Standing.FAMILIAR)
        return True

    start = time.monotonic()
    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(refused, range(32)))
    assert time.monotonic() - start < 2
    other.execute("ROLLBACK")
    other.close()
    assert store.append(login(1), Standing.FAMILIAR) is not None
    store.close()
