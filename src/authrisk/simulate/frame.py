"""The table of events: one column per field of `LoginEvent`, time as a timestamp."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from authrisk.eventlog import EVENT_SCHEMA
from authrisk.simulate.draws import Ints


def event_frame(columns: Mapping[str, pl.Series], rows: int) -> pl.DataFrame:
    """A full frame from the columns that are known; the rest is null (`count` is 1)."""
    series = []
    for name, dtype in EVENT_SCHEMA.items():
        value = columns.get(name)
        if value is None and name == "count":
            series.append(pl.Series(name, np.ones(rows, np.int64)))
        elif value is None:
            series.append(pl.repeat(None, rows, dtype=dtype, eager=True).alias(name))
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
