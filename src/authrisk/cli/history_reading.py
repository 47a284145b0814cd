"""A service's history, opened to be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.errors import InputError

if TYPE_CHECKING:
    from authrisk.history.sqlite import SqliteStore

DEFAULT = Path("authrisk-history.sqlite")
"""In the working directory: where `authrisk serve` keeps it."""

HistoryFile = Annotated[
    Path, typer.Option(envvar="AUTHRISK_HISTORY", help="SQLite file; made when missing.")
]


@contextmanager
def opened(path: Path) -> Iterator[SqliteStore]:
    """The store of a file that is there; InputError otherwise, and no file is made."""
    from authrisk.history.sqlite import SqliteStore

    if not path.is_file():
        raise InputError("no such history", where=str(path), remedy="authrisk serve makes one")
    store = SqliteStore(path)
    try:
        yield store
    finally:
        store.close()
