"""Labels of the red team lie beside the events that it made, and beside no others."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from authrisk.errors import InputError
from authrisk.event import LoginEvent
from authrisk.eventlog.frame import to_frame
from authrisk.eventlog.labels import LABEL_SCHEMA
from authrisk.logs.formats.lanl_auth import PARSER
from authrisk.logs.lanl_redteam import read_redteam, redteam_labels
from authrisk.logs.parser import Line
from authrisk.logs.reader import read_lines
from authrisk.testing.parser import SETTINGS

AUTH = """\
150885,U620@DOM1,U620@DOM1,C17693,C1003,NTLM,Network,LogOn,Success
150885,U620@DOM1,U620@DOM1,C17693,C1004,NTLM,Network,LogOn,Success
150886,U620@DOM1,U620@DOM1,C17693,C1003,NTLM,Network,LogOn,Success
151036,U748@DOM1,U748@DOM1,C17693,C305,NTLM,Network,LogOn,Fail
151036,U748@DOM1,U748@DOM1,C17693,C305,NTLM,Network,LogOff,Success"""
REDTEAM = (
    "150885,U620@DOM1,C17693,C1003\n151036,U748@DOM1,C17693,C305\n151036,U748@DOM1,C17693,C305\n"
)


def test_labels_join_by_time_user_and_both_computers(tmp_path: Path) -> None:
    """Exactly the rows of the list are attacks; a failed one is no takeover; order is kept."""
    path = tmp_path / "redteam.txt.gz"
    path.write_bytes(gzip.compress(REDTEAM.encode()))
    redteam = read_redteam(read_lines([path]))
    assert redteam.height == 2
    lines = (Line("auth.txt", number, text) for number, text in enumerate(AUTH.split("\n"), 1))
    events = [item for item in PARSER.parse(lines, SETTINGS) if isinstance(item, LoginEvent)]
    labels = redteam_labels(to_frame(events), redteam)
    assert labels.schema == LABEL_SCHEMA
    assert labels["event_id"].to_list() == [f"auth.txt:{n}" for n in (1, 2, 3, 4)]
    assert labels["is_attack"].to_list() == [True, False, False, True]
    assert labels["is_account_takeover"].to_list() == [True, False, False, False]


@pytest.mark.parametrize("row", ["150885,U620@DOM1,C17693", "x,U1@D,C1,C2", "1,,C1,C2"])
def test_a_damaged_list_is_refused(row: str) -> None:
    """Labels with holes are worse than none."""
    with pytest.raises(InputError, match=r"redteam\.txt:1"):
        read_redteam([Line("redteam.txt", 1, row)])
