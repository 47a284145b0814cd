"""The scoring thread: logins that wait together share one run of the model.

The event loop goes on answering while the model runs, and a history that hangs holds this thread
alone: who waits for it is told in time.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from typing import NamedTuple

from authrisk.batches import next_batch
from authrisk.errors import AuthriskError, StoreError
from authrisk.event import LoginEvent
from authrisk.history.store import StoredLogin
from authrisk.scorer import RiskAssessment, Scorer
from authrisk.service.answers import answer_in
from authrisk.service.problems import Problem

LARGEST_RUN = 64
"""Logins in one run of the model: bounds how long the first of them waits for the last."""

_WEIGHT = 0.1
"""Of the last run in the mean pace."""

Answer = RiskAssessment | StoredLogin
"""The assessment, or the login as it was answered before under its event id."""


class _Job(NamedTuple):
    scorer: Scorer
    event: LoginEvent
    future: asyncio.Future[Answer]


class Scoring:
    """Asks scorers, one run after the other, in a thread of its own.

    Called in one event loop. `patience_s`: how long a login waits for its answer. Once a run has
    taken that long, later logins do not wait for it at all; they wait again when it is over.
    `most_waiting`: more logins than that are refused at once, and so are those who would wait for
    two thirds of the patience or more at the pace of the last runs: whoever cannot be answered in
    time must not cost those who can (Welsh and Culler, "Adaptive overload control", 2003).
    """

    def __init__(self, patience_s: float, most_waiting: int) -> None:
        self._patience_s, self._most = patience_s, most_waiting
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._waiting = 0
        self._pace_s = 0.0
        """What a login costs, mean of the last runs."""
        self._since: float | None = None
        """When the run under way began, monotonic."""
        self._thread = threading.Thread(target=self._work, name="scoring", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Logins that wait for their score."""
        return self._waiting

    @property
    def hangs(self) -> bool:
        """Whether the run under way has taken longer than anybody would wait."""
        since = self._since
        return since is not None and time.monotonic() - since > self._patience_s

    async def assess(self, scorer: Scorer, event: LoginEvent) -> Answer:
        """The assessment of an enriched login, or the login as it was remembered with its answer.

        Raises StoreError where history cannot be read or not in time, ScoringError where there is
        no finite score, Problem 503 where too many wait.
        """
        if self.hangs:
            raise StoreError("history does not answer")
        if self._waiting >= self._most or self._waiting * self._pace_s > self._patience_s * 2 / 3:
            raise Problem(503, "Too many logins are waiting to be scored.", retry_after_s=1)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting += 1
        self._jobs.put(_Job(scorer, event, future))
        try:
            return await asyncio.wait_for(future, self._patience_s)
        except TimeoutError:
            raise StoreError("history did not answer in time") from None
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Stop once the run under way is over; does not wait for one that hangs."""
        self._jobs.put(None)
        self._thread.join(self._patience_s)

    def _work(self) -> None:
        last = False
        while not last:
            run, last = next_batch(self._jobs, LARGEST_RUN)
            wanted = [job for job in run if not job.future.cancelled()]
            for scorer in {id(job.scorer): job.scorer for job in wanted}.values():
                mine = [job for job in wanted if job.scorer is scorer]
                self._since = time.monotonic()
                found = _answers(scorer, [job.event for job in mine])
                took_s = time.monotonic() - self._since
                self._since = None
                self._pace_s += _WEIGHT * (took_s / len(mine) - self._pace_s)
                try:
                    mine[0].future.get_loop().call_soon_threadsafe(_tell, mine, found)
                except RuntimeError:  # the loop was closed: nobody waits any longer
                    return


def _answers(scorer: Scorer, events: list[LoginEvent]) -> list[Answer | BaseException]:
    """One answer or error for each; whatever goes wrong is told to those who wait."""
    found: dict[int, Answer | BaseException] = {}
    stored: dict[int, StoredLogin | None] = {}
    try:
        for n, event in enumerate(events):
            try:
                stored[n] = known = scorer.store.get(event.event_id)
            except AuthriskError as error:
                found[n] = error
                continue
            if known is not None and _is_answered(known, event):
                found[n] = known
        new = [n for n in stored if n not in found]
        assessed = scorer.assess_each([events[n] for n in new], [stored[n] for n in new])
        found.update(zip(new, assessed, strict=True))
    except Exception as error:  # noqa: BLE001 # a fault of ours: every caller hears of it
        return [found.get(n, error) for n in range(len(events))]
    return [found[n] for n in range(len(events))]


def _is_answered(known: StoredLogin, event: LoginEvent) -> bool:
    """Whether it needs no score any more: it has its answer, or the id is another user's."""
    return known.event.user_id != event.user_id or answer_in(known) is not None


def _tell(jobs: list[_Job], answers: list[Answer | BaseException]) -> None:
    for job, answer in zip(jobs, answers, strict=True):
        if job.future.done():
            continue  # gave up waiting
        if isinstance(answer, BaseException):
            job.future.set_exception(answer)
        else:
            job.future.set_result(answer)
