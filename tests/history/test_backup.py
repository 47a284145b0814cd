"""Backups hold what was acknowledged, and come back whole or not at all."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from authrisk.errors import InputError, StoreError
from authrisk.event import LoginEvent
from authrisk.history.backup import back_up, restore
from authrisk.history.examination import examine
from authrisk.history.lock import only_writer
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing


def login(n: int, user: str = "7") -> LoginEvent:
    return LoginEvent(event_id=f"e{n}", timestamp_ns=n, user_id=user, src_ip="8.8.8.8")


def ids(path: Path) -> set[str]:
    store = SqliteStore(path)
    found = {stored.event.event_id for stored in store.since(0)}
    store.close()
    return found


@pytest.fixture
def history(tmp_path):
    """A history of 50 logins that is closed."""
    store = SqliteStore(tmp_path / "h.db")
    for n in range(50):
        store.append(login(n), Standing.FAMILIAR, b"{}")
    store.resolve("e0", Standing.DISOWNED, "compromised", "challenge_failed")
    store.save_state("population", b"\x01")
    store.close()
    return tmp_path / "h.db"


def test_a_backup_under_load_holds_all_that_was_acknowledged(tmp_path):
    """Backups that are made while eight threads write each hold every login whose append had
    returned before, and every login in them is whole; the writers go on."""
    store, acknowledged, go_on = SqliteStore(tmp_path / "h.db"), [], threading.Event()

    def write(worker):
        n = 0
        while not go_on.is_set():
            store.append(login(worker * 10**6 + n, str(n % 50)), Standing.FAMILIAR, b"{}" * 50)
            acknowledged.append(f"e{worker * 10**6 + n}")
            n += 1

    writers = [threading.Thread(target=write, args=(worker,)) for worker in range(8)]
    for writer in writers:
        writer.start()
    backups = []
    try:
        for n in range(4):
            time.sleep(0.2)
            before = set(acknowledged)
            back_up(tmp_path / "h.db", tmp_path / f"{n}.db")
            backups.append((tmp_path / f"{n}.db", before))
    finally:
        go_on.set()
        for writer in writers:
            writer.join()
        store.close()
    for backup, before in backups:
        assert before <= ids(backup)
    assert len(backups[0][1]) < len(backups[-1][1]) < len(acknowledged)


def test_a_backup_is_the_history(history, tmp_path):
    """A backup that is put back answers all that the history answered: logins, standings, answers,
    verdicts, outcomes, snapshots, and the next place in the order of arrival."""
    store = SqliteStore(history)
    before = list(store.since(0)), store.load_state("population")
    store.close()
    back_up(history, tmp_path / "copy.db")
    restore(tmp_path / "copy.db", tmp_path / "again.db")
    again = SqliteStore(tmp_path / "again.db")
    assert (list(again.since(0)), again.load_state("population")) == before
    assert again.append(login(99), Standing.FAMILIAR).sequence == 51
    again.close()


def test_what_was_erased_is_not_in_a_backup(history, tmp_path):
    """A backup of a history holds nothing of a user who was erased before."""
    store = SqliteStore(history)
    store.append(login(60, "canary-user"), Standing.FAMILIAR, b"canary-answer")
    store.forget("canary-user")
    back_up(history, tmp_path / "copy.db")
    store.close()
    assert b"canary" not in (tmp_path / "copy.db").read_bytes()


def test_a_backup_is_its_owners_alone(history, tmp_path):
    """Nobody else on the machine may read a backup, or what is restored from it."""
    back_up(history, tmp_path / "copy.db")
    restore(tmp_path / "copy.db", tmp_path / "again.db")
    modes = {(tmp_path / name).stat().st_mode & 0o777 for name in ("copy.db", "again.db")}
    assert modes == {0o600}


def test_nothing_is_overwritten_unasked(history, tmp_path):
    """A backup never takes the place of a file, nor a restore that of a history, unless told."""
    back_up(history, tmp_path / "copy.db")
    with pytest.raises(InputError, match="exists already"):
        back_up(history, tmp_path / "copy.db")
    with pytest.raises(InputError, match="--replace"):
        restore(tmp_path / "copy.db", history)
    (tmp_path / "aside.db").write_bytes(b"")
    with pytest.raises(InputError, match=r"aside\.db"):
        restore(tmp_path / "copy.db", history, aside=tmp_path / "aside.db")


def test_the_history_that_was_there_is_put_aside(history, tmp_path):
    """With a name for it, the history in the way is kept whole under that name, its log too."""
    back_up(history, tmp_path / "copy.db")
    code = (
        "import sys, os; from authrisk.history.sqlite import SqliteStore; "
        "from authrisk.history.store import Standing; from authrisk.event import LoginEvent; "
        "s = SqliteStore(sys.argv[1]); "
        "s.append(LoginEvent(event_id='late', timestamp_ns=1, user_id='7'), Standing.FAMILIAR); "
        f"os.kill(os.getpid(), {signal.SIGKILL.value})"
    )
    subprocess.run([sys.executable, "-c", code, str(history)], check=False)
    assert history.with_name("h.db-wal").exists()
    restore(tmp_path / "copy.db", history, aside=tmp_path / "aside.db")
    assert ids(history) == {f"e{n}" for n in range(50)}
    assert ids(tmp_path / "aside.db") == {f"e{n}" for n in range(50)} | {"late"}


def test_a_damaged_history_can_be_replaced(history, tmp_path):
    """Restoring helps where it is needed most: when the history is no database any more."""
    back_up(history, tmp_path / "copy.db")
    history.write_bytes(os.urandom(20_000))
    history.with_name("h.db-wal").write_bytes(os.urandom(5_000))
    restore(tmp_path / "copy.db", history, aside=tmp_path / "aside.db")
    assert len(ids(history)) == 50
    assert (tmp_path / "aside.db").stat().st_size == 20_000


def test_a_history_in_use_is_not_replaced(history, tmp_path):
    """While a service writes to it, or a program reads it, a history stays where it is."""
    back_up(history, tmp_path / "copy.db")
    with only_writer(history), pytest.raises(StoreError, match="another authrisk process"):
        restore(tmp_path / "copy.db", history, aside=tmp_path / "aside.db")
    reader = sqlite3.connect(history)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM logins").fetchone()
    with pytest.raises(StoreError, match="has it open"):
        restore(tmp_path / "copy.db", history, aside=tmp_path / "aside.db")
    reader.close()
    assert len(ids(history)) == 50
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("spoil", [b"\xff" * 300, b""])
def test_a_damaged_backup_restores_nothing(history, tmp_path, spoil):
    """A backup that is damaged or cut is refused by name; the history stays as it was."""
    copy = tmp_path / "copy.db"
    back_up(history, copy)
    whole = copy.read_bytes()
    middle = len(whole) // 2
    copy.write_bytes(whole[:middle] + spoil + whole[middle + 300 :] * bool(spoil))
    with pytest.raises(StoreError, match=r"copy\.db"):
        restore(copy, history, aside=tmp_path / "aside.db")
    assert len(ids(history)) == 50
    assert sorted(file.name for file in tmp_path.glob("*.db*")) == ["copy.db", "h.db", "h.db.lock"]


KILLED = """
import sys
from pathlib import Path
from authrisk.history.backup import back_up, restore
print("begun", flush=True)
history, copy, again = (Path(name) for name in sys.argv[1:])
while True:
    copy.unlink(missing_ok=True)
    back_up(history, copy)
    restore(copy, again, aside=again.with_suffix(".aside"))
    again.with_suffix(".aside").unlink(missing_ok=True)
"""


def test_a_killed_backup_or_restore_leaves_whole_files(history, tmp_path):
    """Whenever backup or restore is killed, each file that has its name is whole, and both work
    again afterwards."""
    copy, again = tmp_path / "copy.db", tmp_path / "again.db"
    for n in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(history), str(copy), str(again)],
            stdout=subprocess.PIPE,
        )
        process.stdout.readline()
        time.sleep(0.01 + 0.017 * n)
        assert process.poll() is None
        process.kill()
        process.communicate()
        aside = again.with_suffix(".aside")
        for file in (copy, again, aside):
            assert not file.exists() or examine(file).logins == 50
        aside.unlink(missing_ok=True)
    copy.unlink(missing_ok=True)
    back_up(history, copy)
    restore(copy, again, aside=again.with_suffix(".aside"))
    assert len(ids(again)) == 50
