"""`authrisk bundle` and `authrisk events`."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import read_events, write_events
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


@pytest.mark.parametrize("user", ["-4324475583306591935", "-x", "a b"])
def test_ids_that_look_like_options(authrisk, tmp_path, user):
    """A user whose id begins with a dash is shown like any other."""
    store = SqliteStore(tmp_path / "h.sqlite")
    login = LoginEvent(event_id="1", timestamp_ns=1, user_id=user)
    store.append(login, Standing.FAMILIAR)
    store.close()
    done = authrisk("events", "show", user, "--history", tmp_path / "h.sqlite")
    assert json.loads(done.out)["user_id"] == user


def test_export_says_what_the_service_learned(authrisk, history, tmp_path):
    """What became familiar is a success, evidence a failure, the rest neither."""
    out = tmp_path / "events.parquet"
    assert authrisk("events", "export", "--history", history, "-o", out).code == 0
    wanted = [Outcome.SUCCESS, Outcome.FAILURE, Outcome.INTERRUPTED, Outcome.INTERRUPTED]
    assert read_events(out)["outcome"].to_list() == wanted


def test_imported_logins_are_known_to_the_service(authrisk, events, tmp_path):
    """Successes are familiar, failures evidence; a second import changes nothing."""
    history = tmp_path / "history.sqlite"
    few = tmp_path / "few.parquet"
    write_events(few, [read_events(events).head(300)])
    assert "300 logins imported" in authrisk("events", "import", few, "--history", history).err
    again = authrisk("events", "import", few, "--history", history)
    assert "0 logins imported, 300 were there already" in again.err
    frame = read_events(few)
    user = frame.filter(frame["outcome"] == "success")["user_id"][-1]
    rows = authrisk("events", "show", user, "--history", history).out.splitlines()
    standings = {json.loads(row)["outcome"]: json.loads(row)["standing"] for row in rows}
    assert standings["success"] == "familiar"
    assert standings.get("failure", "evidence") == "evidence"
    out = tmp_path / "back.parquet"
    authrisk("events", "export", "--history", history, "-o", out)
    assert read_events(out).equals(frame)


def test_import_of_no_events_file_makes_no_history(authrisk, tmp_path):
    """A wrong file is refused before the history is opened."""
    (tmp_path / "x.parquet").write_text("?")
    history = tmp_path / "history.sqlite"
    done = authrisk("events", "import", tmp_path / "x.parquet", "--history", history)
    assert done.code == 2
    assert not history.exists()


def test_no_history_is_made_by_looking(authrisk, tmp_path):
    """Reading a history that is not there is wrong input and leaves no file."""
    done = authrisk("events", "show", "ada", "--history", tmp_path / "no.sqlite")
    assert done.code == 2
    assert list(tmp_path.iterdir()) == []


def test_all_that_is_kept_of_a_user_is_shown(authrisk, tmp_path):
    """Also more than a thousand logins: whoever asks what is kept of them hears all of it."""
    history = tmp_path / "h.sqlite"
    store = SqliteStore(history)

    def add(n):
        event = LoginEvent(event_id=f"e{n}", timestamp_ns=n, user_id="ada")
        store.append(event, Standing.FAMILIAR if n % 2 else Standing.EVIDENCE)

    with ThreadPoolExecutor(64) as pool:
        list(pool.map(add, range(1_300)))
    store.close()
    done = authrisk("events", "show", "ada", "--history", history)
    assert len(done.out.splitlines()) == 1_300
    assert "1300 logins" in done.err
