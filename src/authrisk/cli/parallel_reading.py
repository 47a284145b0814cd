"""Many logs read by several processes; parts, counts and rejected lines in the order of the logs.

Each process takes the next log that nobody reads yet. Its tables wait in a folder beside the
output until that log's turn comes, so memory stays flat and the result is the same as that of one
process.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import polars as pl

from authrisk.cli.log_reading import KeepingTally, Part
from authrisk.cli.part_worker import Answer, Fault, Job, Task
from authrisk.errors import InputError
from authrisk.logs.reader import Source

WORTHWHILE_BYTES = 1 << 26
"""Below this size one process is done before a second has started."""


def sensible_jobs(sources: Sequence[Source]) -> int:
    """How many processes help: one a core, at most one a file; one for pipes and small logs."""
    sizes = [_size(source) for source in sources]
    if any(size is None for size in sizes) or sum(filter(None, sizes)) < WORTHWHILE_BYTES:
        return 1
    return max(1, min(len(sources), len(os.sched_getaffinity(0))))


def read_in_parallel(
    sources: Sequence[Source], job: Job, jobs: int, tally: KeepingTally
) -> Iterator[Part]:
    """The treated parts of all logs, in their order.

    Raises InputError for a log that is no file, and what a process met, when its log's turn comes.
    """
    for source in sources:
        if source.path is None:
            raise InputError("standard input cannot be shared", where="-", remedy="use --jobs 1")
    answers: list[queue.SimpleQueue[Answer]] = [queue.SimpleQueue() for _ in sources]
    waiting = deque(Task(i, s.name, str(s.path)) for i, s in enumerate(sources))
    with _processes(jobs, job, waiting, lambda answer: answers[answer.index].put(answer)):
        for mine in answers:
            while (answer := mine.get()).report is None:
                if answer.error is not None:
                    raise answer.error.error()
                assert answer.events is not None
                labels = None if answer.labels is None else _taken(answer.labels)
                yield Part(_taken(answer.events), labels)
            tally.add(answer.report.report())
            if answer.rejected is not None:
                tally.keep(Path(answer.rejected))


@contextmanager
def _processes(
    jobs: int, job: Job, waiting: deque[Task], take: Callable[[Answer], None]
) -> Iterator[None]:
    """Processes with a thread each that hands out tasks; all are gone when the block ends."""
    head = msgspec.json.encode(job) + b"\n"
    command = [sys.executable, "-m", "authrisk.cli.part_worker"]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(jobs)
    ]
    threads = [
        threading.Thread(target=_attend, args=(process, head, waiting, take), daemon=True)
        for process in running
    ]
    try:
        for thread in threads:
            thread.start()
        yield
    finally:
        waiting.clear()
        for process in running:
            process.kill()
            process.wait()
        for thread in threads:
            thread.join()


def _attend(
    process: subprocess.Popen[bytes],
    head: bytes,
    waiting: deque[Task],
    take: Callable[[Answer], None],
) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin as orders, process.stdout as told:
        while True:
            try:
                task = waiting.popleft()
            except IndexError:
                return
            try:
                orders.write(head + msgspec.json.encode(task) + b"\n")
                orders.flush()
                head = b""
                while True:
                    line = told.readline()
                    answer = msgspec.json.decode(line, type=Answer)
                    take(answer)
                    if answer.report is not None or answer.error is not None:
                        break
            except (OSError, ValueError):
                what = "the process that read it ended unexpectedly"
                fault = Fault("InputError", what, task.path, "try --jobs 1")
                take(Answer(task.index, error=fault))
                return


def _taken(path: str) -> pl.DataFrame:
    frame = pl.read_ipc(path)
    Path(path).unlink()
    return frame


def _size(source: Source) -> int | None:
    if source.path is None or not source.path.is_file():
        return None
    return source.path.stat().st_size
