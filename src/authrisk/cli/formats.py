"""`authrisk formats`: the log formats that can be read."""

from __future__ import annotations

from typing import Annotated

import typer

from authrisk.cli.terminal import report, show, table

EXAMPLE_CHARACTERS = 100
"""Of a sample, in the list."""


def run(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A format, to see it whole.")
    ] = None,
) -> None:
    """List the log formats that can be read, or show one of them.

    Each is listed with versions, what it reads and how an example of it begins.
    `proven` says what a format was tried on: lines of real servers (samples), or the vendor's
    documentation alone. With a name: its assumptions, its sample and what that gives.

    \b
    Example:
      authrisk formats sshd
    """
    from authrisk.logs.discovery import docstring_of, format_named, formats

    if name is None:
        parsers = formats().values()
        rows = [[p.name, p.versions, p.proven, p.title] for p in parsers]
        head, *lines = table(["format", "versions", "proven", "reads"], rows)
        show([head])
        for line, parser in zip(lines, parsers, strict=True):
            show([line, f"    {_beginning(parser.sample)}"])
        report("One of them whole: authrisk formats NAME. A new one: docs/add-a-parser.md")
        return
    from authrisk.event import LoginEvent, to_json
    from authrisk.testing.parser import parse_text

    parser = format_named(name)
    events = [item for item in parse_text(parser, parser.sample) if isinstance(item, LoginEvent)]
    show(
        [
            f"{parser.name}: {parser.title}",
            f"versions: {parser.versions}",
            f"proven by: {parser.proven}",
            "",
            *docstring_of(name).splitlines(),
            "",
            "A sample:",
            *(f"  {line}" for line in parser.sample.splitlines()),
            "",
            "The first event of it:",
            *(f"  {to_json(event).decode()}" for event in events[:1]),
        ]
    )


def _beginning(sample: str) -> str:
    """The first characters of a sample, on one line whatever its shape."""
    text = " ".join(sample[: 4 * EXAMPLE_CHARACTERS].split())
    return text if len(text) <= EXAMPLE_CHARACTERS else text[: EXAMPLE_CHARACTERS - 3] + "..."
