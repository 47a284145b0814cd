"""What the commands show: lines on stderr, tables on stdout, progress bars on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from authrisk.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress

STDOUT = "-"


def report(line: str = "") -> None:
    """One line for the person, beside the data: on stderr."""
    sys.stderr.write(line + "\n")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as aligned columns, numbers to the right.

    >>> table(["n", "name"], [["10", "ada"], ["9", "bo"]])
    [' n  name', '10  ada', ' 9  bo']
    """
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    right = [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(len(head))]
    return [
        "  ".join(
            cell.rjust(width) if at_right else cell.ljust(width)
            for cell, width, at_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]


def show(lines: Sequence[str]) -> None:
    """Lines of a result, on stdout."""
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.stdout.flush()


@contextmanager
def progress_bar(unit: str) -> Iterator[Progress]:
    """A bar on stderr that counts `unit`; nothing at all where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} " + unit),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        yield bar


def ending(path: str, allowed: Sequence[str]) -> str:
    """The ending of an output file, which says its format; InputError when it is another.

    >>> ending("scores.CSV", [".csv", ".parquet"])
    '.csv'
    """
    suffix = Path(path).suffix.lower()
    if suffix not in allowed:
        raise InputError(
            "the ending says no known format", where=path, remedy=f"use {' or '.join(allowed)}"
        )
    return suffix


def _is_number(cell: str) -> bool:
    return bool(cell) and cell[-1].isdigit() and not cell.strip("0123456789.,-")
