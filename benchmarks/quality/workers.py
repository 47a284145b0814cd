"""Two processes share the jobs; the scores that they leave as files are the result."""

from __future__ import annotations

import multiprocessing
import os
import time
import traceback
from collections.abc import Iterator, Sequence
from multiprocessing.queues import Queue
from pathlib import Path
from typing import NamedTuple

from authrisk.evaluation.comparison import Comparison, Job
from benchmarks.quality.line_up import everyone
from benchmarks.quality.worlds import World

PROCESSES = 2


class Done(NamedTuple):
    """A job that is done, or failed with a reason."""

    job: Job
    seconds: float
    failure: str | None


def work_off(
    world: World, jobs: Sequence[Job], work: Path, processes: int = PROCESSES
) -> Iterator[Done]:
    """Do the jobs of one world and tell of each as it is done, in no set order.

    Raises RuntimeError with the reason when a job fails; what is done stays done.
    """
    # One thread each: the processes are the parallelism, and results do not hang on threads.
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", POLARS_MAX_THREADS="1")
    context = multiprocessing.get_context("spawn")
    waiting: Queue[Job | None] = context.Queue()
    told: Queue[Done] = context.Queue()
    for job in [*jobs, *([None] * processes)]:
        waiting.put(job)
    crew = [
        context.Process(target=_work, args=(world, work, waiting, told), daemon=True)
        for _ in range(min(processes, len(jobs)))
    ]
    for process in crew:
        process.start()
    try:
        for _ in jobs:
            done = _next(told, crew)
            if done.failure is not None:
                raise RuntimeError(f"{done.job} failed:\n{done.failure}")
            yield done
    finally:
        for process in crew:
            process.terminate()
            process.join()


def _next(told: Queue[Done], crew: Sequence[multiprocessing.process.BaseProcess]) -> Done:
    while told.empty():
        if not any(process.is_alive() for process in crew) and told.empty():
            raise RuntimeError("the workers ended before their jobs were done")
        time.sleep(0.2)
    return told.get()


def _work(world: World, work: Path, waiting: Queue[Job | None], told: Queue[Done]) -> None:
    problem, contenders = world.problem(), everyone()
    comparison = Comparison(problem, contenders, (), work)
    parent = multiprocessing.parent_process()
    # Who was killed can tell nobody: its workers end by themselves.
    while (job := waiting.get()) is not None and (parent is None or parent.is_alive()):
        started = time.monotonic()
        try:
            comparison.scores(job)
            failure = None
        except Exception:  # noqa: BLE001 # told to the parent, which stops
            failure = traceback.format_exc()
        told.put(Done(job, time.monotonic() - started, failure))
