"""Sources become numbered lines, whatever is in them."""

from __future__ import annotations

import gzip
import io
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk import zstd
from authrisk.errors import InputError
from authrisk.logs.columnar import read_blocks
from authrisk.logs.discovery import format_named
from authrisk.logs.parse import parse_events
from authrisk.logs.parser import Line, Rejected
from authrisk.logs.reader import find_sources, read_lines
from authrisk.testing.parser import SETTINGS

TEXT = "eins\nzwei ü\n\ndrei"


def texts(items: object) -> list[str]:
    return [item.text if isinstance(item, Line) else item.cause for item in items]


def lines_by_blocks(paths: list[Path]) -> Iterator[Line]:
    for source in find_sources(paths):
        for block in read_blocks(source):
            yield from block.lines()


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        gzip.compress(TEXT.encode()),
        gzip.compress(TEXT[:7].encode()) + gzip.compress(TEXT[7:].encode()),
        zstd.compress(TEXT.encode()),
        zstd.compress(TEXT[:7].encode()) + zstd.compress(TEXT[7:].encode()),
        b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode(),
        b"\xff\xfe" + TEXT.replace("\n", "\r\n").encode("utf-16-le"),
        gzip.compress(b"\xfe\xff" + TEXT.encode("utf-16-be")),
    ],
    ids=[
        "plain",
        "gzip",
        "gzip members",
        "zstd",
        "zstd frames",
        "BOM and CRLF",
        "UTF-16 of Windows",
        "UTF-16, big end first, gzip",
    ],
)
def test_every_kind_of_file_gives_the_same_lines(tmp_path: Path, data: bytes) -> None:
    """Compression, a byte order mark and CRLF leave no trace in the lines."""
    assert list(read_lines([write(tmp_path / "a.log", data)])) == [
        Line("a.log", number, text) for number, text in enumerate(TEXT.split("\n"), 1)
    ]


@settings(max_examples=60)
@given(data=st.binary(max_size=300), limit=st.integers(1, 40))
def test_lines_are_those_of_a_plain_split(data: bytes, limit: int) -> None:
    """Whatever the bytes, each piece between line feeds is one item, numbered from 1."""
    file = io.BytesIO(data)
    if data[:4].startswith(
        (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
    ):
        return
    from authrisk.logs.reader import _lines

    pieces = data.split(b"\n")
    if pieces[-1] == b"":
        pieces.pop()
    items = list(_lines("f", file, limit, None))
    assert [(i if isinstance(i, Line) else i.line).number for i in items] == list(
        range(1, len(pieces) + 1)
    )
    for item, piece in zip(items, pieces, strict=True):
        bad = len(piece) > limit or b"\0" in piece
        assert isinstance(item, Rejected) == bad


def test_an_endless_line_is_rejected_in_flat_memory(tmp_path: Path) -> None:
    """A line of 64 MiB costs a few MiB, and the line after it is read."""
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(64):
            file.write(b"x" * (1 << 20))
        file.write(b"\nnext")
    tracemalloc.start()
    items = list(read_lines([path]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert texts(items) == ["line longer than the limit", "next"]
    assert peak < 8 << 20


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_a_cut_file_keeps_what_was_whole(tmp_path: Path, pack: object) -> None:
    """Every line before the damage is read; the damage is one rejected line."""
    lines = [f"line {number} {number * 7919 % 1000}" for number in range(20_000)]
    data = pack("\n".join(lines).encode())
    items = list(read_lines([write(tmp_path / "cut.gz", data[: len(data) * 3 // 4])]))
    assert isinstance(items[-1], Rejected) and "ends too early" in items[-1].cause
    good = texts(items[:-2])
    assert good == lines[: len(good)]


def test_an_endless_line_in_a_cut_file_is_told_twice(tmp_path: Path) -> None:
    """The line that is too long and the damage that ends it are two rejected lines."""
    data = gzip.compress(b"x" * 500_000)[:-20]
    items = read_lines([write(tmp_path / "a.gz", data)], max_line_bytes=100)
    assert texts(items) == ["line longer than the limit", "gzip data ends too early"]


def test_damaged_compression_is_a_rejected_line(tmp_path: Path) -> None:
    """Bytes that are no gzip after a gzip header raise nothing."""
    data = gzip.compress(b"".join(b"%d\n" % (n * n * 7919) for n in range(2000)))
    broken = data[:500] + b"\xff" * 100 + data[600:]
    assert texts(read_lines([write(tmp_path / "a.gz", broken)]))[-1] == "damaged gzip data"


def test_binary_lines_are_rejected_and_text_goes_on(tmp_path: Path) -> None:
    """A NUL byte spoils its own line only; bytes that are no UTF-8 become U+FFFD."""
    path = write(tmp_path / "a", b"one\ntw\0o\nthr\xffee\n")
    assert texts(read_lines([path])) == ["one", "NUL byte, so not text", "thr\ufffdee"]


@pytest.mark.parametrize("read", [read_lines, lines_by_blocks], ids=["by lines", "by blocks"])
def test_utf16_is_cut_at_any_byte(tmp_path: Path, read: Callable[..., object]) -> None:
    """Characters over the ends of blocks are whole; half of one at the end is told."""
    text = "é" + "\N{GRINNING FACE}" * 50_000 + "\n"
    path = write(tmp_path / "a", (text * 3 + "end").encode("utf-16")[:-1])
    assert texts(read([path])) == [text[:-1]] * 3 + ["en\ufffd"]


@pytest.mark.parametrize("name", ["mssql", "windows_security"])
def test_a_sample_in_utf16_gives_the_same_events(tmp_path: Path, name: str) -> None:
    """As SQL Server writes its ERRORLOG, and PowerShell the XML of events."""
    parser = format_named(name)
    found = []
    for encoding in ("utf-8", "utf-16"):
        path = write(tmp_path / "log", parser.sample.encode(encoding))
        found.append(list(parse_events([path], settings=SETTINGS).events))
    assert found[0] == found[1]
    assert len(found[0]) == len(parser.expected)


def test_the_byte_limit_holds_over_all_sources(tmp_path: Path) -> None:
    """No more than `max_bytes` are read, and what is left out is told."""
    paths = [write(tmp_path / name, b"1234567\n" * 4) for name in ("a", "b")]
    causes = texts(read_lines(paths, max_bytes=40))
    assert causes.count("1234567") == 5
    assert causes[-1] == "more bytes than the limit allows"


def test_names_are_short_and_tell_files_apart(tmp_path: Path) -> None:
    """A source is named by its base name, and by its folder only where two share one."""
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "auth.log", b"a")
    write(tmp_path / "other.log", b"a")
    found = find_sources([str(tmp_path / "**" / "*.log"), tmp_path / "x" / "auth.log"])
    assert [source.name for source in found] == ["other.log", "x/auth.log", "y/auth.log"]


@pytest.mark.parametrize("name", ["missing.log", "missing-*.log", "."])
def test_a_missing_source_is_told_at_once(tmp_path: Path, name: str) -> None:
    """A path that is not there, an empty glob and a folder are the operator's error."""
    with pytest.raises(InputError):
        read_lines([tmp_path / name])


def test_standard_input_may_be_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads the standard input, told by its bytes."""
    stream = io.TextIOWrapper(io.BytesIO(gzip.compress(b"a\nb")))
    monkeypatch.setattr(sys, "stdin", stream)
    assert list(read_lines(["-"])) == [Line("stdin", 1, "a"), Line("stdin", 2, "b")]
