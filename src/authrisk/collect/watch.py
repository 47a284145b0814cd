"""What becomes of a login that nobody asked about: scored, remembered, perhaps an alert."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from authrisk.collect.alerts import Tell
from authrisk.collect.outbox import Outbox
from authrisk.enrich.address import prefix_of
from authrisk.errors import ScoringError
from authrisk.event import NS_PER_S, LoginEvent
from authrisk.history.store import Standing
from authrisk.scorer import RiskAssessment, Scorer

FUTURE_TOLERANCE_S = 300.0
"""A login stamped further ahead of our clock never becomes familiar."""
TOGETHER = 64
"""Logins of different users and networks that share a commit."""
UNREMEMBERED = 10_000
"""Alerts that are known to have been told while their logins cannot be remembered."""

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class WatchCounts:
    """What has become of the logins so far."""

    observed: int = 0
    known: int = 0
    """Their event id was there already: a sender repeated itself."""
    alerts: int = 0
    """Logins that were told, or wait to be."""
    lost: int = 0
    """History could not be read or written."""


class Watch:
    """Takes logins in as they are observed.

    Scoring runs in the event loop's thread, as the service's own does, so both may share one
    scorer; the disk is waited for in threads. A login sees what came before it from its user and
    from its network. Up to `TOGETHER` logins of different users and networks are remembered
    together, and what is common is counted then, so none of them is scored by the others.

    An alert is told before its login is remembered: after a crash between the two it may be told
    again, and is not lost. What cannot be told waits in the `outbox`.
    """

    def __init__(
        self,
        scorer: Scorer,
        prepare: Callable[[LoginEvent], LoginEvent],
        tell: Sequence[Tell],
        threshold: float,
        clock: Callable[[], int],
    ) -> None:
        """prepare: redacts, maps the user, enriches. threshold: the
        lowest riskScore of an alert. clock: nanoseconds since 1970."""
        self.counts = WatchCounts()
        self.outbox = Outbox(tell)
        self._scorer, self._prepare = scorer, prepare
        self._told: dict[str, None] = {}
        """Ids of alerts whose login is not remembered yet, oldest first."""
        self._threshold, self._clock = threshold, clock
        self._threads = ThreadPoolExecutor(TOGETHER, "observed-write")

    async def observe(self, events: Sequence[LoginEvent]) -> int:
        """Score and remember logins, in order; answers how many were new.

        Returns when they are on the disk. Raises StoreError when one could not be remembered;
        those before it are.
        """
        new = 0
        for some in _apart(events):
            prepared = [self._prepare(event) for event in some]
            assessed = [self._assess(event) for event in prepared]
            added = await asyncio.gather(
                *(self._remember(event, said) for event, said in assessed if said is not None),
                return_exceptions=True,
            )
            for outcome in added:
                if isinstance(outcome, BaseException):
                    self.counts.lost += 1
                    raise outcome
                new += outcome
        return new

    def _assess(self, event: LoginEvent) -> tuple[LoginEvent, RiskAssessment | None]:
        scorer = self._scorer
        try:
            if scorer.store.get(event.event_id) is not None:
                self.counts.known += 1
                return event, None
            return event, scorer.assess(event)
        except ScoringError as error:
            self.counts.lost += 1
            _LOG.warning("a login got no score: %s", error)
            return event, None

    async def _remember(self, event: LoginEvent, assessment: RiskAssessment) -> bool:
        ahead = event.timestamp_ns - self._clock() > FUTURE_TOLERANCE_S * NS_PER_S
        standing = Standing.UNCONFIRMED if ahead else None
        scorer = self._scorer
        if assessment.risk_score >= self._threshold:
            self._alert(event, assessment)
        stored = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: scorer.remember(event, assessment, standing=standing)
        )
        self._told.pop(event.event_id, None)
        if stored is None:
            self.counts.known += 1
            return False
        self.counts.observed += 1
        return True

    def _alert(self, event: LoginEvent, assessment: RiskAssessment) -> None:
        """Tell it, unless it was told when its login could not be remembered."""
        if event.event_id in self._told:
            return
        if len(self._told) >= UNREMEMBERED:
            del self._told[next(iter(self._told))]
        self._told[event.event_id] = None
        self.counts.alerts += 1
        self.outbox.tell(event, assessment)

    def close(self) -> None:
        """Wait for what is being remembered."""
        self._threads.shutdown()


def _apart(events: Sequence[LoginEvent]) -> Iterator[list[LoginEvent]]:
    """Runs of logins in which no user and no source network appears twice.

    So each login sees those before it of its user, and a spray from one network is seen as it
    goes on, not when it is over.
    """
    some: list[LoginEvent] = []
    there: set[tuple[str, str]] = set()
    for event in events:
        marks = _marks(event)
        if marks & there or len(some) >= TOGETHER:
            yield some
            some, there = [], set()
        some.append(event)
        there |= marks
    if some:
        yield some


def _marks(event: LoginEvent) -> set[tuple[str, str]]:
    """Whose login it is and where it comes from."""
    source = event.src_host
    if event.src_ip is not None:
        source = prefix_of(event.src_ip) or event.src_ip
    named = (("user", event.user_id), ("source", source))
    return {(what, name) for what, name in named if name is not None}
