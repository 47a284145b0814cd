"""The grading command counts what it should, and what it should not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.grade import samples
from benchmarks.grade.samples import Grade, grade_file

from authrisk.logs.formats.sshd import PARSER

LOGIN = "Sep  6 09:57:21 web sshd[1]: Accepted password for ada from 192.0.2.7 port 99 ssh2"
EXPECT = {
    "timestamp": "2024-09-06T09:57:21Z",
    "user": "ADA",
    "src_ip": "::ffff:192.0.2.7",
    "outcome": "success",
    "service": "not a field of an event",
}


@pytest.fixture
def grade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(samples, "EXPLAINED", tmp_path)

    def run(*rows: dict[str, object], notes: str = "") -> Grade:
        path = tmp_path / "sshd.jsonl"
        path.write_text("\n".join(json.dumps({"id": "a", "expect": {}} | row) for row in rows))
        (tmp_path / "sshd.toml").write_text(notes)
        return grade_file(path, {"sshd": PARSER})

    return run


def test_what_agrees_is_counted(grade) -> None:
    """Spellings of one address, case of users and the year of yearless stamps do not matter."""
    done = grade({"raw": LOGIN, "role": "login", "expect": EXPECT}, {"raw": "x", "role": "none"})
    assert (done.logins, done.logins_read, done.others, done.others_silent) == (1, 1, 1, 1)
    assert (done.fields, done.fields_agree, done.faults) == (4, 4, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user", "bob"),
        ("src_ip", "192.0.2.8"),
        ("outcome", "failure"),
        ("timestamp", "2024-09-06T09:57:22Z"),
        ("src_port", 98),
        ("machine_account", True),
        ("method", "publickey"),
    ],
)
def test_what_differs_is_named(grade, field: str, value: object) -> None:
    """Each field that differs is a fault of its row, unless it is explained."""
    row = {"raw": LOGIN, "role": "login", "expect": EXPECT | {field: value}}
    done = grade(row)
    assert len(done.faults) == 1
    assert done.faults[0].startswith(f"a: {field}: got ")
    assert done.fields == done.fields_agree + 1
    explained = grade(row, notes=f'[a]\nfields = ["{field}"]\nwhy = "on purpose"\n')
    assert (explained.faults, explained.explained) == ([], 1)


@pytest.mark.parametrize(
    ("raw", "row"),
    [
        (LOGIN, {"role": "none"}),
        (LOGIN, {"role": "secondary"}),
        (LOGIN, {"expect": {"emit": False}}),
        (f"{LOGIN}\n{LOGIN}", {"role": "login"}),
        ("x", {"role": "login"}),
    ],
)
def test_too_many_and_too_few_events_are_faults(grade, raw: str, row: dict[str, object]) -> None:
    """One event for a login, none for what is none."""
    (fault,) = grade({"raw": raw} | row).faults
    assert fault.startswith("a: events: got ")


def test_lines_without_a_role_are_only_looked_at(grade) -> None:
    """Whether they are logins nobody said; their fields are graded when they give an event."""
    done = grade({"raw": LOGIN, "expect": EXPECT}, {"raw": "x"})
    assert (done.unjudged, done.unjudged_events, done.fields_agree, done.faults) == (2, 1, 4, [])
