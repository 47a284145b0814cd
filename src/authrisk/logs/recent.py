"""A mapping that forgets its oldest entries: what a parser remembers of open connections."""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """At most `capacity` entries; setting one anew makes it the youngest.

    >>> recent = Recent[str, int](capacity=2)
    >>> for number, key in enumerate("aba" "c"):
    ...     recent.put(key, number)
    >>> recent.get("a"), recent.get("b"), recent.pop("c"), recent.get("c")
    (2, None, 3, None)
    """

    def __init__(self, capacity: int = 1024) -> None:
        self._capacity = capacity
        self._entries: dict[K, V] = {}

    def put(self, key: K, value: V) -> None:
        """Keep a value, as the youngest."""
        self._entries.pop(key, None)
        self._entries[key] = value
        if len(self._entries) > self._capacity:
            del self._entries[next(iter(self._entries))]

    def get(self, key: K) -> V | None:
        """The value of a key; its age stays."""
        return self._entries.get(key)

    def pop(self, key: K) -> V | None:
        """The value of a key, which is then forgotten."""
        return self._entries.pop(key, None)
