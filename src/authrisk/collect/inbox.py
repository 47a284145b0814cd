"""Lines that arrive from many senders -> login events, by one parser in a thread of its own."""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence

from authrisk.event import LoginEvent
from authrisk.logs.parser import PAUSE, Line, Parser, ParseSettings, Rejected
from authrisk.logs.report import Tally, collect

WAITING_LINES = 20_000
"""Lines that may wait for the parser; beyond them streams are slowed and datagrams dropped."""
TOGETHER = 64
"""Events that are handed on together."""
QUIET_S = 0.5
"""After so long without a line, nothing waits for later lines any more."""

Take = Callable[[Sequence[LoginEvent]], None]
"""Takes events and returns when they are remembered."""

_LOG = logging.getLogger(__name__)


def line_of(text: str) -> Line:
    """The text as a line that is known by its content: when a sender repeats it after a failure,
    it is the same event."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return Line(f"line-{digest}", 1, text)


class Inbox:
    """A bounded queue of lines and the thread that reads it; a context manager.

    `take` is called in that thread. What it raises ends the thread and is in `error`.
    """

    def __init__(self, parser: Parser, settings: ParseSettings, take: Take) -> None:
        self.tally = Tally()
        self.dropped = 0
        """Lines that found no room."""
        self.turned_away = 0
        """Connections that found too many others."""
        self.error: Exception | None = None
        self._parser, self._settings, self._take = parser, settings, take
        self._lines: queue.Queue[Line | Rejected | None] = queue.Queue(WAITING_LINES)
        self._thread = threading.Thread(target=self._work, name="collect-parser", daemon=True)

    def __enter__(self) -> Inbox:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Everything that has arrived is parsed and taken first."""
        while self._thread.is_alive():
            try:
                self._lines.put(None, timeout=0.1)
                break
            except queue.Full:
                continue
        self._thread.join()

    def offer(self, line: Line | Rejected) -> bool:
        """Take a line in unless there is no room; says whether there was."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            return False
        return True

    def drop(self) -> None:
        """Count a line that its sender will not send again."""
        self.dropped += 1

    def turn_away(self) -> None:
        """Count a connection whose sender finds no room."""
        if not self.turned_away:
            _LOG.warning("a connection is turned away: too many are open; the end says how many")
        self.turned_away += 1

    @property
    def alive(self) -> bool:
        """Whether lines are still read."""
        return self._thread.is_alive()

    def _work(self) -> None:
        events: list[LoginEvent] = []

        def lines() -> Iterator[Line | Rejected]:
            nonlocal events
            quiet = False
            while True:
                try:
                    line = self._lines.get(timeout=None if quiet else QUIET_S)
                except queue.Empty:
                    yield PAUSE
                    quiet = True
                    self._give(events)
                    events = []
                    continue
                if line is None:
                    return
                quiet = False
                yield line

        try:
            for event in collect(self._parser, lines(), self._settings, self.tally):
                events.append(event)
                if len(events) >= TOGETHER or self._lines.empty():
                    self._give(events)
                    events = []
            self._give(events)
        except Exception as error:  # noqa: BLE001 - told to whoever started the thread
            self.error = error

    def _give(self, events: Sequence[LoginEvent]) -> None:
        if events:
            self._take(events)
