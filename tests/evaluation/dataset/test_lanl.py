"""The LANL events: the red team is joined by all four, and machines are not measured."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from authrisk.evaluation.dataset.arrivals import replay_arrivals
from authrisk.evaluation.dataset.lanl import KINDS, RED_TEAM, RED_TEAM_FAILED, LanlLogins
from authrisk.evaluation.dataset.report import dataset_report
from authrisk.evaluation.dataset.sample import Sample
from authrisk.evaluation.report.markdown import to_markdown
from authrisk.eventlog import to_frame
from authrisk.logs.formats.lanl_auth import PARSER
from authrisk.logs.lanl_redteam import read_redteam
from authrisk.logs.parser import Line, ParseSettings
from authrisk.models.bundle import Bundle

SETTINGS = ParseSettings(reference=dt.datetime(2015, 1, 1, tzinfo=dt.UTC))


def read(name: str, text: str) -> list[Line]:
    return [Line(name, i, line) for i, line in enumerate(text.splitlines(), 1)]


@pytest.fixture(scope="module")
def logins() -> pl.DataFrame:
    lines = [
        f"{t},U{t % 9}@D,U{t % 9}@D,C{t % 4},C{t % 5},Kerberos,Network,LogOn,"
        f"{'Fail' if t % 7 == 3 else 'Success'}"
        for t in range(400)
    ]
    lines.append("400,C7$@D,C7$@D,C7,C1,Kerberos,Network,LogOn,Success")
    return to_frame(PARSER.parse(read("auth.txt", "\n".join(lines)), SETTINGS))


@pytest.fixture(scope="module")
def redteam() -> pl.DataFrame:
    """Two logins that are there, one failed, one at another second, one from another computer."""
    text = "199,U1@D,C3,C4\n200,U2@D,C0,C0\n10,U1@D,C2,C0\n201,U2@D,C0,C0\n202,U4@D,C9,C2\n"
    return read_redteam(read("redteam.txt", text))


def test_the_red_team_is_joined_by_all_four(logins: pl.DataFrame, redteam: pl.DataFrame) -> None:
    """Time, user, source and destination must all agree; failed ones are told apart."""
    marking = LanlLogins(redteam, Sample(), 0.0)
    arrived = marking.arrive(logins)
    names = np.array(["unmeasured", *KINDS])[arrived.kind]
    assert np.flatnonzero(names == RED_TEAM).tolist() == [200]
    assert np.flatnonzero(names == RED_TEAM_FAILED).tolist() == [10, 199]
    assert names[400] == "unmeasured"
    assert (arrived.part.standing[[10, 199, 200]] == 0).all()
    assert any(
        "3 of its 5 different rows are among these events" in note for note in marking.notes()
    )


def test_the_report_says_what_is_too_little(
    bundle: Bundle, logins: pl.DataFrame, redteam: pl.DataFrame
) -> None:
    """One login of the red team has a figure, and a warning beside it."""
    marking = LanlLogins(redteam, Sample(), 0.0)
    judged = list(replay_arrivals([marking.arrive(logins)], bundle))
    report = dataset_report(judged, KINDS, bundle, "lanl", marking.notes(), rounds=5)
    assert report.setting.attacks == {RED_TEAM: 1, RED_TEAM_FAILED: 2}
    assert f"of `{RED_TEAM}` only 1 could be measured" in to_markdown(report)
