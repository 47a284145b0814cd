"""Lines that tell of one attempt -> one event, in bounded memory and whatever their order.

Two tools. `Join` gathers lines of one attempt that come close together (a firewall says it four
times within 2 ms; an identity provider chains interrupts by a correlation id). `Recent` keeps what
was said about a connection for as long as there is room (a directory names the address when a
connection opens and the outcome of a bind much later).

A format builds an `Account` per line and lets `one_event` make the event:

    for line in lines:
        if line is PAUSE:
            for accounts in join.rest():
                yield from one_event(accounts)
            ...
        for accounts in join.add(key, event.timestamp_ns, Account(line, event, rank)):
            yield from one_event(accounts)
    for accounts in join.rest():
        yield from one_event(accounts)

`session_join` is the older third: it pairs each login with at most one record and keeps order.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Hashable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

import msgspec.structs

from authrisk.event import LoginEvent
from authrisk.logs.parser import Ignored, Item, Line

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

TOLD = "attempt told by another line"


class Join(Generic[T]):
    """Gathers parts that have one key and follow one another within a window.

    Parts of one key belong together when each is at most `window_ns` after the one before it, in
    the order of their times. A group leaves once no part can join it that comes at most
    `tolerance_ns` (of log time) late; so any order of arrival within the tolerance makes the same
    groups. Every part is in exactly one group. At most `capacity` parts are held: then the group
    whose turn is next leaves early, as does one of `GROUP_PARTS` parts.

    >>> join = Join[str](window_ns=10)
    >>> [list(join.add(*part)) for part in (("a", 7, "second"), ("a", 5, "first"), ("b", 99, "x"))]
    [[], [], [['first', 'second']]]
    >>> list(join.rest())
    [['x']]
    """

    def __init__(self, window_ns: int, tolerance_ns: int = 0, capacity: int = 4096) -> None:
        self._window_ns, self._patience_ns = window_ns, window_ns + tolerance_ns
        self._capacity = capacity
        self._now_ns = -(1 << 63)
        self._open: dict[Hashable, list[_Group[T]]] = {}
        self._turns: list[tuple[int, int, _Group[T]]] = []
        self._arrivals = itertools.count()
        self._parts = 0

    def __len__(self) -> int:
        """How many parts are held."""
        return self._parts

    def add(self, key: Hashable, timestamp_ns: int, part: T) -> Iterator[list[T]]:
        """Take a part in; gives the groups that are due, each in the order of times."""
        self._now_ns = max(self._now_ns, timestamp_ns)
        arrival = next(self._arrivals)
        group = self._group_of(key, timestamp_ns)
        group.parts.append((timestamp_ns, arrival, part))
        group.until_ns = self._now_ns + self._patience_ns
        self._parts += 1
        if not group.queued:
            group.queued = True
            self._queue(group, arrival)
        if len(group.parts) >= GROUP_PARTS:
            yield self._close(group)
        yield from self._due()

    def rest(self) -> Iterator[list[T]]:
        """The groups that are held, at the end of a log or while it rests."""
        groups = [group for groups in self._open.values() for group in groups]
        for group in sorted(groups, key=lambda group: min(group.parts)[:2]):
            yield self._close(group)
        self._turns.clear()

    def _group_of(self, key: Hashable, timestamp_ns: int) -> _Group[T]:
        """The open group that a part of that time belongs to; those that it bridges become one."""
        groups = self._open.setdefault(key, [])
        near = [group for group in groups if group.reaches(timestamp_ns, self._window_ns)]
        if not near:
            group = _Group[T](key)
            groups.append(group)
            return group
        first, *others = near
        for other in others:
            first.parts += other.parts
            other.parts = []
            groups.remove(other)
        return first

    def _queue(self, group: _Group[T], arrival: int) -> None:
        if len(self._turns) > 2 * self._capacity:  # of groups that left before their turn
            self._turns = [turn for turn in self._turns if turn[2].parts]
            heapq.heapify(self._turns)
        heapq.heappush(self._turns, (group.until_ns, arrival, group))

    def _due(self) -> Iterator[list[T]]:
        while (turns := self._turns) and (
            turns[0][0] < self._now_ns or self._parts > self._capacity
        ):
            _, arrival, group = heapq.heappop(turns)
            if not group.parts:
                continue  # it became part of another, or left
            if group.until_ns >= self._now_ns and self._parts <= self._capacity:
                heapq.heappush(turns, (group.until_ns, arrival, group))  # it grew since
            else:
                yield self._close(group)

    def _close(self, group: _Group[T]) -> list[T]:
        groups = self._open[group.key]
        groups.remove(group)
        if not groups:
            del self._open[group.key]
        parts = [part for _, _, part in sorted(group.parts, key=lambda entry: entry[:2])]
        group.parts = []
        self._parts -= len(parts)
        return parts


class Recent(Generic[K, V]):
    """What was said last under each key; of more than `capacity` keys the oldest are forgotten.

    >>> recent = Recent[str, int](capacity=2)
    >>> for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)): recent.put(key, value)
    >>> recent.get("a"), recent.get("b"), recent.pop("c"), recent.get("c")
    (3, None, 4, None)
    """

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._values: dict[K, V] = {}

    def __len__(self) -> int:
        return len(self._values)

    def put(self, key: K, value: V) -> None:
        """Keep a value, as the newest."""
        self._values.pop(key, None)
        self._values[key] = value
        if len(self._values) > self._capacity:
            del self._values[next(iter(self._values))]

    def get(self, key: K) -> V | None:
        """The value of a key; its age stays."""
        return self._values.get(key)

    def pop(self, key: K) -> V | None:
        """The value of a key, which is then forgotten."""
        return self._values.pop(key, None)


class Account(NamedTuple):
    """What one line tells of an attempt."""

    line: Line
    event: LoginEvent
    rank: int = 1
    """The highest of a group is its event, the earliest of equals; 0 only adds to others."""


def one_event(accounts: Sequence[Account]) -> Iterator[Item]:
    """The event of an attempt, then an `Ignored` for each other line that told of it.

    The event is that of the highest rank; a field that it leaves unknown comes from the first of
    the others that says it. An attempt that only lines of rank 0 tell of gives no event.
    """
    primary = max(accounts, key=lambda account: account.rank)
    if primary.rank > 0:
        others = [account.event for account in accounts if account is not primary]
        yield _filled(primary.event, others)
    for account in accounts:
        if account is not primary or primary.rank <= 0:
            yield Ignored(account.line, TOLD if primary.rank > 0 else "no decision on a login")


def _filled(event: LoginEvent, others: Sequence[LoginEvent]) -> LoginEvent:
    found: dict[str, object] = {}
    for name in _FILLABLE:
        if getattr(event, name) is None:
            for other in others:
                if (value := getattr(other, name)) is not None:
                    found[name] = value
                    break
    return msgspec.structs.replace(event, **found) if found else event


class _Group(Generic[T]):
    __slots__ = ("key", "parts", "queued", "until_ns")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.parts: list[tuple[int, int, T]] = []
        self.until_ns = 0
        self.queued = False

    def reaches(self, timestamp_ns: int, window_ns: int) -> bool:
        return any(abs(timestamp_ns - ns) <= window_ns for ns, _, _ in self.parts)

    def __lt__(self, other: _Group[T]) -> bool:  # pragma: no cover - arrivals differ
        return False


GROUP_PARTS = 64
"""No attempt is told by more lines."""

_FILLABLE = tuple(
    field.name
    for field in msgspec.structs.fields(LoginEvent)
    if field.name not in {"raw_event_id", "failure_reason", "failure_code"}
    and field.default is None
)
