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
        typer.Option(
            help="Names of `authrisk formats` (a,b reads both together), a .toml description, or "
            "auto: every syslog format. Default: what claims each file."
        ),
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
    users: Annotated[
        Path | None,
        typer.Option(help="A .toml that brings user ids together: domain, case, alias."),
    ] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejects", "--rejected", help="Write the rejected lines here, as NDJSON, redacted."
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Processes for several files. Default: as many as help."),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Go on as the logs grow, through rotation; NDJSON only."),
    ] = False,
    state: Annotated[
        Path | None,
        typer.Option(
            help="With --follow: where reading stopped. Default: the output's name.state."
        ),
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
    import gc
    import tempfile

    from authrisk.cli.log_reading import KeepingTally, read_logs, told
    from authrisk.cli.parallel_reading import read_in_parallel, sensible_jobs
    from authrisk.cli.part_worker import Job
    from authrisk.cli.treatment import treatment
    from authrisk.errors import InputError
    from authrisk.eventlog.sibling import replacing
    from authrisk.logs.choice import choose_formats
    from authrisk.logs.parser import ParseSettings
    from authrisk.logs.reader import find_sources
    from authrisk.logs.timestamps import zone_of

    gc.set_threshold(100_000)  # events make no cycles, and looking for some takes a sixth
    zone_of(timezone)
    for option, given, fits in (
        ("--jobs", jobs is not None, not follow),
        ("--strict", strict, not follow),
        ("--state", state is not None, follow),
    ):
        if given and not fits:
            what = "does not go with --follow" if follow else "goes with --follow only"
            raise InputError(what, where=option, remedy="leave it away")
    now = dt.datetime.now(dt.UTC)
    choice = choose_formats(format)
    if follow:
        from authrisk.cli.following import Following, follow_logs, logs_to_follow

        if state is None and out != STDOUT:
            state = Path(f"{out}.state")
        settings = ParseSettings(now, timezone, clock=lambda: dt.datetime.now(dt.UTC))
        paths = logs_to_follow(logs)
        treat = treatment(enrich=enrich, mmdb=mmdb or (), users=users)
        done = follow_logs(Following(paths, choice, settings, out, to, state, treat, rejects))
        for line in told(done.report()):
            report(line)
        return
    sources = find_sources(logs)
    jobs = min(jobs or sensible_jobs(sources), max(1, len(sources)))
    with ExitStack() as stack:
        kept = None
        if rejects is not None:
            kept = stack.enter_context(stack.enter_context(replacing(rejects)).open("wb"))
        tally = KeepingTally(kept)
        write_labels = stack.enter_context(label_output(out))
        write = stack.enter_context(event_output(out, to))
        if jobs == 1:
            treat = treatment(enrich=enrich, mmdb=mmdb or (), users=users)
            settings = ParseSettings(reference=now, timezone=timezone)
            parts = read_logs(sources, choice, settings, tally, treat)
        else:
            beside = None if out == STDOUT else Path(out).parent
            folder = stack.enter_context(tempfile.TemporaryDirectory(".parts", ".", beside))
            job = Job(
                folder=folder,
                format=format,
                reference=now,
                timezone=timezone,
                enrich=enrich,
                mmdb=[str(path) for path in mmdb or ()],
                users=None if users is None else str(users),
                keep_rejected=kept is not None,
            )
            parts = read_in_parallel(sources, job, jobs, tally)
        bar = stack.enter_context(progress_bar("events"))
        task = bar.add_task("parse", total=None)
        for events, labels in parts:
            write(events)
            if labels is not None:
                write_labels(labels)
            bar.update(task, completed=tally.events)
    for line in told(tally.report()):
        report(line)
    if strict and tally.report().rejected_lines:
        raise typer.Exit(1)
