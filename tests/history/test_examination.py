"""What an examination finds."""

import random
import sqlite3

import pytest

from authrisk.errors import StoreError
from authrisk.event import LoginEvent
from authrisk.history.examination import examine
from authrisk.history.sqlite import SqliteStore
from authrisk.history.sqlite_schema import SCHEMA_VERSION
from authrisk.history.store import Standing


@pytest.fixture
def history(tmp_path):
    store = SqliteStore(tmp_path / "h.db")
    for n in range(100):
        event = LoginEvent(
            event_id=f"e{n}", timestamp_ns=100 + n, user_id=f"u{n % 7}", src_ip="8.8.8.8",
            src_asn=15169, user_agent="agent " * 30,
        )  # fmt: skip
        store.append(event, Standing(n % 4), b'{"riskScore": 0.5}')
    store.save_state("population", b"\x01")
    store.close()
    return tmp_path / "h.db"


def test_a_whole_history_is_counted(history):
    """Logins, users, standings, times, snapshots and size are those of the file."""
    found = examine(history)
    each = dict.fromkeys(("unconfirmed", "familiar", "evidence", "disowned"), 25)
    assert found._replace(size=0) == (SCHEMA_VERSION, 100, 7, each, 100, 199, ("population",), 0)
    assert found.size == history.stat().st_size


def test_an_empty_history_is_whole(tmp_path):
    """A history that nobody has logged in to has no first and no last time."""
    SqliteStore(tmp_path / "h.db").close()
    found = examine(tmp_path / "h.db")
    assert (found.logins, found.first_ns, found.last_ns, found.states) == (0, None, None, ())


def test_examining_changes_nothing(history):
    """The file is the same before and after, byte for byte, and nothing is left beside it."""
    before = history.read_bytes()
    examine(history)
    assert history.read_bytes() == before
    assert [file.name for file in history.parent.iterdir()] == ["h.db"]


def test_an_open_history_is_examined_with_its_log(history):
    """What is in the write-ahead log only is counted too."""
    store = SqliteStore(history)
    store.append(LoginEvent(event_id="x", timestamp_ns=5, user_id="x"), Standing.FAMILIAR)
    found = examine(history)
    store.close()
    assert (found.logins, found.first_ns) == (101, 5)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("event", b"\xff"),
        ("event", b""),
        ("standing", 9),
        ("user_id", "someone else"),
        ("time_ns", 7),
        ("address", None),
        ("prefix", "9.9.9.0/24"),
        ("event_id", "other"),
    ],
)
def test_a_login_that_is_not_what_its_columns_say_is_damage(history, column, value):
    """Each login must decode and be what it is looked up by."""
    db = sqlite3.connect(history)
    db.execute(f"UPDATE logins SET {column} = ? WHERE sequence = 42", (value,))
    db.commit()
    db.close()
    with pytest.raises(StoreError, match="1 logins cannot be read, the first is 42") as refusal:
        examine(history)
    assert str(history) in str(refusal.value)


def test_overwritten_parts_are_found_or_harmless(history):
    """64 bytes of noise anywhere in the file: found; or in text that nothing is looked up by, in
    snapshots or in unused space, and then all logins are still told apart and counted."""
    whole, draw = history.read_bytes(), random.Random(1)
    found = 0
    for begin in range(0, len(whole) - 64, 509):
        damaged = bytearray(whole)
        damaged[begin : begin + 64] = draw.randbytes(64)
        history.write_bytes(damaged)
        try:
            assert examine(history).logins == 100
        except StoreError as error:
            assert str(history) in str(error)
            found += 1
    assert found > 0.5 * len(range(0, len(whole) - 64, 509))


@pytest.mark.parametrize("cut", [0, 1, 99, 4096, 5000, -4096])
def test_a_cut_file_is_refused(history, cut):
    """A file that ends early is no whole history."""
    history.write_bytes(history.read_bytes()[:cut])
    with pytest.raises(StoreError):
        examine(history)
