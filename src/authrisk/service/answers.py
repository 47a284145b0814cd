"""The answer that an assessment becomes: reasons, recommended action, flags."""

from __future__ import annotations

from typing import Any

import msgspec

from authrisk.history.store import StoredLogin
from authrisk.models.bundle import Bundle
from authrisk.models.calibration import level_of
from authrisk.scorer import RiskAssessment
from authrisk.service.settings import Action, Actions
from authrisk.service.wire import AssessmentAnswer, ModelName, ReasonAnswer

AHEAD = ReasonAnswer(
    "clock_ahead", "The login is stamped in the future; it will not become familiar"
)

_ANSWER = msgspec.json.Decoder(AssessmentAnswer)


def answer_of(assessment: RiskAssessment, actions: Actions, *, ahead: bool) -> AssessmentAnswer:
    """The answer to a login; `ahead` flags a time stamp in the future."""
    reasons = [
        ReasonAnswer(r.code, r.message, r.bits, r.observed, r.usual) for r in assessment.reasons
    ]
    if ahead:
        reasons.append(AHEAD)
    action: Action = getattr(actions, assessment.risk_level)
    if assessment.state == "learning":
        action = _no_lockout(action)
    return AssessmentAnswer(
        event_id=assessment.event_id,
        risk_score=assessment.risk_score,
        risk_level=assessment.risk_level,
        state=assessment.state,
        reasons=reasons,
        recommended_action=action,
        model=ModelName(assessment.model_name, assessment.model_version),
        degraded=False,
    )


def degraded(answer: AssessmentAnswer, action: Action) -> AssessmentAnswer:
    """The same answer with that action, of a service that could not do all it should."""
    return msgspec.structs.replace(answer, degraded=True, recommended_action=action)


def unscored(event_id: str, risk: float, bundle: Bundle, action: Action) -> AssessmentAnswer:
    """The answer to a login that the model could not score."""
    level: Any = level_of(risk)
    return AssessmentAnswer(
        event_id=event_id,
        risk_score=risk,
        risk_level=level,
        state="learning",
        reasons=[],
        recommended_action=action,
        model=ModelName(bundle.name, bundle.version),
        degraded=True,
    )


def answer_in(stored: StoredLogin) -> AssessmentAnswer | None:
    """What was answered when the login was scored; None for a login that was only imported."""
    if stored.answer is None:
        return None
    try:
        return _ANSWER.decode(stored.answer)
    except msgspec.DecodeError:
        return None


def was_ahead(stored: StoredLogin) -> bool:
    """Whether the login was stamped in the future when it was scored."""
    answer = answer_in(stored)
    return answer is not None and AHEAD in answer.reasons


def _no_lockout(action: Action) -> Action:
    return "challenge" if action == "deny" else action
