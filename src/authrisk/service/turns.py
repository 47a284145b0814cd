"""Turns: the logins of one user are answered one after the other, those of others meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """One lock per name, there only while somebody holds or wants it. First come, first served."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, list[None]]] = {}

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for one's turn under a name, and hold it inside the `async with`."""
        lock, waiting = self._locks.setdefault(name, (asyncio.Lock(), []))
        waiting.append(None)
        try:
            async with lock:
                yield
        finally:
            waiting.pop()
            if not waiting:
                del self._locks[name]

    def taken(self, name: str) -> bool:
        """Whether somebody holds or wants a turn under that name."""
        return name in self._locks

    def __len__(self) -> int:
        return len(self._locks)
