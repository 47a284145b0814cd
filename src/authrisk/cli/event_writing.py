"""Where tables of events go: a Parquet file, or JSON lines in one of three vocabularies."""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from authrisk.cli.terminal import STDOUT, ending, report
from authrisk.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from authrisk.event import LoginEvent
    from authrisk.eventlog import TableWriter

Write = Callable[["pl.DataFrame"], None]
ENDINGS = (".parquet", ".ndjson", ".jsonl")


class Vocabulary(enum.StrEnum):
    """The names of the fields in JSON lines."""

    CANONICAL = "canonical"
    ECS = "ecs"
    OCSF = "ocsf"


@contextmanager
def event_output(out: str, vocabulary: Vocabulary = Vocabulary.CANONICAL) -> Iterator[Write]:
    """A function that takes tables of events; the file appears when the block has ended well.

    out: a path whose ending says the format, or `-` for JSON lines on stdout. Raises InputError
    for another ending, or for Parquet in another vocabulary than our own.
    """
    from authrisk.eventlog import open_events
    from authrisk.eventlog.sibling import replacing

    if out == STDOUT:
        yield _passing_on(sys.stdout.buffer, vocabulary)
        return
    path = Path(out)
    if ending(out, ENDINGS) != ".parquet":
        with replacing(path) as partial, partial.open("wb") as file:
            yield _line_writer(file, vocabulary)
        return
    if vocabulary is not Vocabulary.CANONICAL:
        raise InputError(
            f"Parquet holds canonical names, not {vocabulary}", where=out, remedy="use .ndjson"
        )
    with open_events(path) as writer:
        yield writer.write


@contextmanager
def label_output(events: str) -> Iterator[Write]:
    """A function that takes tables of labels for the events file; none are kept for stdout.

    The labels file appears with the first table. One of earlier events goes: its ids may be
    those of other logins now.
    """
    from authrisk.eventlog import labels_path, open_labels

    if events == STDOUT:
        yield lambda _: None
        return
    path = labels_path(Path(events))
    writers: list[TableWriter] = []
    with ExitStack() as stack:

        def write(labels: pl.DataFrame) -> None:
            if not writers:
                writers.append(stack.enter_context(open_labels(path)))
            writers[0].write(labels)

        yield write
    if writers:
        report(f"labels: {path}")
    elif path.exists():
        path.unlink()
        report(f"removed {path}: it belonged to the file that was replaced")


def encoder(vocabulary: Vocabulary) -> Callable[[LoginEvent], bytes]:
    """What makes one JSON object of an event, in those names."""
    import msgspec

    from authrisk.event import to_json
    from authrisk.export import to_ecs, to_ocsf

    encode: dict[Vocabulary, Callable[[LoginEvent], bytes]] = {
        Vocabulary.CANONICAL: to_json,
        Vocabulary.ECS: lambda event: msgspec.json.encode(to_ecs(event)),
        Vocabulary.OCSF: lambda event: msgspec.json.encode(to_ocsf(event)),
    }
    return encode[vocabulary]


def _line_writer(file: IO[bytes], vocabulary: Vocabulary) -> Write:
    from authrisk.eventlog import to_events

    line = encoder(vocabulary)

    def write(events: pl.DataFrame) -> None:
        file.writelines(line(event) + b"\n" for event in to_events(events))

    return write


def _passing_on(file: IO[bytes], vocabulary: Vocabulary) -> Write:
    """One whose reader has each table at once."""
    write_lines = _line_writer(file, vocabulary)

    def write(events: pl.DataFrame) -> None:
        write_lines(events)
        file.flush()

    return write
