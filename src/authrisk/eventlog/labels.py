"""What is known about events afterwards: labels, in a file beside the events."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path

import msgspec
import polars as pl

from authrisk.eventlog.parquet import (
    Table,
    TableWriter,
    gather,
    read_table,
    scan_table,
    write_table,
)


class Label(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody says about one event. None: nobody said. The columns are never merged.

    An attack address is a blocklist hit and more than half of its logins are benign; a takeover
    is an incident team's verdict (Wiefling et al., 2022).
    """

    event_id: str
    is_account_takeover: bool | None = None
    """The account was in wrong hands (RBA `Is Account Takeover`)."""
    is_attack_ip: bool | None = None
    """The address was on a blocklist (RBA `Is Attack IP`)."""
    is_attack: bool | None = None
    """Made by an attacker of a simulation or an injector."""
    tier: str | None = None
    """T0..T6: what that attacker knew."""
    campaign: str | None = None
    """Joins the attempts of one attacker."""
    victim: str | None = None
    """User id of the account that the attacker strikes."""


LABEL_SCHEMA: pl.Schema = pl.Schema(
    {
        "event_id": pl.String,
        "is_account_takeover": pl.Boolean,
        "is_attack_ip": pl.Boolean,
        "is_attack": pl.Boolean,
        "tier": pl.String,
        "campaign": pl.String,
        "victim": pl.String,
    }
)
LABELS = Table("labels", 2, LABEL_SCHEMA)

FRAME_ROWS = 131_072


def labels_path(events_path: Path) -> Path:
    """Where the labels of an event file are.

    >>> labels_path(Path("day.parquet")).name
    'day.labels.parquet'
    """
    return events_path.with_name(f"{events_path.stem}.labels.parquet")


def labels_to_frame(labels: Iterable[Label]) -> pl.DataFrame:
    """Labels as rows of `LABEL_SCHEMA`, in their order."""
    rows = list(labels)
    return pl.DataFrame(
        {name: list(map(attrgetter(name), rows)) for name in LABEL_SCHEMA}, schema=LABEL_SCHEMA
    )


def open_labels(path: Path) -> TableWriter:
    """A writer of label frames, for a source that gives events and labels together."""
    return TableWriter(path, LABELS)


def write_labels(path: Path, labels: Iterable[Label | pl.DataFrame]) -> int:
    """Write labels, given one by one or in frames of `LABEL_SCHEMA`; answers how many."""
    return write_table(path, LABELS, gather(labels, labels_to_frame, FRAME_ROWS))


def read_labels(path: Path) -> pl.DataFrame:
    """All labels of a file; raises InputError when it is no file of labels."""
    return read_table(path, LABELS)


def scan_labels(path: Path) -> pl.LazyFrame:
    """The labels of a file, not yet read; raises InputError when it is no file of labels."""
    return scan_table(path, LABELS)
