"""Real parts, small: an inbox, and listeners on the loopback address."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest

from authrisk.collect.inbox import Inbox
from authrisk.event import LoginEvent
from authrisk.logs.choice import choose_formats
from authrisk.testing.parser import SETTINGS

LOGIN = (
    "<38>2024-05-17T18:00:{:02d}Z web sshd[{}]: Accepted password for {} from 8.8.8.8 port 5 ssh2"
)


@pytest.fixture
def events() -> list[LoginEvent]:
    """What an inbox took."""
    return []


@pytest.fixture
def inbox(events: list[LoginEvent]) -> Iterator[Inbox]:
    lock = threading.Lock()

    def take(some: Sequence[LoginEvent]) -> None:
        with lock:
            events.extend(some)

    parser = choose_formats("auto").parser
    assert parser is not None
    with Inbox(parser, SETTINGS, take) as inbox:
        yield inbox


async def until(condition) -> None:
    """Waits until something holds, 10 s at most."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")
