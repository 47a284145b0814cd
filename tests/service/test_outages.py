"""The real command, killed, and with its disk full or its history held: benchmarks/outages, short.

What is measured is in docs/reliability.md; here the bounds are wide, for a busy machine.
"""

import contextlib
import resource
import sqlite3
import time

import pytest
from benchmarks.outages.load import callers, lost, service
from benchmarks.outages.scenarios import kills

from authrisk.history.backup import back_up
from authrisk.history.sqlite import SqliteStore


def test_kills_lose_nothing_acknowledged(tmp_path):
    """`authrisk serve`, killed at random moments under load, loses no login that it answered."""
    found = kills(tmp_path, 2)
    assert found["acknowledged"] > 20
    assert found["lost"] == 0


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(process, port, history) of the running command."""
    history = tmp_path_factory.mktemp("served") / "h.db"
    with service(history) as (process, port):
        yield process, port, history


@contextlib.contextmanager
def no_room(process, _history):
    """The system lets none of the service's files grow: for SQLite, a full disk."""
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (16_384, -1))
    yield
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def held(_process, history):
    """Another program holds the file, so that nothing can be written."""
    other = sqlite3.connect(history, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def test_outages_degrade_and_end(served):
    """While the disk is full or the history held each login is answered, degraded, in time; with
    the outage over answers are whole again, and nothing that was acknowledged is gone."""
    process, port, history = served
    seen = []
    for outage in (no_room, held):
        with callers(port, outage.__name__, pause_s=0.01) as answers:
            time.sleep(0.5)
            with outage(process, history):
                begin = time.monotonic()
                time.sleep(1.5)
                end = time.monotonic()
            until = time.monotonic() + 5
            while answers.recovery_s(end) is None:
                assert time.monotonic() < until, outage
                time.sleep(0.02)
            time.sleep(0.3)
        assert answers.failed == 0
        meanwhile = answers.between(begin, end)
        assert len(meanwhile) > 10, outage
        assert sum(row[2] for row in meanwhile) > 0.9 * len(meanwhile), outage
        assert max(row[1] for row in meanwhile) < 1.5, outage
        seen.append(answers)
    assert lost(history, seen)["lost"] == 0


def test_a_backup_of_the_running_service_holds_what_was_answered(served, tmp_path):
    """A backup under load holds each login that was answered before it began."""
    _, port, history = served
    with callers(port, "b") as answers:
        time.sleep(1)
        before = {row[3] for row in list(answers.rows) if not row[2]}
        back_up(history, tmp_path / "copy.db")
    store = SqliteStore(tmp_path / "copy.db")
    there = {login.event.event_id for login in store.since(0)}
    store.close()
    assert before
    assert before <= there
