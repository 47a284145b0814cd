"""`authrisk events`: what a service's history holds."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.arguments import EventsFile
from authrisk.cli.event_writing import event_output
from authrisk.cli.history_reading import DEFAULT, opened
from authrisk.cli.terminal import STDOUT, progress_bar, report

if TYPE_CHECKING:
    from authrisk.event import LoginEvent
    from authrisk.history.store import StoredLogin

EVERY = 1_000_000
"""Logins of one user: more than any history keeps."""

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Look at the logins a service has kept."
)
History = Annotated[
    Path, typer.Option(envvar="AUTHRISK_HISTORY", help="The SQLite file of `serve`.")
]
_FRAME_EVENTS = 32_768


# Ids may be negative numbers: `-4324475583306591935` is no option.
@app.command(context_settings={"ignore_unknown_options": True})
def show(
    user: Annotated[str, typer.Argument(metavar="USER", help="The user's id.")],
    history: History = DEFAULT,
) -> None:
    """Print what is kept of one user, as NDJSON, newest last.

    \b
    Example:
      authrisk events show 1023937207516135485 --history authrisk-history.sqlite
    """
    with opened(history) as store:
        lines = [_line(stored) for stored in store.logins(user, EVERY)]
    sys.stdout.buffer.writelines(lines)
    sys.stdout.buffer.flush()
    report(f"{len(lines)} logins")


@app.command()
def export(
    history: History = DEFAULT,
    out: Annotated[
        str, typer.Option("-o", "--out", help="events.parquet or events.ndjson; - is stdout.")
    ] = STDOUT,
) -> None:
    """Write every kept login as an event, to train on: what the service learned is its outcome.

    \b
    Example:
      authrisk events export -o events.parquet
      authrisk train events.parquet --model supervised --labels feedback \\
        --feedback authrisk-history.sqlite -o my-bundle
    """
    from authrisk.eventlog import to_frame

    count = 0
    with opened(history) as store, event_output(out) as write:
        events = learned(store.since(0))
        while some := list(itertools.islice(events, _FRAME_EVENTS)):
            write(to_frame(some))
            count += len(some)
    report(f"{count:,} events")


@app.command(name="import")
def import_events(
    events: EventsFile,
    history: History = DEFAULT,
) -> None:
    """Put past logins into a history, so that the service knows the users from the first day.

    Successes become familiar, failures evidence; without an outcome a login is kept unconfirmed.
    User ids must be those that the service is asked about. An event that is there already stays
    as it is. Stop the service first: one process at a time writes to a history.

    \b
    Example:
      authrisk events import events.parquet --history authrisk-history.sqlite
    """
    from authrisk.event import Outcome
    from authrisk.eventlog import scan_batches, to_events
    from authrisk.history.lock import only_writer
    from authrisk.history.sqlite import SqliteStore
    from authrisk.history.store import Standing

    standing = {Outcome.SUCCESS: Standing.FAMILIAR, Outcome.FAILURE: Standing.EVIDENCE}
    batches = scan_batches(events)
    first = next(batches, None)
    new = seen = 0
    with (
        only_writer(history),
        closing(SqliteStore(history)) as store,
        progress_bar("logins") as bar,
    ):
        task = bar.add_task("import", total=None)
        for frame in itertools.chain([] if first is None else [first], batches):
            for event in to_events(frame):
                kept = store.append(event, standing.get(event.outcome, Standing.UNCONFIRMED))
                new += kept is not None
                seen += 1
                bar.update(task, completed=seen)
    report(f"{new:,} logins imported, {seen - new:,} were there already")


def learned(logins: Iterable[StoredLogin]) -> Iterator[LoginEvent]:
    """The events with the outcome that the service gave them.

    Familiar is a success and evidence a failure; what was never confirmed, or was taken back by
    a verdict on another login, is neither.
    """
    import msgspec

    from authrisk.event import Outcome
    from authrisk.history.store import Standing

    outcome = {Standing.FAMILIAR: Outcome.SUCCESS, Standing.EVIDENCE: Outcome.FAILURE}
    for stored in logins:
        yield msgspec.structs.replace(
            stored.event, outcome=outcome.get(stored.standing, Outcome.INTERRUPTED)
        )


def _line(stored: StoredLogin) -> bytes:
    import msgspec

    from authrisk.event import to_json

    fields = msgspec.json.decode(to_json(stored.event))
    fields |= {"standing": stored.standing.name.lower(), "verdict": stored.verdict}
    return msgspec.json.encode(fields) + b"\n"
