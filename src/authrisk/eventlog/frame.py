"""Login events as a table: one column per field, and back without loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, get_args, get_type_hints

import msgspec
import polars as pl

from authrisk.errors import InputError
from authrisk.event import LoginEvent, Outcome

TIME = pl.Datetime("ns", "UTC")

_DTYPES: dict[object, Any] = {
    str: pl.String,
    Outcome: pl.String,
    int: pl.Int64,
    float: pl.Float64,
    bool: pl.Boolean,
}


def _schema() -> pl.Schema:
    """`LoginEvent`'s fields in their order, with the column type of each."""
    columns: dict[str, Any] = {}
    hints = get_type_hints(LoginEvent)
    for field in msgspec.structs.fields(LoginEvent):
        hint = hints[field.name]
        if isinstance(hint, UnionType):
            (hint,) = (part for part in get_args(hint) if part is not NoneType)
        columns[field.name] = _DTYPES[hint]
    return pl.Schema(
        {("timestamp" if k == "timestamp_ns" else k): v for k, v in columns.items()}
        | {"timestamp": TIME}
    )


EVENT_SCHEMA: pl.Schema = _schema()
"""Column name to type, in the order of `LoginEvent`'s fields; `timestamp` is UTC, nanoseconds."""

REQUIRED = ("event_id", "timestamp", "outcome", "count")
"""Columns without nulls."""

_FIELDS = {"timestamp": "timestamp_ns"}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_SLICE_ROWS = 8192


def to_frame(events: Iterable[LoginEvent]) -> pl.DataFrame:
    """Events as rows of `EVENT_SCHEMA`, in their order.

    Raises InputError for a value that no column holds: a number beyond 64 bits, half a
    surrogate pair in a text.

    >>> to_frame([LoginEvent(event_id="1", timestamp_ns=0, user_id="7")]).columns[:3]
    ['event_id', 'timestamp', 'user_id']
    """
    rows = events if isinstance(events, list) else list(events)
    return pl.DataFrame([_column(name, dtype, rows) for name, dtype in EVENT_SCHEMA.items()])


def to_events(frame: pl.DataFrame) -> Iterator[LoginEvent]:
    """The events of a table that has the columns of `EVENT_SCHEMA`; undoes `to_frame` exactly.

    Raises InputError when a column is missing, of another type, or null where it may not be.
    """
    check_schema(frame.schema, EVENT_SCHEMA)
    for name in REQUIRED:
        if frame[name].null_count():
            raise InputError(f"column {name} has empty cells", remedy="every event needs one")
    for start in range(0, frame.height, _SLICE_ROWS):
        yield from _slice_events(frame.slice(start, _SLICE_ROWS))


def check_schema(found: pl.Schema, wanted: pl.Schema, where: str | None = None) -> None:
    """Raise InputError that names the first column in which two schemas differ."""
    if found == wanted:
        return
    remedy = "make the file again with this version of authrisk"
    for name, dtype in wanted.items():
        if name not in found:
            raise InputError(f"column {name} is missing", where=where, remedy=remedy)
        if found[name] != dtype:
            what = f"column {name} is {found[name]} and should be {dtype}"
            raise InputError(what, where=where, remedy=remedy)
    extra = [name for name in found if name not in wanted]
    what = f"unknown column {extra[0]}" if extra else "the columns are in another order"
    raise InputError(what, where=where, remedy=remedy)


def _column(name: str, dtype: Any, events: Sequence[LoginEvent]) -> pl.Series:
    values = list(map(attrgetter(_FIELDS.get(name, name)), events))
    try:
        if name == "timestamp":
            return pl.Series(name, values, dtype=pl.Int64).cast(dtype)
        return pl.Series(name, values, dtype=dtype)
    except (TypeError, OverflowError, UnicodeEncodeError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"column {name} cannot hold a value: {reason}") from error


def _slice_events(rows: pl.DataFrame) -> Iterator[LoginEvent]:
    """Events of a few rows; columns without any value are left to the field's default."""
    columns = []
    for column in rows:
        if column.name in REQUIRED or column.name == "user_id":
            pass
        elif column.null_count() == rows.height:
            continue
        columns.append((_FIELDS.get(column.name, column.name), _values(column)))
    names = [name for name, _ in columns]
    for values in zip(*(values for _, values in columns), strict=True):
        yield LoginEvent(**dict(zip(names, values, strict=True)))


def _values(column: pl.Series) -> list[Any]:
    if column.name == "timestamp":
        return column.cast(pl.Int64).to_list()
    if column.name == "outcome":
        try:
            return [_OUTCOMES[word] for word in column.to_list()]
        except KeyError as error:
            raise InputError(
                f"unknown outcome {error}", remedy=f"one of {list(_OUTCOMES)}"
            ) from None
    return column.to_list()
