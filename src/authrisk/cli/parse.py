"""`authrisk parse`: logs of any known format to one file of login events."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from authrisk.cli.event_writing import Vocabulary, event_output, label_output
from authrisk.cli.terminal import STDOUT, progress_bar, report


def run(
    logs: Annotated[
        list[str],
        typer.Argument(metavar="LOG...", help="Files, globs, or - for stdin. Plain, .gz, .zst."),
    ],
    out: Annotated[
        str,
        typer.Option("-o", "--out", help="events.parquet or events.ndjson; - is NDJSON on stdout."),
    ] = STDOUT,
    format: Annotated[
        str | None,
        typer.Option(help="A name of `authrisk formats`, or a .toml description. Default: sniff."),
    ] = None,
    to: Annotated[
        Vocabulary, typer.Option(help="The names of fields in NDJSON.")
    ] = Vocabulary.CANONICAL,
    timezone: Annotated[str, typer.Option(help="Zone of stamps that name none.")] = "UTC",
    enrich: Annotated[
        bool, typer.Option("--enrich/--no-enrich", help="Fill in place, network and client.")
    ] = True,
    mmdb: Annotated[
        list[Path] | None, typer.Option(help="Your own .mmdb, asked first. May be repeated.")
    ] = None,
    rejected: Annotated[
        Path | None, typer.Option(help="Write the rejected lines here, as NDJSON.")
    ] = None,
    strict: Annotated[bool, typer.Option(help="Exit code 1 if a line was rejected.")] = False,
) -> None:
    """Read logs into login events.

    Every line becomes an event, is ignored with a cause (fine, but no login) or is rejected with
    a cause. Labels in a log go to a file beside the events: events.labels.parquet.

    \b
    Example:
      authrisk parse /var/log/auth.log* --timezone Europe/Oslo -o events.parquet
    """
    import datetime as dt

    from authrisk.cli.log_reading import KeepingTally, read_logs, told
    from authrisk.enrich.enricher import Enricher
    from authrisk.enrich.geo import AddressTables
    from authrisk.enrich.user_agent import default_parser
    from authrisk.eventlog.sibling import replacing
    from authrisk.logs.parser import ParseSettings
    from authrisk.logs.timestamps import zone_of

    zone_of(timezone)
    settings = ParseSettings(reference=dt.datetime.now(dt.UTC), timezone=timezone)
    enricher = Enricher(AddressTables.load(mmdb or ()), default_parser()) if enrich else None
    with ExitStack() as stack:
        kept = None
        if rejected is not None:
            kept = stack.enter_context(stack.enter_context(replacing(rejected)).open("wb"))
        tally = KeepingTally(kept)
        parts = read_logs(logs, format, settings, tally)
        write_labels = stack.enter_context(label_output(out))
        write = stack.enter_context(event_output(out, to))
        bar = stack.enter_context(progress_bar("events"))
        task = bar.add_task("parse", total=None)
        for events, labels in parts:
            write(events if enricher is None else enricher.enrich_frame(events))
            if labels is not None:
                write_labels(labels)
            bar.update(task, completed=tally.events)
    for line in told(tally.report()):
        report(line)
    if strict and tally.report().rejected_lines:
        raise typer.Exit(1)
