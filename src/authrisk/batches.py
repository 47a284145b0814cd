"""What waits in a queue, taken together."""

from __future__ import annotations

import queue
from typing import TypeVar

T = TypeVar("T")


def next_batch(
    waiting: queue.SimpleQueue[T | None], most: int, patience_s: float | None = None
) -> tuple[list[T], bool]:
    """What waits, up to `most`, and whether None was met behind it: then nothing more will come.

    Waits for the first; past `patience_s`, where that is given, the answer is empty.

    >>> jobs = queue.SimpleQueue()
    >>> for job in (1, 2, 3, None):
    ...     jobs.put(job)
    >>> next_batch(jobs, 2), next_batch(jobs, 2), next_batch(jobs, 2, 0.01)
    (([1, 2], False), ([3], True), ([], False))
    """
    found: list[T] = []
    try:
        item = waiting.get(timeout=patience_s)
        while item is not None:
            found.append(item)
            if len(found) == most:
                return found, False
            item = waiting.get_nowait()
    except queue.Empty:
        return found, False
    return found, True
