"""`authrisk formats`: the log formats that can be read."""

from __future__ import annotations

from authrisk.cli.terminal import report, show, table


def run() -> None:
    """List the log formats that can be read.

    \b
    Example:
      authrisk formats
    """
    from authrisk.logs.discovery import formats

    show(table(["format", "reads"], [[p.name, p.title] for p in formats().values()]))
    report("Another one is described in a .toml file: docs/add-a-parser.md")
