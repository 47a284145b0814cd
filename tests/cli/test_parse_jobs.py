"""`authrisk parse --jobs`: several processes give what one gives."""

from __future__ import annotations

import json

import pytest

from authrisk.eventlog import labels_path, read_events, read_labels
from authrisk.logs.formats.rba_csv import PARSER as RBA
from authrisk.logs.formats.sshd import PARSER as SSHD


@pytest.fixture
def logs(tmp_path):
    for number in range(4):
        lines = SSHD.sample.split("\n")[number:] + [f"Failed {number} password=hunter2"] * 2
        (tmp_path / f"auth{number}.log").write_text("\n".join(lines))
    (tmp_path / "rba.csv").write_text(RBA.sample)
    return sorted(tmp_path.glob("*"))


def test_the_result_is_that_of_one_process(authrisk, logs, tmp_path):
    """Events, labels, rejected lines and the report, in the order of the logs."""
    made = []
    for jobs in ("1", "3"):
        out, kept = tmp_path / f"{jobs}.parquet", tmp_path / f"{jobs}.ndjson"
        done = authrisk("parse", *logs, "-o", out, "--rejects", kept, "--jobs", jobs)
        assert done.code == 0, done.err
        report = done.err.replace(str(labels_path(out)), "LABELS")
        made.append((read_events(out), read_labels(labels_path(out)), kept.read_text(), report))
    one, three = made
    assert one[0].equals(three[0])
    assert one[1].equals(three[1])
    assert one[2:] == three[2:]
    assert "hunter2" not in one[2]
    assert len(one[2].splitlines()) == 8
    assert sorted(path.name for path in tmp_path.glob("*parts*")) == []


def test_a_log_that_cannot_be_read_is_named(authrisk, logs, tmp_path):
    """The fault of a process is told as if there were one process; no output appears."""
    odd = tmp_path / "odd.log"
    odd.write_text("what is this\n")
    out = tmp_path / "events.parquet"
    done = authrisk("parse", *logs, odd, "-o", out, "--jobs", "2")
    assert (done.code, out.exists()) == (2, False)
    assert done.err.startswith("error: odd.log: no format claims it")
    piped = authrisk("parse", logs[0], "-", "-o", out, "--jobs", "2", "--format", "sshd")
    assert (piped.code, "use --jobs 1" in piped.err) == (2, True)


def test_users_are_brought_together(authrisk, tmp_path):
    """A mapping changes the user's id alone."""
    (tmp_path / "a.log").write_text(SSHD.sample.split("\n")[0].replace("vagrant", "CORP\\Vag"))
    (tmp_path / "users.toml").write_text('case = "fold"\nstrip_domains = ["corp"]')
    users = ("--users", tmp_path / "users.toml")
    done = authrisk("parse", tmp_path / "a.log", *users)
    event = json.loads(done.out)
    assert (event["user_id"], event["user_name"]) == ("vag", "CORP\\Vag")
    (tmp_path / "users.toml").write_text("case = 7")
    assert authrisk("parse", tmp_path / "a.log", *users).code == 2
