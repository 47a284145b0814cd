"""Skipping lines undecoded changes nothing but the cause under which they are counted."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.logs.columnar import read_blocks
from authrisk.logs.formats.sshd import PARSER as SSHD
from authrisk.logs.marked import marked_lines
from authrisk.logs.parser import Line, Rejected
from authrisk.logs.reader import Source, read_source
from authrisk.logs.report import UNMARKED, Skipped, Tally, collect
from authrisk.testing.parser import SETTINGS

PIECES = st.lists(
    st.sampled_from(
        [b"sshd", b" ", b"\n", b"\r\n", b"\xff", b"\0", b"x" * 70, b"\xe2\x82\xac", b"Accepted "]
    ),
    max_size=60,
).map(b"".join)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marked") / "log"


@given(PIECES, st.booleans())
def test_marked_lines_are_those_of_the_reader(place: Path, data: bytes, cut: bool) -> None:
    """Any bytes, plain or in a gzip file that ends too early: the same lines, none uncounted."""
    if cut:
        data = gzip.compress(data, mtime=0)[:-5]
    place.write_bytes(data)
    source = Source("log", place)
    whole = list(read_source(source, max_line_bytes=64))
    some = list(marked_lines(source, ["sshd", "Accepted "], max_line_bytes=64))
    kept = [line for line in some if isinstance(line, Line)]
    skipped = [line for line in some if isinstance(line, Skipped)]
    matters = [
        line
        for line in whole
        if isinstance(line, Line) and ("sshd" in line.text or "Accepted " in line.text)
    ]
    assert kept == matters
    broken = [line for line in whole if isinstance(line, Rejected)]
    assert sorted(line.line.number for line in some if isinstance(line, Rejected)) == [
        line.line.number for line in broken
    ]
    assert sum(s.lines for s in skipped) == len(whole) - len(matters) - len(broken)


def test_the_counts_of_a_log_are_exact(tmp_path: Path) -> None:
    """Events, causes and first places are those of reading every line."""
    path = tmp_path / "log"
    path.write_bytes(
        (SSHD.sample + "\nprose\n\n").encode() * 50 + b"sshd \xff\n" + b"x\n" * 3 + b"a\0\n"
    )
    source = Source("log", path)
    plain, marked = Tally(), Tally()
    events = list(collect(SSHD, read_source(source), SETTINGS, plain))
    assert list(collect(SSHD, marked_lines(source, SSHD.marks), SETTINGS, marked)) == events
    one, other = plain.report(), marked.report()
    assert (one.lines, one.events, one.rejected) == (other.lines, other.events, other.rejected)
    assert one.ignored_lines == other.ignored_lines
    assert other.ignored[UNMARKED].places[:2] == ("log:2", "log:8")


def test_bad_bytes_slow_down_only_their_surroundings(tmp_path: Path) -> None:
    """A block with one line that is no UTF-8 is read by columns but for a small part."""
    path = tmp_path / "log"
    good = b"a line of text that is good\n" * 40_000
    path.write_bytes(good + b"bad \xff line\n" + good)
    blocks = list(read_blocks(Source("log", path)))
    slow = sum(len(block.texts) for block in blocks if block.data is None)
    assert sum(len(block.texts) for block in blocks) == 80_001
    assert slow < 5000
    assert blocks[0].line(0).number == 1
