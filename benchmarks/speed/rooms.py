"""The rooms before the models: the simulator, its attackers, enrichment."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from authrisk.enrich.enricher import Enricher
from authrisk.enrich.geo import AddressTables
from authrisk.enrich.user_agent import default_parser
from authrisk.event import LoginEvent
from authrisk.simulate.attackers import inject
from authrisk.simulate.profile import CONSUMER, ENTERPRISE
from authrisk.simulate.world import simulate
from benchmarks.speed.machine import Figure, seconds

TIERS = ("T1", "T2", "T3", "T4", "T5")
ADDRESSES = 2_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0"


def figures(users: int) -> Iterator[Figure]:
    """`users` consumers, and a hundredth of that employees; the first run of each is apart."""
    tables: list[AddressTables] = []
    loading = seconds(lambda: tables.append(AddressTables.load()))
    for name, profile, people in (
        ("consumers", CONSUMER, users),
        ("employees", ENTERPRISE, users // 100),
    ):
        simulate(profile, people, 1)
        started = time.perf_counter()
        events = simulate(profile, people, 2).events
        rate = events.height / (time.perf_counter() - started)
        yield Figure(f"simulate {name}", f"{rate:,.0f} events/s", "")
    events = simulate(CONSUMER, users, 3).events
    rates = []
    for seed in (1, 2):
        started = time.perf_counter()
        fakes = inject(events, TIERS, seed, 0.2).fakes.height
        rates.append(fakes / (time.perf_counter() - started))
    yield Figure("inject attackers", f"{rates[0]:,.0f}/s at first, {rates[1]:,.0f}/s then", "")
    yield Figure("load the address tables", f"{loading * 1e3:.0f} ms", "")
    yield from _enrich(Enricher(tables[0], default_parser()))


def _enrich(enricher: Enricher) -> Iterator[Figure]:
    logins = [
        LoginEvent(
            event_id=str(n), timestamp_ns=0, user_id="u",
            src_ip=f"{20 + n % 60}.{n % 251}.{n % 241}.9", user_agent=AGENT.format(n=n),
        )
        for n in range(ADDRESSES)
    ]  # fmt: skip
    enricher.enrich(logins[0])
    took = {}
    for state in ("cold", "warm"):
        each = []
        for login in logins[1:]:
            started = time.perf_counter_ns()
            enricher.enrich(login)
            each.append(time.perf_counter_ns() - started)
        took[state] = float(np.median(each)) / 1e3
    yield Figure(
        "enrich one event", f"{took['cold']:.0f} us unseen, {took['warm']:.1f} us seen", ""
    )
