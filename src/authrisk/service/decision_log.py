"""The decision log: who was let in on which grounds, and who changed what, in a chain.

A thread of its own writes: no answer waits for it. What cannot be written is counted and said in
the next record that can.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from authrisk.batches import next_batch
from authrisk.errors import StoreError
from authrisk.service.decision_chain import (
    BEGINNING,
    ChainKey,
    Position,
    files_of,
    sealed,
    text_of,
)

LARGEST_FILE = 64 << 20
LARGEST_WRITE = 1_000
"""Records in one write."""
MOST_WAITING = 20_000
SYNC_S = 1.0
"""What a power cut can take of the log; the history itself loses nothing."""

_LOG = logging.getLogger(__name__)
Record = dict[str, Any]


class DecisionLog:
    """Appends records to the files of a folder. One process writes to it.

    Raises StoreError where the folder cannot be written. A line that a crash left unfinished is
    cut off, and the cut is the first record that follows.
    """

    def __init__(
        self,
        folder: Path,
        key: ChainKey,
        *,
        largest_file: int = LARGEST_FILE,
    ) -> None:
        self._folder, self.key, self._largest = folder, key, largest_file
        self.lost: Callable[[], None] = lambda: None
        """Called for every record that is not written."""
        self._waiting: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._missing = 0
        self._counting = threading.Lock()
        """Of `_missing`: who adds counts what finds no room, the writer what it cannot write."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            cut = self._open_last()
        except OSError as error:
            raise StoreError(
                f"the decision log cannot be written: {error.strerror}",
                where=str(folder),
                remedy="name a folder that is yours to write",
            ) from None
        self._thread = threading.Thread(target=self._work, name="decisions", daemon=True)
        self._thread.start()
        if cut:
            self.add({"kind": "recovered", "cut_bytes": cut})

    def add(self, record: Record) -> None:
        """Write a record soon; never waits. `time` is set here."""
        if self._waiting.qsize() >= MOST_WAITING:
            self._miss()
            return
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        self._waiting.put({"time": now.replace("+00:00", "Z"), **record})

    def close(self) -> None:
        """Write what waits, and end. Closing twice is harmless."""
        self._waiting.put(None)
        self._thread.join()

    @property
    def position(self) -> Position:
        """Of the last line that was written."""
        return self._at

    def _open_last(self) -> int:
        """Go on after the last whole line; answers how many bytes stood after it."""
        files = files_of(self._folder)
        self._at, self._number, cut = BEGINNING, len(files), 0
        for path in reversed(files):
            whole, last = _last_line(path)
            cut += path.stat().st_size - whole
            os.truncate(path, whole)
            if last is not None:
                self._at = last
                break
        self._number = int(files[-1].stem.rpartition("-")[2]) if files else 1
        self._file = _opened(self._path())
        return cut

    def _path(self) -> Path:
        return self._folder / f"decisions-{self._number:06d}.ndjson"

    def _work(self) -> None:
        synced, dirty, last = time.monotonic(), False, False
        while not last:
            records, last = next_batch(self._waiting, LARGEST_WRITE, SYNC_S if dirty else None)
            dirty = self._written(records) or dirty
            if dirty and (last or time.monotonic() - synced >= SYNC_S):
                dirty, synced = not self._synced(), time.monotonic()
        os.close(self._file)

    def _written(self, records: list[Record]) -> bool:
        if not records:
            return False
        missing = self._missing
        if missing:
            records = [{"time": records[0]["time"], "kind": "gap", "lost": missing}, *records]
        at, lines = self._at, []
        for record in records:
            line, at = sealed(self.key, at, record)
            lines.append(line)
        begin = 0
        try:
            if os.fstat(self._file).st_size >= self._largest:
                self._next_file()
            begin = os.fstat(self._file).st_size
            data = b"".join(lines)
            if os.write(self._file, data) != len(data):
                raise OSError(28, "No space left on device")
        except OSError as error:
            self._give_up(begin, error, len(records) - bool(missing))
            return False
        self._at = at
        with self._counting:
            self._missing -= missing
        return True

    def _next_file(self) -> None:
        os.fsync(self._file)
        self._number += 1
        following = _opened(self._path())
        os.close(self._file)
        self._file = following

    def _give_up(self, begin: int, error: OSError, records: int) -> None:
        try:
            os.ftruncate(self._file, begin)
        except OSError:
            _LOG.exception("the decision log cannot be mended")
        _LOG.error("decisions could not be written: %s", error.strerror)
        for _ in range(records):
            self._miss()

    def _miss(self) -> None:
        with self._counting:
            self._missing += 1
        self.lost()

    def _synced(self) -> bool:
        try:
            os.fsync(self._file)
        except OSError as error:
            _LOG.error("decisions could not be brought to the disk: %s", error.strerror)
            return False
        return True


def _opened(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)


def _last_line(path: Path) -> tuple[int, Position | None]:
    """Where the last whole line of a file ends, and its position; (0, None) without one."""
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if not end:
        return 0, None
    begin = data.rfind(b"\n", 0, end - 1) + 1
    parts = text_of(data[begin : end - 1])
    try:
        if parts is None:
            raise msgspec.DecodeError
        number = msgspec.json.decode(parts[0])["number"]
        return end, Position(int(number), parts[1])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        raise StoreError(
            "the last line of the decision log is damaged",
            where=str(path),
            remedy="authrisk decisions verify; keep the folder and name another one",
        ) from None
