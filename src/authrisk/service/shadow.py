"""A second bundle scores the same logins, unseen by the callers: what would it have said?

It runs in a thread of its own on what has been answered already, with counts of its own that are
copied from the serving ones now and then; no answer waits for it or is changed by it. Where it is
too slow, logins are left out and counted.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter, deque
from typing import NamedTuple

from authrisk.event import LoginEvent
from authrisk.models.bundle import Bundle
from authrisk.models.calibration import Level
from authrisk.scorer import RiskAssessment, Scorer
from authrisk.service.metrics import Metrics
from authrisk.service.wire import ShadowAnswer, ShadowDifference

_LOG = logging.getLogger(__name__)

MOST_WAITING = 2_000
KEPT = 1_000
"""Latest logins that both bundles judged differently."""
COPY_S = 60.0
"""How old the shadow's population may be."""
LEVELS: tuple[Level, ...] = ("low", "medium", "high")


class _Judged(NamedTuple):
    event: LoginEvent
    answered: RiskAssessment


class Shadow:
    """Scores after the serving scorer and records where the levels differ."""

    def __init__(self, bundle: Bundle, served: Scorer, metrics: Metrics) -> None:
        self.bundle = bundle
        self._served, self._metrics = served, metrics
        self._scorer = self._copied()
        self._copied_at = time.monotonic()
        self._jobs: queue.SimpleQueue[_Judged | None] = queue.SimpleQueue()
        self._table: Counter[tuple[str, str]] = Counter()
        self._latest: deque[ShadowDifference] = deque(maxlen=KEPT)
        self._left_out = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)
        self._thread.start()

    def judge(self, event: LoginEvent, answered: RiskAssessment) -> None:
        """Score a login that was answered and remembered; never waits."""
        if self._jobs.qsize() >= MOST_WAITING:
            self._leave_out()
            return
        self._jobs.put(_Judged(event, answered))

    def shown(self, limit: int) -> ShadowAnswer:
        """What both said so far, and the latest logins that they judged differently."""
        with self._lock:
            table = {str(a): {str(b): self._table[a, b] for b in LEVELS} for a in LEVELS}
            latest = list(self._latest)[-limit:] if limit else []
            return ShadowAnswer(
                name=self.bundle.name,
                version=self.bundle.version,
                logins=self._table.total(),
                differ=sum(n for (a, b), n in self._table.items() if a != b),
                left_out=self._left_out,
                served_then_shadow=table,
                latest=latest,
            )

    def close(self) -> None:
        """Finish what waits, then end."""
        self._jobs.put(None)
        self._thread.join(10)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if time.monotonic() - self._copied_at > COPY_S:
                self._scorer, self._copied_at = self._copied(), time.monotonic()
            try:
                found = self._scorer.assess(job.event)
            except Exception:  # noqa: BLE001 # a second bundle's faults harm nobody: counted, and told once
                if not self._left_out:
                    _LOG.exception("the shadow could not score a login")
                self._leave_out()
                continue
            self._record(job.answered, found)

    def _record(self, answered: RiskAssessment, found: RiskAssessment) -> None:
        levels = answered.risk_level, found.risk_level
        self._metrics.shadowed(*levels)
        with self._lock:
            self._table[levels] += 1
            if levels[0] != levels[1]:
                self._latest.append(
                    ShadowDifference(
                        answered.event_id, answered.risk_score, found.risk_score, *levels
                    )
                )

    def _leave_out(self) -> None:
        with self._lock:
            self._left_out += 1
        self._metrics.shadow_left_out.inc()

    def _copied(self) -> Scorer:
        """A scorer of the bundle over the same history, with a copy of the population."""
        counts = self._served.copied_counts()
        return Scorer(self.bundle, self._served.store, adapt=False, counts=counts)
