"""`authrisk bundle` and `authrisk events`."""

import json
import shutil

import pytest

from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import read_events
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing
from authrisk.models.bundle import FILES, load_bundle


@pytest.mark.parametrize("name", ["supervised", "autoencoder"])
def test_the_shipped_bundles_verify(authrisk, name):
    """Both bundles of the package pass their own check."""
    done = authrisk("bundle", "verify", name)
    assert done.code == 0
    assert "golden cases replayed" in done.out


@pytest.mark.parametrize("file", ["manifest.json", *FILES])
def test_a_changed_or_missing_file_is_refused(authrisk, bundle, tmp_path, file):
    """A flipped bit or a lost file is exit code 78, and the line names the file."""
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    data = bytearray((copy / file).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / file).write_bytes(data)
    flipped = authrisk("bundle", "verify", copy)
    (copy / file).unlink()
    missing = authrisk("bundle", "verify", copy)
    assert (flipped.code, missing.code) == (78, 78)
    assert file in missing.err
    assert flipped.err.count("\n") == 1


def test_show_has_the_card_and_the_files(authrisk, bundle):
    """The model card, the version and every file with its hash."""
    done = authrisk("bundle", "show", bundle)
    loaded = load_bundle(bundle)
    assert loaded.version in done.out
    assert loaded.card.splitlines()[0] in done.out
    assert all(entry.sha256 in done.out for entry in loaded.manifest.files.values())


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "history.sqlite"
    store = SqliteStore(path)
    standings = (Standing.FAMILIAR, Standing.EVIDENCE, Standing.UNCONFIRMED)
    for n, standing in enumerate(standings):
        store.append(LoginEvent(event_id=str(n), timestamp_ns=n, user_id="ada"), standing)
    store.append(LoginEvent(event_id="9", timestamp_ns=9, user_id="bo"), Standing.FAMILIAR)
    store.resolve("9", Standing.DISOWNED, "compromised")
    store.close()
    return path


def test_events_of_a_user(authrisk, history):
    """A line of JSON for each kept login of that user and of nobody else."""
    done = authrisk("events", "show", "ada", "--history", history)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["event_id"] for row in rows] == ["0", "1", "2"]
    assert [row["standing"] for row in rows] == ["familiar", "evidence", "unconfirmed"]
    bo = json.loads(authrisk("events", "show", "bo", "--history", history).out)
    assert bo["verdict"] == "compromised"
    assert authrisk("events", "show", "eve", "--history", history).out == ""


def test_export_says_what_the_service_learned(authrisk, history, tmp_path):
    """What became familiar is a success, evidence a failure, the rest neither."""
    out = tmp_path / "events.parquet"
    assert authrisk("events", "export", "--history", history, "-o", out).code == 0
    wanted = [Outcome.SUCCESS, Outcome.FAILURE, Outcome.INTERRUPTED, Outcome.INTERRUPTED]
    assert read_events(out)["outcome"].to_list() == wanted


def test_no_history_is_made_by_looking(authrisk, tmp_path):
    """Reading a history that is not there is wrong input and leaves no file."""
    done = authrisk("events", "show", "ada", "--history", tmp_path / "no.sqlite")
    assert done.code == 2
    assert list(tmp_path.iterdir()) == []
