"""What every table of parsed events goes through before it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

Treat = Callable[["pl.DataFrame"], "pl.DataFrame"]


def treatment(*, enrich: bool, mmdb: Sequence[Path], users: Path | None) -> Treat:
    """Secrets out, users brought together, then place, network and client filled in.

    Raises InputError for a mapping or a table that cannot be read.
    """
    from authrisk.enrich.users import read_user_mapping
    from authrisk.logs.redact import redact_frame

    steps: list[Treat] = [redact_frame]
    if users is not None:
        steps.append(read_user_mapping(users).frame)
    if enrich:
        from authrisk.enrich.enricher import Enricher
        from authrisk.enrich.geo import AddressTables
        from authrisk.enrich.user_agent import default_parser

        steps.append(Enricher(AddressTables.load(mmdb), default_parser()).enrich_frame)

    def treat(events: pl.DataFrame) -> pl.DataFrame:
        for step in steps:
            events = step(events)
        return events

    return treat
