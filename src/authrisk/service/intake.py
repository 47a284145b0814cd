"""The way of a login through the service: once per event id, in the user's order, kept on disk.

Scoring has a thread of its own; what waits for the disk waits in threads beside it, many logins
to a commit. A user's next login is scored when the last one is kept. Nobody waits longer than the
settings say: who does not hear in time gets a degraded answer, and the login is taken in all the
same when its turn comes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from authrisk.errors import ScoringError, StoreError
from authrisk.event import LoginEvent
from authrisk.history.store import Standing, StoredLogin
from authrisk.scorer import RiskAssessment, Scorer
from authrisk.service import answers
from authrisk.service.fallback import Fallback
from authrisk.service.losses import Losses
from authrisk.service.metrics import Metrics
from authrisk.service.problems import Problem
from authrisk.service.rates import Buckets
from authrisk.service.scoring import Scoring
from authrisk.service.settings import ServiceSettings
from authrisk.service.shadow import Shadow
from authrisk.service.turns import Turns
from authrisk.service.wire import AssessmentAnswer

T = TypeVar("T")
Enrich = Callable[[LoginEvent], LoginEvent]
Clock = Callable[[], int]

NS_PER_S = 1_000_000_000


class Intake:
    """Takes logins, outcomes and verdicts in; the only caller of the scorer."""

    def __init__(
        self,
        scorer: Scorer,
        enrich: Enrich,
        settings: ServiceSettings,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self.scorer = scorer
        self.shadow: Shadow | None = None
        """Sees every login that was answered and kept."""
        self.clock = clock
        self._enrich = enrich
        self._settings = settings
        self._metrics = metrics
        self._fallback = Fallback(settings)
        self._losses = Losses(metrics.lost)
        self._turns = Turns()
        self._rates = Buckets(settings.user_rate)
        self._scoring = Scoring(settings.patience_s, settings.waiting_logins)
        self._writes: dict[asyncio.Future[StoredLogin | None], float] = {}
        """What is not on the disk yet, and since when it waits, oldest first."""
        self._threads = ThreadPoolExecutor(settings.write_threads, "history-write")
        self._under_way: set[asyncio.Task[Any]] = set()
        """What goes on whether or not somebody waits for it."""

    async def assess(self, login: LoginEvent) -> AssessmentAnswer:
        """The answer to a login as the caller sent it: the first one, if its id was here before.

        Raises Problem 409 where the id belongs to another user's login, 429 where the user is asked
        about too often.
        """
        assert login.user_id is not None
        if wait := self._rates.wait_s(login.user_id, time.monotonic()):
            raise Problem(429, "Too many logins of this user.", retry_after_s=wait)
        if not self._turns.taken(login.user_id):
            return await self._taken_in(login, login.user_id)
        taking = self._task(self._taken_in(login, login.user_id))
        try:
            return await asyncio.wait_for(asyncio.shield(taking), self._settings.patience_s)
        except TimeoutError:
            taking.add_done_callback(self._taken_late)
            self._metrics.degraded("turn")
            return self._fallback.without_history(self.scorer, self._enrich(login))

    async def resolve(self, event_id: str, outcome: str) -> StoredLogin | None:
        """What became of a login. A stamp ahead of our clock never becomes familiar."""

        def change(stored: StoredLogin) -> StoredLogin | None:
            if outcome in _GOOD and answers.was_ahead(stored):
                return stored
            return self.scorer.resolve(event_id, outcome)

        return await self._change(event_id, change)

    async def judge(self, event_id: str, verdict: str, since_ns: int | None) -> StoredLogin | None:
        """A person's verdict on a login; None when there is no such login."""

        def change(stored: StoredLogin) -> StoredLogin | None:
            if verdict == "compromised":
                return self.scorer.judge(event_id, "compromised", since_ns)
            if answers.was_ahead(stored):
                return self.scorer.store.resolve(event_id, stored.standing, verdict)
            return self.scorer.judge(event_id, "legitimate")

        return await self._change(event_id, change)

    async def logins(self, user_id: str, limit: int) -> list[StoredLogin]:
        """What is kept of the user, newest last."""

        async def look() -> list[StoredLogin]:
            return await self._in_thread(lambda: self.scorer.store.logins(user_id, limit))

        return await self._in_time(look())

    async def forget(self, user_id: str) -> int:
        """Erase the user, after whatever is being answered for them."""

        async def erase() -> int:
            async with self._turns.turn(user_id):
                return await self._in_thread(lambda: self.scorer.forget(user_id))

        return await self._in_time(erase())

    async def ready(self) -> bool:
        """Whether history answers, and takes what it is told."""
        if self._disk_hangs:
            return False
        try:
            await asyncio.wait_for(
                self._in_thread(lambda: self.scorer.store.get("readiness")),
                self._settings.patience_s,
            )
        except (StoreError, TimeoutError):
            return False
        return True

    async def erase_old(self) -> None:
        """Erase what is older than the retention; counted, and tried again when it fails."""
        days = self._settings.retention_days
        if days is None:
            return
        before_ns = self.clock() - int(days * 86_400 * NS_PER_S)
        try:
            gone = await asyncio.to_thread(self.scorer.forget_before, before_ns)
        except StoreError:
            self._metrics.degraded("retention")
        else:
            self._metrics.expired.inc(gone)

    async def snapshot(self) -> None:
        """Keep the population counts, so that a restart is quick; counted when it fails."""
        try:
            await self._in_thread(self.scorer.save)
        except StoreError:
            self._metrics.degraded("snapshot")

    async def close(self) -> None:
        """Wait until everything that was taken in is kept, then keep the counts too."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await asyncio.to_thread(self._scoring.close)
        await asyncio.to_thread(self._threads.shutdown)
        self._losses.close()
        with suppress(StoreError):
            await asyncio.to_thread(self.scorer.save)

    async def _taken_in(self, login: LoginEvent, user: str) -> AssessmentAnswer:
        async with self._turns.turn(user):
            scorer, begin = self.scorer, time.monotonic()
            event = self._enrich(login)
            try:
                found = await self._scoring.assess(scorer, event)
            except (StoreError, ScoringError) as error:
                self._metrics.degraded("read" if isinstance(error, StoreError) else "score")
                self._losses.add(error)
                return self._fallback.without_history(scorer, event)
            if isinstance(found, StoredLogin):
                self._metrics.retries.inc()
                return _earlier_answer(found, login)
            left_s = self._settings.patience_s - (time.monotonic() - begin)
            return await self._kept(scorer, event, found, left_s)

    async def _kept(
        self, scorer: Scorer, event: LoginEvent, assessment: RiskAssessment, left_s: float
    ) -> AssessmentAnswer:
        """The answer, once the login is on the disk; `degraded` where that takes more than
        `left_s`."""
        ahead_ns = event.timestamp_ns - self.clock()
        ahead = ahead_ns > self._settings.future_tolerance_s * NS_PER_S
        answer = answers.answer_of(assessment, self._settings.actions, ahead=ahead)
        body = msgspec.json.encode(answer)
        standing = Standing.UNCONFIRMED if ahead else None
        if len(self._writes) >= self._settings.waiting_writes:
            self._metrics.degraded("queue")
            self._losses.add("too many wait for the disk")
            return self._fallback.unkept(answer)
        now, stuck = time.monotonic(), self._disk_hangs
        remembering = self._in_thread(
            lambda: scorer.remember(event, assessment, body, standing=standing)
        )
        self._writes[remembering] = now
        remembering.add_done_callback(self._remembered)
        try:
            # Behind a disk that hangs nobody waits; it is kept when the disk comes back.
            patience_s = 0.0 if stuck else max(0.0, left_s)
            stored = await asyncio.wait_for(asyncio.shield(remembering), patience_s)
        except (StoreError, TimeoutError) as error:
            self._metrics.degraded("slow" if isinstance(error, TimeoutError) else "write")
            return self._fallback.unkept(answer)
        if stored is None:
            return await self._answered_meanwhile(scorer, event, answer)
        self._metrics.assessed(answer.risk_level, answer.state)
        if self.shadow is not None:
            self.shadow.judge(event, assessment)
        return answer

    async def _answered_meanwhile(
        self, scorer: Scorer, event: LoginEvent, answer: AssessmentAnswer
    ) -> AssessmentAnswer:
        """The answer of the login that was kept under the same id while this one was scored."""
        stored = await self._in_thread(lambda: scorer.store.get(event.event_id))
        if stored is None or answers.answer_in(stored) is None:
            return answer
        return _earlier_answer(stored, event)

    @property
    def _disk_hangs(self) -> bool:
        """Whether the oldest write has taken longer than anybody would wait."""
        now = time.monotonic()
        return now - next(iter(self._writes.values()), now) > self._settings.patience_s

    async def _change(
        self, event_id: str, change: Callable[[StoredLogin], StoredLogin | None]
    ) -> StoredLogin | None:
        async def find_and_change() -> StoredLogin | None:
            stored = await self._in_thread(lambda: self.scorer.store.get(event_id))
            if stored is None:
                return None
            async with self._turns.turn(stored.event.user_id or ""):
                return await self._in_thread(lambda: change(stored))

        return await self._in_time(find_and_change())

    async def _in_time(self, work: Coroutine[Any, Any, T]) -> T:
        """What it answers. Raises StoreError where that takes too long; it goes on then."""
        doing = self._task(work)
        try:
            patience_s = self._settings.report_patience_s
            return await asyncio.wait_for(asyncio.shield(doing), patience_s)
        except TimeoutError:
            raise StoreError("history did not answer in time") from None

    def _task(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        task.add_done_callback(_seen)
        return task

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(_seen)
        return future

    def _remembered(self, future: asyncio.Future[StoredLogin | None]) -> None:
        del self._writes[future]
        error = None if future.cancelled() else future.exception()
        if error is not None:  # also long after the caller was answered
            self._losses.add(error)

    def _taken_late(self, taking: asyncio.Task[AssessmentAnswer]) -> None:
        error = None if taking.cancelled() else taking.exception()
        if error is not None:
            self._losses.add(error)


def _seen(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()  # seen, also where nobody waits any longer


_GOOD = frozenset({"success", "challenge_passed"})


def _earlier_answer(stored: StoredLogin, login: LoginEvent) -> AssessmentAnswer:
    """What was answered under the event id. Raises Problem 409 where it is another user's."""
    if stored.event.user_id != login.user_id:
        raise Problem(409, "belongs to another login", "/eventID")
    answer = answers.answer_in(stored)
    assert answer is not None
    return answer
