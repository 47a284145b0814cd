"""Logins are not kept for longer than is said."""

import sqlite3
import time

from authrisk.cli import main
from authrisk.event import LoginEvent
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing

DAY_S = 86_400


def test_the_service_erases_what_is_old(tmp_path, make_client, scorer, login):
    """Logins past the retention are gone from the history and its files after the next look, and
    counted; younger ones stay."""
    store = scorer.store = SqliteStore(tmp_path / "h.db")
    now = 1_600_000_000
    client = make_client(scorer, retention_days=30, retention_every_s=0.6)
    for n, days in enumerate((1, 29, 31, 400)):
        body = login(
            eventID=f"e{days}", userID=f"u{n}", userAgent=f"canary-{days}-days",
            timestamp=now - days * DAY_S,
        )  # fmt: skip
        assert client.post("/v1/assessments", json=body).status_code == 200
    until = time.monotonic() + 10
    while "authrisk_expired_logins_total 2.0" not in client.get("/metrics").text:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert [kept.event.event_id for kept in store.since(0)] == ["e1", "e29"]
    assert client.get("/v1/users/u3/logins").json()["logins"] == []
    client.__exit__(None, None, None)
    store.close()
    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"canary-29-days" in data
    assert b"canary-400-days" not in data
    client.__enter__()


def test_the_command_prunes(tmp_path, capsys):
    """Without a service the command does it, many stretches of the file at a time."""
    path = tmp_path / "h.db"
    store = SqliteStore(path)
    now_ns = time.time_ns()
    event = LoginEvent(event_id="young", timestamp_ns=now_ns - 5 * 86_400 * 10**9, user_id="u")
    store.append(event, Standing.FAMILIAR)
    store.close()
    with sqlite3.connect(path) as db:
        db.executemany(
            "INSERT INTO logins (event_id, user_id, time_ns, standing, event) "
            "VALUES (?, ?, ?, 1, ?)",
            ((f"old{n}", "u", now_ns - 99 * 86_400 * 10**9, b"") for n in range(12_000)),
        )
    db.close()
    assert main(["history", "prune", "--days", "30", "--history", str(path)]) == 0
    assert "12,000 logins erased" in capsys.readouterr().err
    store = SqliteStore(path)
    assert [kept.event.event_id for kept in store.since(0)] == ["young"]
    store.close()
