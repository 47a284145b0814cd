"""A closed loop: how many requests a second a service answers when it is never left alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from authrisk.cli.open_loop import Connection, Target, connect


async def saturate(
    target: Target,
    bodies: Iterator[bytes],
    connections: int,
    seconds: float,
    mark: bytes = b"",
) -> tuple[float, float]:
    """(answers a second that are 200, this side's share of a processor).

    mark: counts how often it stands in the answers instead: what a batch holds of what was asked.
    """
    end = time.perf_counter() + seconds
    used, done = time.process_time(), 0

    async def ask(connection: Connection) -> None:
        nonlocal done
        while time.perf_counter() < end:
            if not connection.is_open:
                connection = await connect(target)
            status, answer = await connection.ask(target.request(next(bodies)))
            if status == 200:
                done += answer.count(mark) if mark else 1
        connection.close()

    opened = [await connect(target) for _ in range(connections)]
    begin = time.perf_counter()
    await asyncio.gather(*(ask(connection) for connection in opened))
    took = time.perf_counter() - begin
    return done / took, (time.process_time() - used) / took
