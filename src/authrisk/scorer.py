"""The scorer: history, features, model, calibration and reasons for one login.

`assess` reads and never writes; `remember` writes after the answer is known. So a login never
sees itself, and scoring alone teaches nothing (docs/service.md says what becomes familiar when).
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal, TypeGuard

import msgspec
import numpy as np

from authrisk.counts import LIVE, POPULATION, Counts, restore_adaptation, restore_counts
from authrisk.errors import AuthriskError, ScoringError, StoreError
from authrisk.event import LoginEvent, Outcome
from authrisk.features.calm import without_failures
from authrisk.features.coded import code_event, code_of, coded_from
from authrisk.features.population import Population
from authrisk.history.store import HistoryStore, Standing, StoredLogin
from authrisk.models.adaptation import Adaptation
from authrisk.models.bundle import Bundle
from authrisk.models.calibration import MEDIUM, Calibrator, Level, level_of
from authrisk.models.onnx_model import Rows
from authrisk.pasts import Asked, Pasts
from authrisk.reasons import Reason, explain

Trust = Literal["low-risk", "confirmed"]
Verdict = Literal["legitimate", "compromised"]

YOUNG = 500
"""Familiar logins of all users below which an installation is `learning`."""
_ALL = 1_000_000
_PENDING = 65_536
_TOLD = ("success", "challenge_passed")
_RESOLUTIONS = {
    "success": Standing.FAMILIAR,
    "challenge_passed": Standing.FAMILIAR,
    "failure": Standing.EVIDENCE,
    "challenge_failed": Standing.EVIDENCE,
    "abandoned": Standing.EVIDENCE,
}


class RiskAssessment(msgspec.Struct, frozen=True):
    """What is said of one login. riskScore: 0..1, higher is riskier."""

    event_id: str
    risk_score: float
    risk_level: Level
    state: Literal["scored", "learning"]
    reasons: tuple[Reason, ...]
    model_name: str
    model_version: str
    raw: float
    probability: float | None = None
    """P(attack) at the bundle's stated prevalence; None for the autoencoder."""


