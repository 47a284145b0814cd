"""`authrisk formats`: the log formats that can be read."""

from __future__ import annotations

import inspect
import sys
from typing import Annotated

import typer

from authrisk.cli.terminal import report, show, table


def run(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A format, to see it whole.")
    ] = None,
) -> None:
    """List the log formats that can be read, or show one of them.

    `proven` says what a format was tried on: lines of real servers (samples), or the vendor's
    documentation alone. With a name: its assumptions, its sample and what that gives.

    \b
    Example:
      authrisk formats sshd
    """
    from authrisk.logs.discovery import format_named, formats

    if name is None:
        rows = [[p.name, p.versions, p.proven, p.title] for p in formats().values()]
        show(table(["format", "versions", "proven", "reads"], rows))
        report("One of them whole: authrisk formats NAME. A new one: docs/add-a-parser.md")
        return
    from authrisk.event import LoginEvent, to_json
    from authrisk.testing.parser import parse_text

    parser = format_named(name)
    about = inspect.getdoc(sys.modules[type(parser).__module__]) or ""
    events = [item for item in parse_text(parser, parser.sample) if isinstance(item, LoginEvent)]
    show(
        [
            f"{parser.name}: {parser.title}",
            f"versions: {parser.versions}",
            f"proven by: {parser.proven}",
            "",
            *about.splitlines(),
            "",
            "A sample:",
            *(f"  {line}" for line in parser.sample.splitlines()),
            "",
            "The first event of it:",
            *(f"  {to_json(event).decode()}" for event in events[:1]),
        ]
    )
