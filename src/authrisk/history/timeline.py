"""Values in order of time, for the memory store."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Generic, TypeVar

T = TypeVar("T")

Key = tuple[int, int]
"""(time in ns, order of arrival): the place of a login in any timeline. No two are equal."""

_LAST = 1 << 62


class Timeline(Generic[T]):
    """Values sorted by key, whatever order they came in. Reading is a search and a slice.

    >>> line = Timeline()
    >>> for key in (20, 2), (10, 1), (20, 3):
    ...     line.put(key, str(key))
    >>> line.until(20, limit=2), line.between(10, 20, limit=9)
    (['(20, 2)', '(20, 3)'], ['(20, 2)', '(20, 3)'])
    """

    __slots__ = ("items", "keys")

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.items: list[T] = []

    def put(self, key: Key, item: T) -> None:
        """Insert at its place; O(1) where the key is the newest."""
        if not self.keys or key > self.keys[-1]:
            self.keys.append(key)
            self.items.append(item)
            return
        at = bisect_left(self.keys, key)
        self.keys.insert(at, key)
        self.items.insert(at, item)

    def replace(self, key: Key, item: T) -> None:
        """Put another value at a key that is there."""
        self.items[bisect_left(self.keys, key)] = item

    def drop(self, key: Key) -> None:
        """Take out a key that is there, with its value."""
        at = bisect_left(self.keys, key)
        del self.keys[at], self.items[at]

    def until(self, before_ns: int, limit: int) -> list[T]:
        """The last `limit` values with time <= before_ns, oldest first."""
        end = bisect_right(self.keys, (before_ns, _LAST))
        return self.items[max(0, end - limit) : end]

    def between(self, since_ns: int, before_ns: int, limit: int) -> list[T]:
        """The last `limit` values with since_ns < time <= before_ns, oldest first."""
        start = bisect_right(self.keys, (since_ns, _LAST))
        end = bisect_right(self.keys, (before_ns, _LAST))
        return self.items[max(start, end - limit) : end]
