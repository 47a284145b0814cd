"""Losses."""

import asyncio
import logging

from prometheus_client import CollectorRegistry, Counter

from authrisk.errors import StoreError
from authrisk.service import losses
from authrisk.service.losses import Losses


def test_each_is_counted_and_none_goes_untold(caplog, monkeypatch):
    """The first loss is told of at once, the next ones together; the lines add up to all."""
    monkeypatch.setattr(losses, "EVERY_S", 0.05)
    counter = Counter("lost", "Lost.", registry=CollectorRegistry())
    lines = []

    async def day():
        lost = Losses(counter)
        lost.add(StoreError("disk full"))
        lines.append(len(caplog.records))
        for _ in range(500):
            lost.add(StoreError("disk full"))
        lines.append(len(caplog.records))
        await asyncio.sleep(0.2)
        lines.append(len(caplog.records))
        for _ in range(3):
            lost.add("too many wait")
        lost.close()

    with caplog.at_level(logging.ERROR):
        asyncio.run(day())
    assert counter._value.get() == 504
    assert lines == [1, 1, 2]
    assert [record.args[0] for record in caplog.records] == [1, 500, 1, 2]
    assert "disk full" in caplog.messages[1]
    assert "too many wait" in caplog.messages[-1]
