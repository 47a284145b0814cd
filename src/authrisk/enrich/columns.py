"""A small file format for integer columns: byte planes under zstd, no code inside.

`ARCOLS1\\n`, four bytes of header length (little endian), a JSON header, then one zstd frame for
each column. Sorted columns are kept as differences. A table of three million ranges takes five
megabytes and loads in some 30 ms.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from authrisk.errors import InputError
from authrisk.zstd import ZstdDecompressor, ZstdError, compress

MAGIC = b"ARCOLS1\n"
LEVEL = 19
LARGEST_COLUMN = 1 << 28
"""Bytes; a header that asks for more is refused."""


class Columns(NamedTuple):
    """What a file holds: its notes and its arrays by name, in the order of writing."""

    meta: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def write_columns(
    path: Path, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any] | None = None
) -> int:
    """Write unsigned integer arrays; the same input gives the same bytes. Answers the size.

    Bytes (text) are written as uint8. Never-decreasing columns are stored as differences.
    """
    frames, header = [], []
    for name, array in arrays.items():
        if array.dtype.kind != "u" or array.ndim != 1:
            raise ValueError(f"column {name}: only flat unsigned arrays")
        wide = array.astype(np.uint64)
        sorted_up = len(wide) > 1 and bool(np.all(wide[1:] >= wide[:-1]))
        values = np.diff(wide, prepend=np.uint64(0)) if sorted_up else wide
        width = max(1, (int(values.max(initial=0)).bit_length() + 7) // 8)
        planes = values.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width].T
        frame = compress(planes.tobytes(), LEVEL)
        frames.append(frame)
        header.append(
            {
                "name": name,
                "dtype": array.dtype.str.lstrip("<>|="),
                "length": len(array),
                "planes": width,
                "differences": sorted_up,
                "size": len(frame),
            }
        )
    head = json.dumps({"meta": dict(meta or {}), "columns": header}, sort_keys=True).encode()
    data = b"".join([MAGIC, len(head).to_bytes(4, "little"), head, *frames])
    path.write_bytes(data)
    return len(data)


def read_columns(path: Path) -> Columns:
    """Read a file that `write_columns` wrote; raises InputError naming it when it is damaged."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None
    try:
        if not data.startswith(MAGIC):
            raise ValueError("not a column file")
        start = len(MAGIC) + 4
        at = start + int.from_bytes(data[len(MAGIC) : start], "little")
        header = json.loads(data[start:at])
        arrays = {}
        for column in header["columns"]:
            end = at + int(column["size"])
            arrays[str(column["name"])] = _decode(data[at:end], column)
            at = end
        return Columns(dict(header["meta"]), arrays)
    except (ValueError, KeyError, TypeError, ZstdError) as error:
        remedy = "install the package again, or rebuild with scripts/build_tables.py"
        raise InputError(f"damaged table: {error}", where=str(path), remedy=remedy) from None


def _decode(frame: bytes, column: Mapping[str, Any]) -> NDArray[Any]:
    length, width = int(column["length"]), int(column["planes"])
    dtype = np.dtype("<" + str(column["dtype"]))
    size = length * width
    if dtype.kind != "u" or not 0 < width <= 8 or not 0 <= size <= LARGEST_COLUMN:
        raise ValueError(f"column {column['name']}: impossible header")
    raw = ZstdDecompressor().decompress(frame, size + 1) if size else b""
    if len(raw) != size:
        raise ValueError(f"column {column['name']}: {len(raw)} bytes in place of {size}")
    planes = np.frombuffer(raw, dtype=np.uint8).reshape(width, length)
    if width == 1:
        values = planes[0].astype(dtype)
    else:
        lanes = np.zeros((length, dtype.itemsize), dtype=np.uint8)
        for lane in range(min(width, dtype.itemsize)):
            lanes[:, lane] = planes[lane]
        values = lanes.view(dtype).reshape(length)
    return np.cumsum(values, dtype=dtype) if column["differences"] else values
