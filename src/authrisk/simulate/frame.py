"""The table of events: one column per field of `LoginEvent`, time as a timestamp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args, get_type_hints

import numpy as np
import polars as pl

from authrisk.event import LoginEvent, Outcome
from authrisk.simulate.draws import Ints

_TYPES: dict[type, pl.DataType] = {
    str: pl.String(), int: pl.Int64(), float: pl.Float64(), bool: pl.Boolean(),
    Outcome: pl.String(),
}  # fmt: skip


def event_schema() -> dict[str, pl.DataType]:
    """Column names and types in declaration order.

    >>> list(event_schema())[:3]
    ['event_id', 'timestamp', 'user_id']
    """
    hints = get_type_hints(LoginEvent)
    schema: dict[str, pl.DataType] = {}
    for name in LoginEvent.__struct_fields__:
        if name == "timestamp_ns":
            schema["timestamp"] = pl.Datetime("ns", "UTC")
            continue
        kinds = [kind for kind in (get_args(hints[name]) or (hints[name],)) if kind in _TYPES]
        schema[name] = _TYPES[kinds[0]]
    return schema


def event_frame(columns: Mapping[str, pl.Series], rows: int) -> pl.DataFrame:
    """A full frame from the columns that are known; the rest is null (`count` is 1)."""
    schema = event_schema()
    series = []
    for name, dtype in schema.items():
        value = columns.get(name)
        if value is None and name == "count":
            series.append(pl.Series(name, np.ones(rows, np.int64)))
        elif value is None:
            series.append(pl.Series(name, [None], dtype).extend_constant(None, rows - 1)
                          if rows else pl.Series(name, [], dtype))  # fmt: skip
        else:
            series.append(value.cast(dtype).alias(name))
    return pl.DataFrame(series)


def address_text(numbers: Ints) -> pl.Series:
    """Dotted quads of IPv4 numbers.

    >>> address_text(np.array([16_909_060])).to_list()
    ['1.2.3.4']
    """
    pairs = pl.Series([f"{high}.{low}" for high in range(256) for low in range(256)])
    upper, lower = pairs.gather(numbers >> 16), pairs.gather(numbers & 0xFFFF)
    return upper + "." + lower
