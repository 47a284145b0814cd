"""redteam.txt of the LANL data set (Kent, 2015): labels beside the authentication events.

`time,user@domain,source computer,destination computer`, one row for each login that the red team
made with a stolen credential. It is joined with the events of `auth.txt` by these four.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from authrisk.errors import InputError
from authrisk.event import NS_PER_S
from authrisk.eventlog.frame import TIME
from authrisk.eventlog.labels import LABEL_SCHEMA
from authrisk.logs.parser import Line, Rejected

REDTEAM_SCHEMA = pl.Schema(
    {
        "timestamp": TIME,
        "user_id": pl.String(),
        "src_host": pl.String(),
        "dst_host": pl.String(),
    }
)
"""Columns by which a row of redteam.txt is an event of auth.txt."""


def read_redteam(lines: Iterable[Line | Rejected]) -> pl.DataFrame:
    """The logins of redteam.txt, each once, in columns of `REDTEAM_SCHEMA`.

    `lines` are those that `logs.reader.read_lines` gives, compressed or not. Raises InputError for
    a line that is no row: labels with holes would be worse than none.

    >>> read_redteam([Line("redteam.txt", 1, "150885,U620@DOM1,C17693,C1003")]).row(0)[1:]
    ('U620@DOM1', 'C17693', 'C1003')
    """
    rows = dict.fromkeys(_rows(lines))
    frame = pl.DataFrame(
        list(rows), schema=dict(REDTEAM_SCHEMA) | {"timestamp": pl.Int64}, orient="row"
    )
    return frame.cast(REDTEAM_SCHEMA)


def redteam_labels(events: pl.DataFrame, redteam: pl.DataFrame) -> pl.DataFrame:
    """A label for each event, in their order, in columns of `LABEL_SCHEMA`.

    `is_attack` and `is_account_takeover` are true for a successful login that the red team made;
    a failed one is an attack alone. All others of `auth.txt` are false: the list is the whole of
    what the red team did. `events` may be any slice of them (`logs/formats/lanl_auth.py`).
    """
    keys = list(REDTEAM_SCHEMA)
    made = redteam.select(keys).unique().with_columns(is_attack=pl.lit(value=True))
    marked = events.select("event_id", "outcome", *keys).join(
        made, on=keys, how="left", maintain_order="left"
    )
    attack = pl.col("is_attack").fill_null(value=False)
    said = {
        "is_account_takeover": attack & (pl.col("outcome") == "success"),
        "is_attack": attack,
        "campaign": pl.when(attack).then(pl.lit("LANL red team")),
        "victim": pl.when(attack).then(pl.col("user_id")),
    }
    unsaid = {name: pl.lit(None, dtype) for name, dtype in LABEL_SCHEMA.items()}
    return marked.select(**unsaid | {"event_id": pl.col("event_id")} | said)


def _rows(lines: Iterable[Line | Rejected]) -> Iterator[tuple[int, str, str, str]]:
    for line in lines:
        if isinstance(line, Rejected):
            raise InputError(line.cause, where=line.line.place)
        if not line.text.strip():
            continue
        seconds, *rest = line.text.strip().split(",")
        good = seconds.isascii() and seconds.isdigit() and len(seconds) <= 9
        if len(rest) != 3 or not all(rest) or not good:
            raise InputError("no row of redteam.txt", where=line.place)
        user, source, destination = rest
        yield int(seconds) * NS_PER_S, user, source, destination
