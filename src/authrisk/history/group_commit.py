"""Group commit: one thread writes, and the writes that wait together share one commit."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from authrisk.batches import next_batch
from authrisk.errors import StoreError
from authrisk.history.sqlite_schema import is_locked

T = TypeVar("T")

LARGEST_GROUP = 512
"""Writes in one commit: bounds how long the first of them waits for the last."""

Write = Callable[[sqlite3.Connection], Any]
Job = tuple[Write, "Future[Any]"]


class GroupCommit:
    """The only writer of a SQLite connection (which it closes in the end).

    A disk flush costs 0.1 to 10 ms however much it flushes, so what waits while one runs goes
    into the next one together (DeWitt et al., "Implementation techniques for main memory database
    systems", 1984).
    """

    def __init__(self, db: sqlite3.Connection, where: str) -> None:
        self._db, self._where = db, where
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._open = True
        self._thread = threading.Thread(target=self._work, name="history-writer", daemon=True)
        self._thread.start()

    def run(self, write: Callable[[sqlite3.Connection], T]) -> T:
        """What `write` returns, once its changes are on the disk.

        `write` runs in the writer's thread, inside a transaction, and may run twice (its first
        run is rolled back when another write of its group fails). Raises StoreError when the
        change could not be made; then nothing of it stays. While another program holds the file,
        all that wait together are refused together, after one wait.
        """
        future: Future[T] = Future()
        with self._gate:
            if not self._open:
                raise StoreError("the history store is closed", where=self._where)
            self._jobs.put((write, future))
        return future.result()

    def close(self) -> None:
        """Finish what was asked for, then stop. Closing twice is harmless."""
        with self._gate:
            if self._open:
                self._open = False
                self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        try:
            last = False
            while not last:
                group, last = next_batch(self._jobs, LARGEST_GROUP)
                if group:
                    self._commit(group)
        finally:
            with self._gate:
                self._open = False
            self._refuse_rest()
            self._db.close()

    def _commit(self, group: list[Job]) -> None:
        settled = False
        try:
            self._db.execute("BEGIN IMMEDIATE")
            results = [write(self._db) for write, _ in group]
            self._db.execute("COMMIT")
            settled = True
        except (sqlite3.Error, OverflowError, ValueError, StoreError) as error:
            self._roll_back()
            settled = True
            if len(group) == 1 or is_locked(error):
                for _, future in group:
                    future.set_exception(self._refusal(error))
                return
            for job in group:
                self._commit([job])
            return
        finally:
            if not settled:
                for _, future in group:
                    future.set_exception(StoreError("the writer stopped", where=self._where))
        for (_, future), result in zip(group, results, strict=True):
            future.set_result(result)

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.rollback()

    def _refusal(self, error: BaseException) -> StoreError:
        refusal = StoreError(f"cannot be written: {error}", where=self._where)
        refusal.__cause__ = error
        return refusal

    def _refuse_rest(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is not None:
                job[1].set_exception(StoreError("the writer stopped", where=self._where))
