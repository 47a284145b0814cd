"""One login: 20 past logins, features, model and reasons, no HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from authrisk.event import LoginEvent
from authrisk.eventlog import to_events
from authrisk.history.memory import MemoryStore
from authrisk.models.bundle import PRETRAINED, load_bundle, pretrained_path
from authrisk.scorer import Scorer
from authrisk.simulate.profile import ENTERPRISE
from authrisk.simulate.world import simulate
from benchmarks.speed.machine import Figure

PAST = 20
ROUNDS = 50


def figures() -> Iterator[Figure]:
    """Latency of `Scorer.assess` per bundle, beside one bare ONNX Runtime call of its model."""
    logins: dict[str | None, list[LoginEvent]] = {}
    for event in to_events(simulate(ENTERPRISE, users=60, seed=3, days=60).events):
        if event.outcome == "success":
            logins.setdefault(event.user_id, []).append(event)
    for name in PRETRAINED:
        bundle = load_bundle(pretrained_path(name))
        scorer = Scorer(bundle, MemoryStore())
        probes = []
        for mine in logins.values():
            if len(mine) > PAST:
                for event in mine[:PAST]:
                    scorer.remember(event, scorer.assess(event))
                probes.append(mine[PAST])
        whole = _nanoseconds(lambda event, s=scorer: s.assess(event), probes)
        shape = (1, bundle.manifest.steps, len(bundle.manifest.features))
        window = np.zeros(shape, np.float32)
        model = _nanoseconds(lambda _, b=bundle, w=window: b.model.score(w), probes)
        p50, p99 = np.quantile(whole, [0.5, 0.99]) / 1e6
        bare = np.quantile(model, 0.5) / 1e6
        yield Figure(
            f"assess one login, {name}",
            f"p50 {p50:.3f} ms, p99 {p99:.3f} ms",
            "p50 <= 0.4 ms, p99 <= 1 ms",
            f"bare model call p50 {bare:.3f} ms: {p50 / bare:.1f} times",
        )


def _nanoseconds(call: object, probes: list[LoginEvent]) -> list[int]:
    assert callable(call)
    for probe in probes:
        call(probe)
    out = []
    for _ in range(ROUNDS):
        for probe in probes:
            started = time.perf_counter_ns()
            call(probe)
            out.append(time.perf_counter_ns() - started)
    return out
