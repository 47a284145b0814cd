"""The RBA data set's CSV."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import EVENT_SCHEMA, LABEL_SCHEMA, Label, labels_to_frame, to_events
from authrisk.logs import columnar
from authrisk.logs.columnar import ColumnarBatch, ColumnarParser, parse_files
from authrisk.logs.formats import rba_csv
from authrisk.logs.formats.rba_csv import HEADER, PARSER
from authrisk.logs.parser import Ignored, Line, Rejected
from authrisk.logs.rba import COLUMNS, LabelledLogin, read_row
from authrisk.logs.reader import read_lines
from authrisk.logs.report import Tally
from authrisk.testing.parser import SETTINGS, parse_text

REAL = Path(__file__).parents[4] / "shared/data/rba"

GOOD = {
    "index": "7",
    "Login Timestamp": "2020-02-03 12:43:30.772",
    "User ID": "-4324475583306591935",
    "Round-Trip Time [ms]": "",
    "IP Address": "10.0.65.171",
    "Country": "NO",
    "Region": "-",
    "City": "Oslo",
    "ASN": "29695",
    "User Agent String": "Mozilla/5.0  (X11; CrOS x86_64",
    "Browser Name and Version": "Chrome Mobile WebView 85.0.4183",
    "OS Name and Version": "Mac OS X 10.14.6",
    "Device Type": "mobile",
    "Login Successful": "True",
    "Is Attack IP": "False",
    "Is Account Takeover": "True",
}
ODD = ["", "-", '"', ",", " ", "x", "Other", "\r", "é\u2028", "0", "True", "1.2.3.4", "1.2.3.04"]
OTHERS = {
    "Login Timestamp": ["2020-02-30 00:00:00", "2020-02-29 23:59:59", "2020-01-01 00:00:60"],
    "IP Address": ["::FFFF:1.2.3.4", "2001:DB8::0:1", "256.1.1.1", "[::1]", " 8.8.8.8"],
    "Device Type": ["tablet", "BOT", "unknown", "fridge"],
    "Browser Name and Version": ["Firefox 20.0", "A 1 2", "IE", "Other 3", " 1", "x  2", "Ä 1"],
    "OS Name and Version": ["Windows XP", "iOS 13.4"],
    "Login Successful": ["False", "false", "TRUE", "tRUE"],
    "Round-Trip Time [ms]": ["546", "0.1", "1e3", "-1", "NaN"],
    "ASN": ["0", "4294967295", "AS1", "99999999999"],
    "Is Attack IP": ["true"],
}


@st.composite
def rows(draw: st.DrawFn) -> bytes:
    """Mostly good rows, some with one odd cell, some with quotes, breaks and bytes astray."""
    cells = dict(GOOD)
    if draw(st.booleans()):
        column = draw(st.sampled_from(COLUMNS))
        cells[column] = draw(
            st.sampled_from(OTHERS.get(column, ODD) + ODD) | st.text(max_size=6).map(str)
        )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=draw(st.sampled_from(["\n", "\r\n"])))
    writer.writerow(cells.values())
    data = out.getvalue().encode("utf-8", "replace")
    if draw(st.integers(0, 5)) == 0:
        at = draw(st.integers(0, len(data)))
        end = at + draw(st.integers(0, 2))
        data = data[:at] + draw(st.sampled_from([b'"', b"\n", b"\0", b"\xff", b","])) + data[end:]
    return data


FILES = st.lists(rows() | st.sampled_from([HEADER.encode() + b"\n", b"\n", b" \r\n"]), max_size=8)


def by_line(path: Path) -> tuple[list[LabelledLogin], list[Rejected], list[Ignored], int]:
    lines = list(read_lines([path]))
    items = list(rba_csv._items(line for line in lines if isinstance(line, Line)))
    rejected = [item for item in [*lines, *items] if isinstance(item, Rejected)]
    logins = [item for item in items if isinstance(item, LabelledLogin)]
    return logins, rejected, [item for item in items if isinstance(item, Ignored)], len(lines)


def place(item: Rejected | Ignored) -> tuple[int, str, str]:
    return item.line.number, item.line.text, item.cause


@pytest.mark.parametrize("block_bytes", [1, 1 << 16], ids=["many blocks", "one block"])
def test_both_paths_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    """By columns and by lines: the same events, labels, rejections and ignored lines."""
    path = tmp_path / "rba.csv"

    def pieces_of(file: BinaryIO) -> Iterator[bytes]:
        while piece := file.read(max(4, min(block_bytes, 97))):
            yield piece

    monkeypatch.setattr(columnar, "text_blocks", pieces_of)
    monkeypatch.setattr(
        rba_csv,
        "read_blocks",
        lambda source: columnar.read_blocks(source, block_bytes=block_bytes, max_line_bytes=600),
    )

    @settings(max_examples=150)
    @given(FILES)
    def check(pieces: list[bytes]) -> None:
        path.write_bytes(b"".join(pieces))
        logins, rejected, ignored, lines = by_line(path)
        batches = list(parse_files(PARSER, [path], SETTINGS))
        events = [event for batch in batches for event in to_events(batch.events)]
        assert events == [login.event for login in logins]
        labels = [row for batch in batches for row in batch.labels.to_dicts()]
        assert labels == labels_to_frame(login.label for login in logins).to_dicts()
        assert sum(batch.lines for batch in batches) == lines
        by_number = sorted(place(item) for item in rejected)
        assert [place(r) for batch in batches for r in batch.rejected] == by_number
        assert [place(i) for batch in batches for i in batch.ignored] == [place(i) for i in ignored]
        assert len(events) + len(rejected) + len(ignored) == lines

    check()


def columns_of(path: Path) -> list[ColumnarBatch]:
    return list(parse_files(PARSER, [path], SETTINGS))


def test_sample_by_columns_and_its_labels(tmp_path: Path) -> None:
    """The sample gives the same events by columns; its labels lie beside them, unmerged."""
    path = tmp_path / "rba.csv.gz"
    path.write_bytes(gzip.compress(PARSER.sample.encode()))
    (batch,) = columns_of(path)
    by_line = [i for i in parse_text(PARSER, PARSER.sample) if isinstance(i, LoginEvent)]
    assert list(to_events(batch.events)) == by_line
    assert batch.events.schema == EVENT_SCHEMA
    assert batch.labels is not None
    assert batch.labels.schema == LABEL_SCHEMA
    assert batch.labels["is_attack_ip"].to_list() == [False, True, None]
    assert batch.labels["is_account_takeover"].to_list() == [False, False, None]
    assert batch.labels["is_attack"].null_count() == 3
    assert [ignored.cause for ignored in batch.ignored] == ["header"]


def test_it_is_a_columnar_parser() -> None:
    """The command line can tell by isinstance that the quick path is there."""
    assert isinstance(PARSER, ColumnarParser)


def test_claims() -> None:
    """A file is claimed by its header or its first row, never by another CSV."""
    assert PARSER.claims([HEADER])
    assert PARSER.claims([",".join(GOOD.values())])
    assert not PARSER.claims(["index,Login Timestamp"])
    assert not PARSER.claims(["1,U1@D,U1@D,C1,C1,?,Network,LogOn,Success"])


def test_labels_are_not_events() -> None:
    """Turning the label columns over changes no field of the event."""
    turned = GOOD | {"Is Attack IP": "True", "Is Account Takeover": "False"}
    one, other = read_row(list(GOOD.values())), read_row(list(turned.values()))
    assert isinstance(one, LabelledLogin)
    assert isinstance(other, LabelledLogin)
    assert one.event == other.event
    assert other.label == Label(event_id="7", is_account_takeover=False, is_attack_ip=True)


def test_every_bad_row_is_named_by_line_and_column(tmp_path: Path) -> None:
    """A bad row is rejected with its line number and column; its neighbours are not lost."""
    bad = {
        "Login Timestamp": "03/02/2020",
        "ASN": "AS12",
        "Login Successful": "maybe",
        "Round-Trip Time [ms]": "fast",
    }
    lines = [HEADER, ",".join(GOOD.values())]
    for column, value in bad.items():
        lines += [",".join((GOOD | {column: value}).values()), ",".join(GOOD.values())]
    path = tmp_path / "rba.csv"
    path.write_text("\n".join(lines))
    (batch,) = columns_of(path)
    assert [(r.line.number, r.cause.partition(":")[0]) for r in batch.rejected] == [
        (3, "Login Timestamp"),
        (5, "ASN"),
        (7, "Login Successful"),
        (9, "Round-Trip Time [ms]"),
    ]
    tally = Tally()
    batch.count(tally)
    assert (tally.lines, tally.events) == (10, 5)


def test_no_row_hides_in_a_field(tmp_path: Path) -> None:
    """Rows inside a quoted field are never logins, on either path."""
    path = tmp_path / "rba.csv"
    path.write_text(PARSER.hostile)
    events = pl.concat(batch.events for batch in columns_of(path))
    assert events["user_id"].to_list() == ["7"]
    items = parse_text(PARSER, PARSER.hostile)
    assert [i.user_id for i in items if isinstance(i, LoginEvent)] == ["7"]


@pytest.mark.skipif(not REAL.exists(), reason="the data set's rows are not beside the checkout")
def test_real_rows_all_parse() -> None:
    """The real rows parse whole, by lines and by columns alike."""
    for name, rows in (("rba-head.csv", 19), ("rba-takeovers.csv", 133)):
        logins, rejected, _, _ = by_line(REAL / name)
        (batch,) = columns_of(REAL / name)
        assert (len(logins), batch.events.height, rejected, list(batch.rejected)) == (
            rows,
            rows,
            [],
            [],
        )
        assert list(to_events(batch.events)) == [login.event for login in logins]
        assert batch.events["timestamp"].null_count() == 0
        assert batch.events["browser"].null_count() < rows
        if name == "rba-takeovers.csv":
            assert batch.labels is not None
            assert batch.labels["is_account_takeover"].all()
    assert logins[0].event.outcome is Outcome.SUCCESS
