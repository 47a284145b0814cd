"""What is answered while history fails, as the operator chose."""

from __future__ import annotations

from typing import Any

import msgspec

from authrisk.errors import ScoringError
from authrisk.event import LoginEvent
from authrisk.history.memory import MemoryStore
from authrisk.models.calibration import MEDIUM, level_of
from authrisk.scorer import Scorer
from authrisk.service import answers
from authrisk.service.settings import Action, ServiceSettings
from authrisk.service.wire import AssessmentAnswer


class Fallback:
    """Answers that are `degraded`: never below the cold-start score where history was not read."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._choice = settings.on_store_failure
        self._actions = settings.actions
        self._floor, self._action = _CHOICES[settings.on_store_failure]

    def unkept(self, answer: AssessmentAnswer) -> AssessmentAnswer:
        """The answer to a login that is scored, and not on the disk (yet)."""
        action = answer.recommended_action if self._choice == "open" else self._action
        risk = max(self._floor, answer.risk_score)
        level: Any = level_of(risk)
        answer = msgspec.structs.replace(answer, risk_score=risk, risk_level=level)
        return answers.degraded(answer, action)

    def without_history(self, scorer: Scorer, event: LoginEvent) -> AssessmentAnswer:
        """The answer to an enriched login whose history or score is out of reach."""
        cold = scorer.with_bundle(scorer.bundle)
        cold.store = MemoryStore()
        try:
            assessment = cold.assess(event)
        except ScoringError:
            least = max(self._floor, MEDIUM)
            return answers.unscored(event.event_id, least, cold.bundle, self._action)
        risk = max(self._floor, assessment.risk_score)
        assessment = msgspec.structs.replace(
            assessment, risk_score=risk, risk_level=level_of(risk), state="learning"
        )
        answer = answers.answer_of(assessment, self._actions, ahead=False)
        return answers.degraded(answer, self._action)


_CHOICES: dict[str, tuple[float, Action]] = {
    "step-up": (MEDIUM, "challenge"),
    "open": (0.0, "allow"),
    "closed": (1.0, "deny"),
}
"""The lowest score, and the action."""
