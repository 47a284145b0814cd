"""A process that reads some of the logs of `authrisk parse --jobs`, started by `parallel_reading`.

On stdin comes the job, then a task a line; on stdout goes an answer a line for each part that was
read, and one when a log is done. Tables go through files in the job's folder. All of it is JSON
and Arrow: nothing that is executed when it is read.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from authrisk.errors import AuthriskError, FormatError, InputError
from authrisk.logs.report import CauseCount, ParseReport


class Job(msgspec.Struct, frozen=True):
    """What is common to all logs of a call."""

    folder: str
    format: str | None
    reference: dt.datetime
    timezone: str
    enrich: bool
    mmdb: list[str]
    users: str | None
    keep_rejected: bool


class Task(msgspec.Struct, frozen=True):
    """One log."""

    index: int
    name: str
    path: str


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a log (`events`), its end (`report`), or why it cannot be read (`error`)."""

    index: int
    events: str | None = None
    labels: str | None = None
    report: Counts | None = None
    rejected: str | None = None
    error: Fault | None = None


class Counts(msgspec.Struct, frozen=True):
    """A `ParseReport` on its way."""

    lines: int
    events: int
    rejected: dict[str, tuple[int, tuple[str, ...]]]
    ignored: dict[str, tuple[int, tuple[str, ...]]]
    formats: dict[str, str]

    @classmethod
    def of(cls, report: ParseReport) -> Counts:
        rejected, ignored = (
            {cause: (count.lines, count.places) for cause, count in causes.items()}
            for causes in (report.rejected, report.ignored)
        )
        return cls(report.lines, report.events, rejected, ignored, dict(report.formats))

    def report(self) -> ParseReport:
        rejected, ignored = (
            {cause: CauseCount(*count) for cause, count in causes.items()}
            for causes in (self.rejected, self.ignored)
        )
        return ParseReport(self.lines, self.events, rejected, ignored, self.formats)


class Fault(msgspec.Struct, frozen=True):
    """An `AuthriskError` on its way."""

    kind: str
    what: str
    where: str | None
    remedy: str | None

    def error(self) -> AuthriskError:
        kind = FormatError if self.kind == "FormatError" else InputError
        return kind(self.what, where=self.where, remedy=self.remedy)


def main() -> None:
    """Serve one job until stdin ends."""
    gc.set_threshold(100_000)
    lines = iter(sys.stdin.buffer)
    job = msgspec.json.decode(next(lines), type=Job)
    read = None
    for line in lines:
        task = msgspec.json.decode(line, type=Task)
        try:
            if read is None:
                read = _reader(job)
            for answer in read(task):
                _say(answer)
        except AuthriskError as error:
            fault = Fault(type(error).__name__, error.what, error.where, error.remedy)
            _say(Answer(task.index, error=fault))
        except OSError as error:
            what = error.strerror or str(error)
            _say(Answer(task.index, error=Fault("InputError", what, task.path, None)))


def _reader(job: Job) -> Callable[[Task], Iterator[Answer]]:
    from authrisk.cli.log_reading import KeepingTally, read_log_parts
    from authrisk.cli.treatment import treatment
    from authrisk.logs.choice import choose_formats, open_log
    from authrisk.logs.parser import ParseSettings
    from authrisk.logs.reader import Source

    folder = Path(job.folder)
    choice = choose_formats(job.format)
    settings = ParseSettings(job.reference, job.timezone)
    users = None if job.users is None else Path(job.users)
    treat = treatment(enrich=job.enrich, mmdb=[Path(p) for p in job.mmdb], users=users)

    def read(task: Task) -> Iterator[Answer]:
        kept = folder / f"{task.index}.rejected" if job.keep_rejected else None
        with contextlib.ExitStack() as stack:
            tally = KeepingTally(None if kept is None else stack.enter_context(kept.open("wb")))
            log = open_log(Source(task.name, Path(task.path)), choice, settings)
            for number, part in enumerate(read_log_parts(log, tally)):
                events = folder / f"{task.index}-{number}.events"
                treat(part.events).write_ipc(events)
                labels = None
                if part.labels is not None:
                    labels = folder / f"{task.index}-{number}.labels"
                    part.labels.write_ipc(labels)
                yield Answer(task.index, str(events), None if labels is None else str(labels))
        report = Counts.of(tally.report())
        yield Answer(task.index, report=report, rejected=None if kept is None else str(kept))

    return read


def _say(answer: Answer) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
