"""What all writers of logs share: checks, and stamps of many events at once."""

from __future__ import annotations

import polars as pl

from authrisk.errors import InputError


def must_have(events: pl.DataFrame, format: str, *columns: str) -> None:
    """Raises InputError when one of the columns has a null: no event is left out silently."""
    for name in columns:
        missing = events[name].null_count()
        if missing:
            raise InputError(f"{missing} events have no {name}, which a {format} log needs")


def must_be_decided(events: pl.DataFrame, format: str) -> None:
    """Raises InputError for outcomes other than success and failure."""
    other = events.filter(~pl.col("outcome").is_in(["success", "failure"])).height
    if other:
        raise InputError(f"{other} events are neither success nor failure: no {format} line for it")
