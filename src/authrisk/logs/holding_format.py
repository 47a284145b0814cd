"""A log format whose events wait a moment, as a later line may tell more of the same attempt."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from authrisk.event import LoginEvent
from authrisk.logs.format_facts import OwnLineFacts
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected

K = TypeVar("K", bound=Hashable)


class HoldingReader(Protocol):
    """The reader of one log."""

    def read(self, line: Line) -> Iterator[Item]:
        """What a line makes due; raises ValueError, before it gives anything, when it is broken.

        A line whose event is held gives nothing yet.
        """

    def rest(self) -> Iterator[Item]:
        """What is held, at the end of the log or while it pauses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingFormat(OwnLineFacts):
    """A parser made of two functions; its readers hold events back for a short log time."""

    opened: Callable[[ParseSettings], HoldingReader]
    programs: Sequence[str]
    """Of a daemon that writes to syslog: its tags, `*` for any characters."""
    longest: int = 16_384

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a line; events come as soon as no other line can tell of them."""
        reader = self.opened(settings)
        for line in lines:
            if not line.text or line.text.isspace():
                if line.text and not line.number:  # in no log: it pauses
                    yield from reader.rest()
                yield Ignored(line, "blank line")
            elif len(line.text) > self.longest:
                yield Rejected(line, "longer than any line of this format")
            else:
                try:
                    yield from reader.read(line)
                except ValueError as error:
                    yield Rejected(line, str(error))
        yield from reader.rest()


class Hold(Generic[K]):
    """Events by key, in the order they came, each until `window_ns` of log time have passed.

    At most `capacity` are held; the oldest leave first.
    """

    def __init__(self, window_ns: int, capacity: int = 1024) -> None:
        self._window_ns, self._capacity = window_ns, capacity
        self._held: dict[K, LoginEvent] = {}

    def due(self, now_ns: int) -> Iterator[LoginEvent]:
        """The events that no line of this time or later can belong to."""
        held = self._held
        while held:
            key = next(iter(held))
            if len(held) < self._capacity and now_ns - held[key].timestamp_ns <= self._window_ns:
                return
            yield held.pop(key)

    def __iter__(self) -> Iterator[K]:
        """The keys of what is held, the oldest first."""
        return iter(self._held)

    def get(self, key: K) -> LoginEvent | None:
        """The event of a key."""
        return self._held.get(key)

    def put(self, key: K, event: LoginEvent) -> None:
        """Hold an event, or put one that tells more in its place."""
        self._held[key] = event

    def pop(self, key: K) -> LoginEvent | None:
        """The event of a key, which is no longer held."""
        return self._held.pop(key, None)

    def rest(self) -> Iterator[LoginEvent]:
        """All events."""
        while self._held:
            yield self._held.pop(next(iter(self._held)))
