"""A JSON file that is one long line becomes lines of its records."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.logs.json_records import json_objects
from authrisk.logs.parser import Line
from authrisk.logs.reader import read_lines
from authrisk.logs.record_lines import record_lines

TRICKY = st.sampled_from(['"', "\\", '\\"', "{", "}", "]", "},{", "[", ",", "x", "\\\\"])
VALUES = st.one_of(
    st.integers(),
    st.lists(TRICKY, max_size=5).map("".join),
    st.lists(st.just({"n": [{}]}), max_size=2),
)
RECORDS = st.lists(st.dictionaries(TRICKY, VALUES, max_size=3), min_size=1, max_size=5)
SHAPES = {
    "array": lambda records: records,
    "records": lambda records: {"Records": records},
    "after other keys": lambda records: {"@odata.context": "https://x", "n": 1, "value": records},
}  # fmt: skip


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """The first block large enough to be looked at, then blocks of the sizes."""
    blocks, at = [data[: 1 << 15]], 1 << 15
    while at < len(data):
        size = sizes[len(blocks) % len(sizes)]
        blocks.append(data[at : at + size])
        at += size
    return blocks


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=25)
@given(records=RECORDS, sizes=st.lists(st.integers(1, 40), min_size=1, max_size=3))
def test_each_record_is_on_a_line(shape: str, records: list[Any], sizes: list[int]) -> None:
    """However the bytes are cut, the lines hold the records, and nothing but breaks is added."""
    records = [{"pad": "x" * (1 << 15)}, *records]
    data = json.dumps(SHAPES[shape](records)).encode()
    text = b"".join(record_lines(cut(data, sizes)))
    assert text.replace(b"\n", b"") == data
    lines = [Line("f", n, line.decode()) for n, line in enumerate(text.split(b"\n"), 1)]
    found = [
        json.loads(i.text) for i in json_objects(lines, ["Records", "value"]) if isinstance(i, Line)
    ]
    assert found == records


@given(
    st.lists(st.binary(max_size=200), max_size=4),
    st.sampled_from([b"", b"[", b'{"a":1}\n', b"[1,2]"]),
)
def test_other_bytes_stay_as_they_are(blocks: list[bytes], head: bytes) -> None:
    """Text, short files, lines that are short enough, arrays of something else."""
    blocks = [head + b" " * (1 << 15) + b"\n", *blocks]
    assert b"".join(record_lines(blocks)) == b"".join(blocks)
    assert list(record_lines([])) == [b""]


@settings(max_examples=40)
@given(st.binary(max_size=300), st.integers(1, 50))
def test_damage_loses_nothing(tail: bytes, size: int) -> None:
    """Whatever follows, every byte comes out."""
    data = b'[{"pad":"' + b"x" * (1 << 15) + b'"},' + tail
    text = b"".join(record_lines(cut(data, [size])))
    assert text.replace(b"\n", b"") == data.replace(b"\n", b"")


def test_a_file_of_one_line_is_read_in_flat_memory(tmp_path: Path) -> None:
    """16 MiB without a line break give their records at the cost of a few blocks."""
    record = json.dumps({"eventName": "ConsoleLogin", "pad": "y" * 1000})
    count = 16_000
    path = tmp_path / "trail.json"
    path.write_text('{"Records":[' + ",".join([record] * count) + "]}")
    tracemalloc.start()
    found = sum(
        '"ConsoleLogin"' in line.text for line in read_lines([path]) if isinstance(line, Line)
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == count
    assert peak < 4 << 20
