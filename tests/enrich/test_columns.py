"""The column file: exact both ways, refused when damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.enrich.columns import read_columns, write_columns
from authrisk.errors import InputError

DTYPES = (np.uint8, np.uint16, np.uint32, np.uint64)


@settings(max_examples=60, derandomize=True)
@given(st.sampled_from(DTYPES), st.lists(st.integers(0, 2**64 - 1), max_size=30), st.booleans())
def test_arrays_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, dtype: type, numbers: list[int], ordered: bool
) -> None:
    """Any unsigned column, sorted or not, is read back with its dtype; bytes are reproducible."""
    top = int(np.iinfo(dtype).max)
    values = [n % (top + 1) for n in numbers]
    array = np.array(sorted(values) if ordered else values, dtype=dtype)
    path = tmp_path_factory.mktemp("columns") / "a.columns"
    size = write_columns(path, {"a": array, "b": array[:3]}, {"n": 1})
    data = path.read_bytes()
    assert size == len(data)
    meta, arrays = read_columns(path)
    assert meta == {"n": 1}
    assert arrays["a"].dtype == dtype
    assert np.array_equal(arrays["a"], array)
    assert np.array_equal(arrays["b"], array[:3])
    write_columns(path, {"a": array, "b": array[:3]}, {"n": 1})
    assert path.read_bytes() == data


def test_only_flat_unsigned_columns_are_written(tmp_path: Path) -> None:
    """Signed numbers, floats and matrices are refused."""
    for array in (np.array([-1]), np.array([0.5]), np.zeros((2, 2), np.uint8)):
        with pytest.raises(ValueError, match="unsigned"):
            write_columns(tmp_path / "a", {"a": array})


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    """Cut at any byte, foreign or missing: an InputError that names the file."""
    path = tmp_path / "a.columns"
    write_columns(path, {"a": np.arange(500, dtype=np.uint32), "b": np.ones(9, np.uint8)})
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(InputError, match=r"a\.columns"):
            read_columns(path)
    path.write_bytes(data.replace(b'"length": 500', b'"length": 999'))
    with pytest.raises(InputError):
        read_columns(path)
    with pytest.raises(InputError, match="missing"):
        read_columns(tmp_path / "missing")
