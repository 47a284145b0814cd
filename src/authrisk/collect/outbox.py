"""Alerts on their way out: what cannot be told now waits, and is told in its turn."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence

from authrisk.collect.alerts import Tell
from authrisk.event import LoginEvent
from authrisk.scorer import RiskAssessment

WAITING = 10_000
"""Alerts that may wait for one way out; those beyond are lost, and counted."""

_LOG = logging.getLogger(__name__)


class Outbox:
    """Tells alerts in every way there is, each way in order; an OSError keeps one back."""

    def __init__(self, tell: Sequence[Tell]) -> None:
        self.failures = 0
        """Tries that raised."""
        self.lost = 0
        """Alerts that found no room to wait."""
        self._ways = [(way, deque[tuple[LoginEvent, RiskAssessment]]()) for way in tell]

    @property
    def waiting(self) -> int:
        """Alerts that some way has not told yet."""
        return sum(len(waiting) for _, waiting in self._ways)

    def tell(self, event: LoginEvent, assessment: RiskAssessment) -> None:
        """Tell an alert, behind those that wait; raises nothing that a full disk causes."""
        for way, waiting in self._ways:
            if len(waiting) >= WAITING:
                self.lost += 1
            else:
                waiting.append((event, assessment))
            self._try(way, waiting)

    def again(self) -> None:
        """Try to tell what waits."""
        for way, waiting in self._ways:
            self._try(way, waiting)

    def _try(self, way: Tell, waiting: deque[tuple[LoginEvent, RiskAssessment]]) -> None:
        while waiting:
            try:
                way(*waiting[0])
            except OSError as error:
                self.failures += 1
                _LOG.warning("%d alerts wait: %s", len(waiting), error)
                return
            waiting.popleft()
