"""`authrisk score`: a file of events through the scorer, history built on the way."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from authrisk.cli.arguments import BundleOption, EventsFile, TrustName, TrustOption
from authrisk.cli.terminal import STDOUT, ending, progress_bar, report

if TYPE_CHECKING:
    import polars as pl

Write = Callable[["pl.DataFrame"], None]
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.9fZ"


def run(
    events: EventsFile,
    bundle: BundleOption = "supervised",
    out: Annotated[
        str, typer.Option("-o", "--out", help="scores.parquet or scores.csv; - is CSV on stdout.")
    ] = STDOUT,
    trust: TrustOption = TrustName.LOW_RISK,
) -> None:
    """Score every login of a file.

    Each gets the score that the live service would have given it in its turn.
    Columns: event_id, user_id, time, risk_score, risk_level, state, reasons; a row per event, in
    the order of the file.

    \b
    Example:
      authrisk score events.parquet --bundle supervised -o scores.parquet
    """
    from authrisk.evaluation.scores import score_file
    from authrisk.models.bundle import load_bundle, locate_bundle

    loaded = load_bundle(locate_bundle(bundle))
    rows = high = asked = 0
    with _score_output(out) as write, progress_bar("logins") as bar:
        task = bar.add_task("score", total=None)
        frames = score_file(
            events,
            loaded,
            trust="confirmed" if trust is TrustName.CONFIRMED else "low-risk",
            say=lambda done, total: bar.update(task, completed=done, total=total),
        )
        for frame in frames:
            write(frame)
            rows += frame.height
            asked += int((frame["risk_level"] != "low").sum())
            high += int((frame["risk_level"] == "high").sum())
    report(f"{rows:,} logins scored by {loaded.name} {loaded.version}: "
           f"{asked:,} medium or high, {high:,} of them high")  # fmt: skip


@contextmanager
def _score_output(out: str) -> Iterator[Write]:
    from authrisk.evaluation.scores import SCORE_SCHEMA
    from authrisk.eventlog.parquet import Table, TableWriter
    from authrisk.eventlog.sibling import replacing

    if out == STDOUT:
        yield _csv_writer(sys.stdout.buffer)
        sys.stdout.buffer.flush()
    elif ending(out, (".parquet", ".csv")) == ".csv":
        with replacing(Path(out)) as partial, partial.open("wb") as file:
            yield _csv_writer(file)
    else:
        import polars as pl

        with TableWriter(Path(out), Table("scores", 1, pl.Schema(SCORE_SCHEMA))) as writer:
            yield writer.write


def _csv_writer(file: IO[bytes]) -> Write:
    """Numbers in the shortest text that reads back to the same bits."""
    head = [True]

    def write(frame: pl.DataFrame) -> None:
        file.write(frame.write_csv(include_header=head[0], datetime_format=TIME_FORMAT).encode())
        head[0] = False

    return write
