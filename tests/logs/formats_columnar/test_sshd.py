"""sshd by blocks is sshd line by line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.event import LoginEvent
from authrisk.eventlog import EVENT_SCHEMA, to_events
from authrisk.logs import columnar, openssh_columns, openssh_log
from authrisk.logs.columnar import ColumnarBatch, ColumnarParser, parse_files
from authrisk.logs.formats.sshd import PARSER
from authrisk.logs.marked import marked_lines
from authrisk.logs.parser import Ignored, Item, Line, Rejected
from authrisk.logs.reader import Source
from authrisk.logs.report import Tally, collect
from authrisk.testing.parser import SETTINGS, parse_text

GOOD = {
    "stamp": ["Sep  6 09:57:21", "Sep  6 09:57:22", "2024-09-06T09:57:22.5Z"],
    "host": ["web1", "web1", "web1", "web2"],
    "tag": ["sshd", "sshd-session"],
    "pid": ["1", "1", "2"],
    "user": ["ann", "ann", "bo"],
    "ip": ["10.0.0.9", "::ffff:1.2.3.4"],
}
ODD = {
    "stamp": [
        "Sep  6 09:58:59", "Sep 6 09:59:60", "Feb 30 00:00:00", "Feb 29 00:00:61",
        "2024-09-06T09:57:22.123456-01:30", "2024-13-06T09:57:22Z", "Sep  6 0957:222",
    ],
    "host": ["é"],
    "tag": ["CRON"],
    "pid": ["3", "4", "12345678901"],
    "user": ["invalid", "illegal", "a b", "é", "x from y", "invalid user"],
    "ip": ["2001:DB8::1", "host.example", "UNKNOWN"],
}  # fmt: skip
MESSAGES = (
    "Failed password for {user} from {ip} port 22 ssh2",
    "Failed password for {user} from {ip} port 22 ssh2",
    "Failed password for invalid user {user} from {ip} port 99999 ssh2",
    "Failed none for {user} from {ip} port 22 ssh2",
    "Accepted publickey for {user} from {ip} port 22 ssh2: RSA SHA256:1M4RzhM",
    "Accepted publickey for {user} from {ip} port 22 ssh2: RSA SHA256:1M4RzhM",
    "Accepted password for {user} from {ip} port 22 ssh2 x",
    "Partial publickey for {user} from {ip} port 22 ssh2: RSA SHA256:1M4RzhM",
    "error: PAM: Authentication failure for {user} from {ip}",
    "error: PAM: Authentication failure for {user} from {ip}",
    "User {user} from {ip} not allowed because not listed in AllowUsers",
    "maximum authentication attempts exceeded for {user} from {ip} port 22 ssh2",
    "message repeated 3 times: [ Failed password for {user} from {ip} port 22 ssh2]",
    "Connection closed by {ip} port 22 [preauth]",
)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """Mostly decisions of few connections, some with one odd part, some with bytes astray."""
    parts = {name: draw(st.sampled_from(texts)) for name, texts in GOOD.items()}
    odd = draw(st.sampled_from([None, None, None, *ODD]))
    if odd is not None:
        parts[odd] = draw(st.sampled_from(ODD[odd]))
    kind = draw(st.integers(0, 8))
    if kind == 0:
        return "{stamp} {host} last message repeated 2 times\n".format(**parts).encode()
    if kind == 1:
        return draw(st.sampled_from([b"\n", b"sshd \xff Failed \n", b"a\0\n", b"Failed x\r\n"]))
    head = "{stamp} {host} {tag}[{pid}]: " + draw(st.sampled_from(MESSAGES))
    return head.format(**parts).encode() + b"\n"


def place(item: Rejected | Ignored) -> tuple[int, str, str]:
    return item.line.number, item.line.text, item.cause


def by_line(path: Path) -> tuple[list[Item], Tally]:
    tally, items = Tally(), list[Item]()
    source = Source(path.name, path)
    some = list(marked_lines(source, PARSER.marks, max_line_bytes=140))
    items += [line for line in some if isinstance(line, Rejected)]
    items += PARSER.parse((line for line in some if isinstance(line, Line)), SETTINGS)
    for _ in collect(PARSER, some, SETTINGS, tally):
        pass
    return items, tally


@pytest.mark.parametrize("block_bytes", [1, 1 << 16], ids=["many blocks", "one block"])
@pytest.mark.parametrize("connections", [2, 1024])
def test_both_paths_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int, connections: int
) -> None:
    """By blocks and by lines: the same events, rejections, ignored lines and counts."""
    path = tmp_path / "auth.log"
    monkeypatch.setattr(openssh_log, "CONNECTIONS", connections)
    monkeypatch.setattr(openssh_columns, "_LATEST_ROWS", 2)

    def pieces_of(file: BinaryIO) -> Iterator[bytes]:
        while piece := file.read(max(4, min(block_bytes, 97))):
            yield piece

    def blocks(source: Source, **_: int) -> Iterator[columnar.LineBlock]:
        return columnar.read_blocks(source, block_bytes=block_bytes, max_line_bytes=140)

    monkeypatch.setattr(columnar, "text_blocks", pieces_of)
    monkeypatch.setattr(openssh_columns, "read_blocks", blocks)

    @settings(max_examples=120)
    @given(st.lists(lines(), min_size=4, max_size=20))
    def check(pieces: list[bytes]) -> None:
        path.write_bytes(b"".join(pieces))
        items, tally = by_line(path)
        batches = list(parse_files(PARSER, [path], SETTINGS))
        events = [event for batch in batches for event in to_events(batch.events)]
        assert events == [item for item in items if isinstance(item, LoginEvent)]
        rejected = sorted(place(item) for item in items if isinstance(item, Rejected))
        assert [place(r) for batch in batches for r in batch.rejected] == rejected
        ignored = [place(item) for item in items if isinstance(item, Ignored)]
        assert [place(i) for batch in batches for i in batch.ignored] == ignored
        other = Tally()
        for batch in batches:
            batch.count(other)
        assert other.lines == tally.lines == sum(batch.lines for batch in batches)
        assert {c: n.lines for c, n in other.report().ignored.items()} == {
            c: n.lines for c, n in tally.report().ignored.items()
        }

    check()


def test_sample_by_blocks(tmp_path: Path) -> None:
    """The sample gives the same events by blocks, in columns of the event log."""
    path = tmp_path / "log"
    path.write_text(PARSER.sample)
    (batch,) = parse_files(PARSER, [path], SETTINGS)
    assert isinstance(batch, ColumnarBatch)
    assert isinstance(PARSER, ColumnarParser)
    by_line = [i for i in parse_text(PARSER, PARSER.sample) if isinstance(i, LoginEvent)]
    assert list(to_events(batch.events)) == by_line
    assert batch.events.schema == EVENT_SCHEMA
