"""The decision log: complete, readable by nobody without its key, and no line changed unseen."""

import json
import os
import random
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from authrisk.errors import InputError, StoreError
from authrisk.service.app import create_app
from authrisk.service.decision_chain import (
    BEGINNING,
    ChainKey,
    Position,
    files_of,
    lines_of,
    make_key,
    read_key,
    verify,
)
from authrisk.service.decision_log import DecisionLog
from authrisk.service.settings import ServiceSettings

KEY = ChainKey(bytes(range(32)))


def written(folder, records=12, **settings_):
    log = DecisionLog(folder, KEY, **settings_)
    for n in range(records):
        log.add({"kind": "assessment", "n": n, "reasons": ["new_place"]})
    log.close()
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A log of several files, and its lines."""
    folder = tmp_path_factory.mktemp("log")
    for part in range(4):
        written(folder, 5, largest_file=600 if part else 1)
    return folder


def copy_of(whole, tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy") / "log"
    shutil.copytree(whole, folder)
    return folder


def test_the_chain_goes_on_over_files_and_starts(whole):
    """Several starts and files are one chain, numbered without a gap."""
    assert len(files_of(whole)) > 2
    at, broken = verify(whole, KEY)
    assert (at.number, broken) == (20, None)
    numbers = [json.loads(line)["number"] for _, line in lines_of(whole)]
    assert numbers == list(range(1, 21))


def test_any_byte_changed_is_found(whole, tmp_path_factory):
    """Every byte of every file, changed alone, breaks the chain at its line."""
    folder = copy_of(whole, tmp_path_factory)
    draw = random.Random(1)
    for path in files_of(folder):
        data = path.read_bytes()
        for at in range(len(data)):
            path.write_bytes(
                data[:at] + bytes([data[at] ^ draw.randrange(1, 256)]) + data[at + 1 :]
            )
            found, broken = verify(folder, KEY)
            assert broken is not None, (path.name, at)
            assert found.number < 20
        path.write_bytes(data)
    assert verify(folder, KEY)[1] is None


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_lines_taken_added_or_exchanged_are_found(whole, tmp_path_factory, data):
    """A line deleted (but the last ones), written twice, put elsewhere or exchanged with another is
    found."""
    folder = copy_of(whole, tmp_path_factory)
    lines = [line for _, line in lines_of(folder)]
    deed = data.draw(st.sampled_from(["delete", "repeat", "exchange"]))
    one = data.draw(st.integers(0, len(lines) - 2))
    two = data.draw(st.integers(one + 1, len(lines) - 1))
    if deed == "delete":
        del lines[one]
    elif deed == "repeat":
        lines.insert(two, lines[one])
    else:
        lines[one], lines[two] = lines[two], lines[one]
    for path in files_of(folder):
        path.unlink()
    (folder / "decisions-000001.ndjson").write_bytes(b"".join(lines))
    assert verify(folder, KEY)[1] is not None


def test_a_cut_at_the_end_is_found_by_a_checkpoint(whole, tmp_path_factory):
    """Lines cut off at the end leave a chain that holds; a checkpoint taken before tells."""
    at, _ = verify(whole, KEY)
    folder = copy_of(whole, tmp_path_factory)
    last = files_of(folder)[-1]
    last.write_bytes(b"".join(last.read_bytes().splitlines(keepends=True)[:-1]))
    assert verify(folder, KEY)[1] is None
    _, broken = verify(folder, KEY, at)
    assert "missing" in broken.what
    assert verify(whole, KEY, at)[1] is None
    assert verify(whole, KEY, Position(3, "0" * 64))[1] is not None


def test_another_key_finds_nothing_whole(whole):
    """Who lacks the key can make no line that fits."""
    assert verify(whole, ChainKey(bytes(32)))[0] == BEGINNING


def test_an_unfinished_line_is_cut_and_said(tmp_path):
    """A line that a crash left unfinished is taken off at the next start, and the log says so."""
    folder = written(tmp_path / "log", 3)
    (path,) = files_of(folder)
    whole = path.read_bytes()
    for left in (1, 40, len(whole.splitlines()[-1])):
        path.write_bytes(whole + b'{"number":4,' + b"x" * (left - 1))
        again = DecisionLog(folder, KEY)
        again.close()
        at, broken = verify(folder, KEY)
        assert (at.number, broken) == (4, None)
        record = json.loads(path.read_bytes().splitlines()[-1])
        assert record["kind"] == "recovered"
        assert record["cut_bytes"] == 11 + left
        path.write_bytes(whole)


def test_a_damaged_last_line_is_not_gone_on_from(tmp_path):
    """A last line that is no line of a chain is a refusal, with its file and what to do."""
    folder = written(tmp_path / "log", 3)
    (path,) = files_of(folder)
    path.write_bytes(path.read_bytes()[:-3] + b"xx\n")
    with pytest.raises(StoreError, match="last line of the decision log is damaged"):
        DecisionLog(folder, KEY)


def test_what_cannot_be_written_is_counted_and_said(tmp_path, monkeypatch):
    """On a full disk records are counted as lost; the first that is written again says how many."""
    folder = tmp_path / "log"
    log = DecisionLog(folder, KEY)
    lost = []
    log.lost = lambda: lost.append(1)
    log.add({"kind": "assessment", "n": 0})
    write, full = os.write, True

    def failing(handle, data):
        if full and data.startswith(b'{"number"'):
            write(handle, data[:7])
            raise OSError(28, "No space left on device")
        return write(handle, data)

    until(lambda: log.position.number == 1)
    monkeypatch.setattr(os, "write", failing)
    for n in range(5):
        log.add({"kind": "assessment", "n": n})
    until(lambda: len(lost) == 5)
    full = False
    log.add({"kind": "assessment", "n": 9})
    log.close()
    assert verify(folder, KEY)[1] is None
    records = [json.loads(line) for _, line in lines_of(folder)]
    assert [r["kind"] for r in records] == ["assessment", "gap", "assessment"]
    assert records[1]["lost"] == 5


def until(holds):
    import time

    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_service_writes_every_decision(tmp_path, scorer, login):
    """Each answer, outcome, verdict, erasure, start and stop is a record; none holds a user id, an
    address, an agent or an event id of the caller's."""
    log = DecisionLog(tmp_path / "log", KEY)
    app = create_app(scorer, lambda event: event, ServiceSettings(patience_s=5.0), decisions=log)
    canaries = {
        "userID": "canary-user", "location": "203.0.113.77", "userAgent": "canary-agent",
        "eventID": "canary-event",
    }  # fmt: skip
    with TestClient(app, base_url="http://127.0.0.1:5000") as client:
        client.post("/v1/assessments", json=login(**canaries))
        client.post("/v1/outcomes", json={"eventID": "canary-event", "outcome": "success"})
        client.post("/v1/feedback", json={"eventID": "canary-event", "verdict": "compromised"})
        batch = [login(**canaries | {"eventID": f"canary-{n}"}) for n in range(3)]
        client.post("/v1/assessments:batch", json=batch)
        short = {k: v for k, v in login(**canaries).items() if k != "eventID"}
        client.post("/getAnomalyScore", json=short)
        client.delete("/v1/users/canary-user")
    log.close()
    assert verify(tmp_path / "log", KEY)[1] is None
    text = b"".join(path.read_bytes() for path in files_of(tmp_path / "log"))
    assert b"canary" not in text
    assert b"203.0.113.77" not in text
    records = [json.loads(line) for line in text.splitlines()]
    kinds = [record.get("action", record["kind"]) for record in records]
    assert kinds == [
        "start", "assessment", "outcome", "verdict", *["assessment"] * 4, "erase", "stop",
    ]  # fmt: skip
    event = KEY.pseudonym("event", "canary-event")
    assert [r["kind"] for r in records if r.get("event") == event] == [
        "assessment", "outcome", "verdict",
    ]  # fmt: skip
    user = KEY.pseudonym("user", "canary-user")
    assert sum(record.get("user") == user for record in records) == 8
    first = records[1]
    assert first["recommendedAction"] in {"allow", "challenge", "deny"}
    assert first["reasons"]


def test_a_key_is_the_owners_alone(tmp_path):
    """A key file that others may read, or of another length, is refused."""
    path = tmp_path / "key"
    make_key(path)
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    read_key(path)
    with pytest.raises(InputError, match="cannot be made"):
        make_key(path)
    path.chmod(0o640)
    with pytest.raises(InputError, match="read or written by others"):
        read_key(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(InputError, match="no key of 32 bytes"):
        read_key(path)
