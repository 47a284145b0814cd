"""The stage: a file's history in the real scorer, lent to one scene after the other.

Whatever a scene does to its victim's history is undone when it ends, so that scenes are
independent and their order does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from authrisk.counts import Counts
from authrisk.errors import InputError
from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import to_events
from authrisk.features.population import Population
from authrisk.history.memory import MemoryStore
from authrisk.history.store import Standing
from authrisk.models.bundle import Bundle
from authrisk.models.calibration import MEDIUM
from authrisk.scorer import Scorer, Trust

DAY_NS = 86_400 * 10**9
HOUR_NS = 3_600 * 10**9
_STANDINGS = {Outcome.SUCCESS: Standing.FAMILIAR, Outcome.FAILURE: Standing.EVIDENCE}


class Stage:
    """A history in memory, as the service would have remembered it with every outcome told."""

    def __init__(self, events: pl.DataFrame, bundle: Bundle, *, trust: Trust = "low-risk") -> None:
        """events: sorted by time. Raises InputError when there are none."""
        if events.is_empty():
            raise InputError("there are no events to play on")
        self.bundle, self._trust = bundle, trust
        self._store = MemoryStore()
        self.past: dict[str, list[LoginEvent]] = {}
        """The successful logins of each user, oldest first."""
        for event in to_events(events):
            self._append(event)
            if event.user_id is not None and event.outcome is Outcome.SUCCESS:
                self.past.setdefault(event.user_id, []).append(event)
        self.end_ns = event.timestamp_ns
        """The last event: scenes play from here on, unless they say otherwise."""
        self._population = Scorer(bundle, self._store).population.to_bytes()

    @contextmanager
    def scene(self, user: str) -> Iterator[Scorer]:
        """A scorer as the service would hold it; what it learns of the user is undone after."""
        before = [login.event for login in self._store.logins(user, _ALL)]
        counts = Counts(Population.from_bytes(self._population), 0)
        try:
            yield Scorer(self.bundle, self._store, trust=self._trust, counts=counts)
        finally:
            self._store.forget(user)
            for event in before:
                self._append(event)

    def _append(self, event: LoginEvent) -> None:
        self._store.append(event, _STANDINGS.get(event.outcome, Standing.UNCONFIRMED))


def attempt(scorer: Scorer, event: LoginEvent) -> bool:
    """Play a login as the service does: judged, then remembered; whether it is let in."""
    assessment = scorer.assess(event)
    scorer.remember(event, assessment)
    return assessment.risk_score < MEDIUM


_ALL = 1_000_000
