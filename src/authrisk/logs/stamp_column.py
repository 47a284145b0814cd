"""Columns of stamps -> nanoseconds: what `StampReader` gives for each, minute by minute."""

from __future__ import annotations

import polars as pl

from authrisk.event import NS_PER_S
from authrisk.logs.timestamps import StampReader


def stamps_ns(texts: pl.Series, stamps: StampReader) -> pl.Series:
    """`stamps.utc_ns` of each text, null where it raises ValueError; Int64.

    A log has many stamps and few minutes: the reader is asked once a minute.

    >>> import datetime as dt
    >>> from authrisk.logs.parser import ParseSettings
    >>> stamps = StampReader(ParseSettings(dt.datetime(2024, 1, 5, tzinfo=dt.UTC)))
    >>> stamps_ns(pl.Series(["Jan  5 10:00:01", "2024-01-05T10:00:01.5Z", "x"]), stamps).to_list()
    [1704448801000000000, 1704448801500000000, None]
    """
    if texts.str.contains(_WHOLE_SECONDS).all():
        minutes = _known_ns(texts.str.head(-2) + "00", stamps)
        return minutes + texts.str.tail(2).cast(pl.Int64) * NS_PER_S
    parts = texts.str.extract_groups(_PARTS).struct.unnest()
    minutes = _known_ns(parts["minute"] + "00" + parts["zone"].fill_null(""), stamps)
    fraction = parts["fraction"].fill_null("").str.head(9).str.pad_end(9, "0")
    ns = minutes + parts["second"].cast(pl.Int64) * NS_PER_S + fraction.cast(pl.Int64)
    rest = ns.is_null()
    if not rest.any():
        return ns
    return ns.scatter(rest.arg_true(), _known_ns(texts.filter(rest), stamps))


def _known_ns(texts: pl.Series, stamps: StampReader) -> pl.Series:
    """The reader's answers for texts of which many are equal; null for null."""
    different = texts.drop_nulls().unique()
    answers = [_ns(text, stamps) for text in different]
    return texts.replace_strict(different, answers, default=None, return_dtype=pl.Int64)


def _ns(text: str, stamps: StampReader) -> int | None:
    try:
        return stamps.utc_ns(text)
    except ValueError:
        return None


_WHOLE_SECONDS = r"^[A-Z][^.,]*:[0-5][0-9]$"
_PARTS = (
    r"^(?<minute>[^\n]{11,17}:)(?<second>[0-5][0-9])(?:[.](?<fraction>[0-9]{1,12}))?"
    r"(?<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?$"
)
"""Most stamps; the reader looks at the others one by one."""
