"""Events written as the logs of real servers, which the parsers read back."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from authrisk.errors import InputError
from authrisk.simulate.log_rba import rba_lines
from authrisk.simulate.log_sshd import sshd_lines
from authrisk.simulate.log_wso2 import wso2_lines

Writer = Callable[[pl.DataFrame, pl.DataFrame | None], list[str]]

WRITERS: dict[str, Writer] = {
    "rba_csv": rba_lines,
    "sshd": lambda events, _: sshd_lines(events),
    "wso2_is": lambda events, _: wso2_lines(events),
}
"""Format name to writer; the names are those of the parsers."""


def log_lines(events: pl.DataFrame, format: str, labels: pl.DataFrame | None = None) -> list[str]:
    """The lines of a log of that format, without line breaks, in the order of the events.

    A server's log holds less than an event: see each writer for what is left out. `labels` (one
    row per event, same order) go where the format has columns for them. Raises InputError for a
    format without a writer, and for events that the format cannot say.
    """
    if format not in WRITERS:
        raise InputError(f"no writer for {format}", remedy=f"choose from {', '.join(WRITERS)}")
    return WRITERS[format](events, labels)
