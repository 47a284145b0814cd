"""`authrisk history`."""

import socket

import pytest

from authrisk.event import LoginEvent
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing


@pytest.fixture
def history(tmp_path, monkeypatch):
    """Three logins in the working directory, under the name that `serve` uses."""
    monkeypatch.chdir(tmp_path)
    store = SqliteStore(tmp_path / "authrisk-history.sqlite")
    for n in range(3):
        event = LoginEvent(event_id=f"e{n}", timestamp_ns=n * 10**18, user_id=f"u{n % 2}")
        store.append(event, Standing.FAMILIAR)
    store.close()
    return tmp_path / "authrisk-history.sqlite"


def test_backup_check_and_restore(authrisk, history, tmp_path):
    """A backup is made and checked; restored in the place of a history, it puts that aside."""
    done = authrisk("history", "backup", "copy.sqlite")
    assert (done.code, done.err) == (0, "3 logins of 2 users in copy.sqlite\n")
    done = authrisk("history", "check", "copy.sqlite")
    assert done.code == 0
    assert [" ".join(line.split()) for line in done.out.splitlines() if "bytes" not in line] == [
        "schema 2",
        "logins 3",
        "0 unconfirmed",
        "3 familiar",
        "0 evidence",
        "0 disowned",
        "users 2",
        "first 1970-01-01T00:00:00Z",
        "last 2033-05-18T03:33:20Z",
        "states none",
    ]
    store = SqliteStore(history)
    store.forget("u0")
    store.close()
    done = authrisk("history", "restore", "copy.sqlite", "--replace")
    assert done.code == 0
    assert "authrisk-history.sqlite.replaced: delete it" in done.err
    assert "3 familiar" in authrisk("history", "check").out
    assert "1 familiar" in authrisk("history", "check", f"{history}.replaced").out


@pytest.mark.parametrize("keep", [0, 4096, 6000])
def test_nobody_serves_on_a_damaged_history(authrisk, history, keep):
    """`authrisk serve` ends with exit code 1, names the file and says what to do, where the
    history is damaged from some place on."""
    whole = history.read_bytes()
    history.write_bytes(whole[:keep] + b"\xa5" * (len(whole) - keep))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    done = authrisk("serve", "--port", port)
    assert done.code == 1
    assert done.err.startswith("error: authrisk-history.sqlite: ")
    assert "restore a backup" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("backup", "authrisk-history.sqlite"), 2, "exists already (name a new file)"),
        (("backup", "no/where.sqlite"), 1, "no/where.sqlite: cannot be written"),
        (("backup", "copy.sqlite", "--history", "none.sqlite"), 2, "none.sqlite: no such history"),
        (("restore", "none.sqlite"), 2, "none.sqlite: no such history"),
        (("restore", "junk", "--replace"), 1, "junk: cannot be"),
        (("restore", "authrisk-history.sqlite"), 2, "exists already (say --replace)"),
        (("check", "none.sqlite"), 2, "none.sqlite: no such history"),
        (("check", "junk"), 1, "junk: is damaged"),
    ],
)
def test_refusals(authrisk, history, tmp_path, arguments, code, words):
    """One line says what is wrong and where; no file comes or goes."""
    (tmp_path / "junk").write_bytes(b"no database" * 1000)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    done = authrisk("history", *arguments)
    assert done.code == code
    assert words in done.err
    after = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert {n: c for n, c in after.items() if not n.endswith(".lock")} == before
