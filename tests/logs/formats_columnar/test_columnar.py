"""Blocks of lines."""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.errors import InputError
from authrisk.logs import columnar
from authrisk.logs.columnar import parse_files, read_blocks
from authrisk.logs.formats.rba_csv import PARSER
from authrisk.logs.parser import Line, Rejected
from authrisk.logs.reader import Source, find_sources, read_source
from authrisk.testing.parser import SETTINGS

PIECES = st.sampled_from(
    [b"a", b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", "é\u2028".encode(), b"x" * 40]
)


def by_blocks(path: Path, limit: int) -> tuple[list[Line], list[Rejected]]:
    (source,) = find_sources([path])
    blocks = list(read_blocks(source, block_bytes=1, max_line_bytes=limit))
    lines = [line for block in blocks for line in block.lines()]
    return lines, [rejected for block in blocks for rejected in block.rejected]


def by_reader(path: Path, limit: int) -> tuple[list[Line], list[Rejected]]:
    (source,) = find_sources([path])
    items = list(read_source(source, max_line_bytes=limit))
    lines = [item for item in items if isinstance(item, Line)]
    return lines, [item for item in items if isinstance(item, Rejected)]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip, cut"])
def test_blocks_are_the_readers_lines(tmp_path: Path, packed: bool) -> None:
    """Blocks hold the lines of the line reader, with the same rejections and numbers."""
    path = tmp_path / "log"
    limit = 2000 if packed else 64

    @settings(max_examples=120)
    @given(st.lists(PIECES, max_size=30))
    def check(pieces: list[bytes]) -> None:
        data = b"".join(pieces)
        path.write_bytes(gzip.compress(data)[:-4] if packed else data)
        assert by_blocks(path, limit) == by_reader(path, limit)

    check()


def test_missing_files_are_named_at_once(tmp_path: Path) -> None:
    """A missing file is an error before the first batch."""
    with pytest.raises(InputError, match="no such file"):
        parse_files(PARSER, [tmp_path / "no.csv"], SETTINGS)


def test_a_pipe_gives_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole lines are given while the writer waits; the rest of a line waits for its end."""
    out, into = os.pipe()
    with os.fdopen(out, "rb") as reading, os.fdopen(into, "wb", buffering=0) as writing:
        monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": reading}))
        blocks = read_blocks(Source("stdin", None))
        writing.write(b"one\ntwo\nthr")
        assert next(blocks).texts.to_list() == ["one", "two"]
        writing.write(b"ee\n")
        assert next(blocks).texts.to_list() == ["three"]
        writing.write(b"four")
        writing.close()
        assert [(b.texts.to_list(), b.numbers.to_list()) for b in blocks] == [(["four"], [4])]


def test_a_pipe_that_never_rests_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block is given after some time, full or not."""
    monkeypatch.setattr(columnar, "pauses", lambda _: False)
    monkeypatch.setattr(columnar, "LONGEST_S", 0.0)
    out, into = os.pipe()
    with os.fdopen(out, "rb") as reading, os.fdopen(into, "wb", buffering=0) as writing:
        monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": reading}))
        writing.write(b"one\ntwo\n")
        assert next(read_blocks(Source("stdin", None))).texts.to_list() == ["one", "two"]