class Scorer:
    """Scores logins of one installation with one bundle.

    `assess` calls must not overlap each other; the writing calls may run beside them.
    """

    def __init__(
        self,
        bundle: Bundle,
        store: HistoryStore,
        *,
        trust: Trust = "low-risk",
        step_up: float = MEDIUM,
        adapt: bool = True,
        counts: Counts | None = None,
    ) -> None:
        """Takes the population counts up where the store's snapshot left them, or shares those
        of another scorer. One process only may write to a store (`history.lock`).

        adapt: whether the calibration follows the logins that were told to be legitimate
        (models.adaptation); else the bundle's own is kept.
        """
        self.bundle = bundle
        self._pasts = Pasts(store)
        self._trust = trust
        self._step_up = step_up
        self._counts = restore_counts(store) if counts is None else counts
        self._live = restore_adaptation(store, bundle) if adapt else None
        self._pending: OrderedDict[str, float] = OrderedDict()
        """Raw scores of logins whose outcome has not been told."""

    @property
    def store(self) -> HistoryStore:
        """The history that it reads and writes."""
        return self._pasts.store

    @store.setter
    def store(self, store: HistoryStore) -> None:
        self._pasts = Pasts(store)

    @property
    def calibrator(self) -> Calibrator:
        """The one in force: of the bundle, or as adapted to what was told so far."""
        return self.bundle.calibrator if self._live is None else self._live.calibrator

    @property
    def population(self) -> Population:
        """How common values are in this installation."""
        return self._counts.population

    def assess(self, event: LoginEvent) -> RiskAssessment:
        """The risk of an enriched login, judged by what came strictly before it.

        A login that is remembered already (its event id is in history) does not see itself.
        """
        (answer,) = self.assess_each([event], [self.store.get(event.event_id)])
        if isinstance(answer, AuthriskError):
            raise answer
        return answer

    def assess_each(
        self, events: Sequence[LoginEvent], stored: Sequence[StoredLogin | None]
    ) -> list[RiskAssessment | StoreError | ScoringError]:
        """`assess` of each, in one run of the model: the answers are the same, and many cost
        little more than one. None sees another; what could not be scored says why.

        stored: what the store holds under the event id of each.
        """
        asked: list[Asked | StoreError] = []
        for event, known in zip(events, stored, strict=True):
            try:
                asked.append(self._asked(event, known))
            except StoreError as error:
                asked.append(error)
        found = [each for each in asked if isinstance(each, Asked)]
        if not found:
            return [each for each in asked if isinstance(each, StoreError)]
        windows = np.concatenate([each.windows for each in found])
        raws, parts = self.bundle.model.score(without_failures(windows, self.bundle.scalers))
        answers: list[RiskAssessment | StoreError | ScoringError] = []
        first = 0
        for one in asked:
            if isinstance(one, StoreError):
                answers.append(one)
                continue
            mine = slice(first, first + len(one.windows))
            first = mine.stop
            answers.append(self._answer(one, raws[mine], parts[mine]))
        return answers

    def _asked(self, event: LoginEvent, stored: StoredLogin | None) -> Asked:
        preparation = self.bundle.preparation
        if _is_counted(stored) and stored.sequence <= self._counts.upto:
            with self._counts.lock:
                row = coded_from([code_event(stored.event)]).ints[0]
                self.population.remove(row)
                try:
                    return self._pasts.asked(event, stored, self.population, preparation)
                finally:
                    self.population.add(row)
        return self._pasts.asked(event, stored, self.population, preparation)

    def _answer(self, asked: Asked, raws: Rows, parts: Rows) -> RiskAssessment | ScoringError:
        event, past = asked.event, asked.past
        if not np.isfinite(raws).all():
            return ScoringError("the model gives no finite score", where=event.event_id)
        judged = int(raws.argmax())
        raw = raws[judged : judged + 1]
        score = float(self.calibrator.risk(raw)[0])
        reasons = explain(
            asked.current, parts[judged : judged + 1], event, past, probation=judged > 0
        )
        return RiskAssessment(
            event_id=event.event_id,
            risk_score=score,
            risk_level=level_of(score),
            state="learning" if not past or self.population.size < YOUNG else "scored",
            reasons=reasons,
            model_name=self.bundle.name,
            model_version=self.bundle.version,
            raw=float(raw[0]),
            probability=self.bundle.calibrator.probability(float(raw[0])),
        )

    def copied_counts(self) -> Counts:
        """A copy of the population as it is now, and of what it counts up to."""
        with self._counts.lock:
            state, upto = self.population.to_bytes(), self._counts.upto
        return Counts(Population.from_bytes(state), upto)

    def standing_of(self, event: LoginEvent, risk_score: float) -> Standing:
        """What a login counts for before anything more is heard of it."""
        if event.outcome is Outcome.SUCCESS:
            return Standing.FAMILIAR
        if event.outcome is Outcome.FAILURE:
            return Standing.EVIDENCE
        if event.outcome is Outcome.UNKNOWN and self._trust == "low-risk":
            return Standing.FAMILIAR if risk_score < self._step_up else Standing.UNCONFIRMED
        return Standing.UNCONFIRMED

    def remember(
        self,
        event: LoginEvent,
        assessment: RiskAssessment,
        answer: bytes | None = None,
        *,
        standing: Standing | None = None,
    ) -> StoredLogin | None:
        """Append the login to history; None when its event id is there already.

        standing: overrides `standing_of`, e.g. for a login with a stamp in the future.
        """
        if standing is None:
            standing = self.standing_of(event, assessment.risk_score)
        stored = self.store.append(event, standing, answer)
        if stored is not None:
            self._count(event if standing is Standing.FAMILIAR else None, stored.sequence)
            self._await_outcome(stored, assessment)
        return stored

    def resolve(self, event_id: str, outcome: str) -> StoredLogin | None:
        """What became of a login: success, failure, challenge_passed, challenge_failed, abandoned.

        None when there is no such login. A disowned login stays disowned.
        """
        stored = self._restand(event_id, _RESOLUTIONS[outcome], None, outcome)
        if stored is not None and self._live is not None:
            with self._counts.lock:
                raw = self._pending.pop(event_id, None)
                told = outcome in _TOLD and stored.standing is Standing.FAMILIAR
                if raw is not None and told:
                    self._observe(stored.event, raw)
        return stored

    def judge(
        self, event_id: str, verdict: Verdict, since_ns: int | None = None
    ) -> StoredLogin | None:
        """A person's verdict. `compromised` disowns the login and, with `since_ns`, all of its
        user's from then on. `legitimate` makes familiar what was waiting or disowned; a failed
        login stays evidence, whoever failed: the verdict is a label then."""
        if verdict == "legitimate":
            return self._restand(event_id, Standing.FAMILIAR, verdict)
        stored = self._restand(event_id, Standing.DISOWNED, verdict)
        if stored is not None and since_ns is not None and stored.event.user_id is not None:
            user = stored.event.user_id
            for login in self.store.logins(user, _ALL):
                if login.event.timestamp_ns >= since_ns and login.standing is Standing.FAMILIAR:
                    self._uncount(login.event)
            self.store.disown_since(user, since_ns)
        return stored

    def save(self) -> None:
        """Keep population counts and live calibration beside the logins, so that a restart goes
        on from here."""
        with self._counts.lock:
            state = self._counts.upto.to_bytes(8, "little") + self.population.to_bytes()
            live = None if self._live is None else self._live.to_bytes()
        self.store.save_state(POPULATION, state)
        if live is not None:
            self.store.save_state(LIVE, live)

    def forget(self, user_id: str) -> int:
        """Erase a user from history and from what is cached; answers how many logins.

        The population's counts hold no users and stay.
        """
        erased = self.store.forget(user_id)
        self._pasts = Pasts(self.store)
        if self._live is not None:
            with self._counts.lock:
                self._live.forget(code_of("user", user_id))
        return erased

    def forget_before(self, before_ns: int) -> int:
        """Erase every login of before that time from history and from what is cached; answers how
        many. The population's counts stay: they age by themselves."""
        gone = self.store.forget_before(before_ns)
        self._pasts = Pasts(self.store)
        return gone

    def with_bundle(self, bundle: Bundle) -> Scorer:
        """A scorer of another bundle over the same history and counts."""
        other = Scorer(
            bundle,
            self.store,
            trust=self._trust,
            step_up=self._step_up,
            adapt=False,
            counts=self._counts,
        )
        if self._live is not None and bundle.version == self.bundle.version:
            other._live, other._pending = self._live, self._pending
        elif self._live is not None:
            other._live = Adaptation(bundle.calibrator, bundle.version)
        return other

    def _await_outcome(self, stored: StoredLogin, assessment: RiskAssessment) -> None:
        """Learn from a login that is told to be legitimate; keep the score of one that may yet
        be. What is familiar for its low risk alone says nothing of how common high risk is."""
        comes_from_it = assessment.model_version == self.bundle.version
        if self._live is None or not comes_from_it or not math.isfinite(assessment.raw):
            return
        with self._counts.lock:
            if stored.event.outcome is Outcome.SUCCESS:
                if stored.standing is Standing.FAMILIAR:
                    self._observe(stored.event, assessment.raw)
            elif stored.standing is not Standing.EVIDENCE:
                self._pending[stored.event.event_id] = assessment.raw
                if len(self._pending) > _PENDING:
                    self._pending.popitem(last=False)

    def _observe(self, event: LoginEvent, raw: float) -> None:
        if self._live is not None and event.user_id is not None:
            self._live.observe(code_of("user", event.user_id), event.timestamp_ns, raw)

    def _restand(
        self,
        event_id: str,
        standing: Standing,
        verdict: Verdict | None,
        outcome: str | None = None,
    ) -> StoredLogin | None:
        before = self.store.get(event_id)
        if before is None or (before.standing is Standing.DISOWNED and verdict is None):
            return before
        judged = verdict is not None and before.standing is Standing.EVIDENCE
        if standing is Standing.FAMILIAR and (judged or before.event.outcome is Outcome.FAILURE):
            standing = Standing.EVIDENCE  # a failed login never makes anything familiar
        after = self.store.resolve(event_id, standing, verdict, outcome)
        if after is not None and standing is not before.standing:
            if standing is Standing.FAMILIAR:
                self._count(after.event, 0)
            elif before.standing is Standing.FAMILIAR:
                self._uncount(after.event)
        return after

    def _uncount(self, event: LoginEvent) -> None:
        if event.user_id is None:
            return
        with self._counts.lock:
            self.population.remove(coded_from([code_event(event)]).ints[0])

    def _count(self, event: LoginEvent | None, sequence: int) -> None:
        with self._counts.lock:
            self._counts.upto = max(self._counts.upto, sequence)
            if event is not None and event.user_id is not None:
                self.population.add(coded_from([code_event(event)]).ints[0])


def _is_counted(stored: StoredLogin | None) -> TypeGuard[StoredLogin]:
    """Whether a remembered login is in the population's counts: nobody's logins are not."""
    return (
        stored is not None
        and stored.standing is Standing.FAMILIAR
        and stored.event.user_id is not None
    )
