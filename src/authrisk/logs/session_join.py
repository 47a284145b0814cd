"""Joins logins with the session records that carry their user agent, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec.structs

from authrisk.event import LoginEvent

JoinKey = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """What a session record adds to the login that opened it."""

    key: JoinKey
    timestamp_ns: int
    user_agent: str | None
    session_id: str | None


class SessionJoin:
    """Holds logins back until their session record came or can come no more.

    A login and a record belong together when their keys are equal and their times differ by at
    most `window_ns`, whichever comes first; each record serves one login. Logins leave in the
    order they came. At most `capacity` logins and as many records are kept; the oldest leave
    first, a login then without what it waited for.
    """

    def __init__(self, window_ns: int = 1_500_000_000, capacity: int = 1024) -> None:
        self._window_ns, self._capacity = window_ns, capacity
        self._queue: deque[_Place] = deque()
        self._records: dict[JoinKey, SessionRecord] = {}

    def login(self, event: LoginEvent, key: JoinKey | None) -> Iterator[LoginEvent]:
        """Take a login in, `key` None when it waits for nothing; gives the logins that are due."""
        place = _Place(event, key)
        if key is not None:
            record = self._records.get(key)
            if record is not None and self._near(event, record):
                del self._records[key]
                place.join(record)
        self._queue.append(place)
        return self._due(event.timestamp_ns)

    def record(self, record: SessionRecord) -> Iterator[LoginEvent]:
        """Take a session record in; gives the logins that are due."""
        for place in reversed(self._queue):
            if place.key == record.key and self._near(place.event, record):
                place.join(record)
                break
        else:
            self._records.pop(record.key, None)
            self._records[record.key] = record
            if len(self._records) > self._capacity:
                del self._records[next(iter(self._records))]
        return self._due(record.timestamp_ns)

    def rest(self) -> Iterator[LoginEvent]:
        """The logins that are left, at the end of the log."""
        while self._queue:
            yield self._queue.popleft().event

    def _near(self, event: LoginEvent, record: SessionRecord) -> bool:
        return abs(event.timestamp_ns - record.timestamp_ns) <= self._window_ns

    def _due(self, now_ns: int) -> Iterator[LoginEvent]:
        queue = self._queue
        while queue and (
            queue[0].key is None
            or queue[0].event.timestamp_ns + self._window_ns < now_ns
            or len(queue) > self._capacity
        ):
            yield queue.popleft().event


class _Place:
    __slots__ = ("event", "key")

    def __init__(self, event: LoginEvent, key: JoinKey | None) -> None:
        self.event, self.key = event, key

    def join(self, record: SessionRecord) -> None:
        self.key = None
        self.event = msgspec.structs.replace(
            self.event,
            user_agent=self.event.user_agent or record.user_agent,
            session_id=self.event.session_id or record.session_id,
        )
