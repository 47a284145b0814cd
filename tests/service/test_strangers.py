"""Users that nobody has seen: whoever makes them up must not fill the memory."""

import random

import psutil
import pytest

from authrisk.event import LoginEvent
from authrisk.history.sqlite import SqliteStore
from authrisk.models.bundle import load_bundle, pretrained_path
from authrisk.scorer import Scorer

MIB = 1 << 20


@pytest.mark.long
def test_strangers_do_not_fill_the_memory(tmp_path):
    """100,000 logins of as many made-up users, addresses and agents grow the process by at most
    64 MiB: by then every cache is full."""
    scorer = Scorer(load_bundle(pretrained_path("supervised")), SqliteStore(tmp_path / "h.db"))
    draw = random.Random(1)

    def ask(first, count):
        for n in range(first, first + count, 64):
            events = [
                LoginEvent(
                    event_id=f"e{k}",
                    timestamp_ns=1_700_000_000_000_000_000 + k * 10**7,
                    user_id=draw.randbytes(12).hex(),
                    src_ip=".".join(str(draw.randrange(1, 224)) for _ in range(4)),
                    user_agent=draw.randbytes(20).hex(),
                )
                for k in range(n, n + 64)
            ]
            found = scorer.assess_each(events, [None] * 64)
            for event, assessment in zip(events, found, strict=True):
                scorer.remember(event, assessment)

    ask(0, 2_048)
    before = psutil.Process().memory_info().rss
    ask(10_000, 100_032)
    grown = (psutil.Process().memory_info().rss - before) / MIB
    print(f"{grown:.0f} MiB")
    scorer.store.close()
    assert grown <= 64
