"""What the routes write into the decision log: no user, no address, no agent in clear."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from authrisk.event import LoginEvent
from authrisk.history.store import StoredLogin
from authrisk.service.decision_log import DecisionLog
from authrisk.service.wire import AssessmentAnswer


class Recorder:
    """Writes decisions, or nothing where no log is kept."""

    def __init__(self, log: DecisionLog | None) -> None:
        self._log = log

    def assessed(self, request: Request, login: LoginEvent, answer: AssessmentAnswer) -> None:
        """A login and what was recommended."""
        if self._log is None:
            return
        self._log.add(
            {
                "kind": "assessment",
                "event": self._log.key.pseudonym("event", answer.event_id),
                "user": self._log.key.pseudonym("user", login.user_id or ""),
                "riskScore": round(answer.risk_score, 4),
                "riskLevel": answer.risk_level,
                "state": answer.state,
                "recommendedAction": answer.recommended_action,
                "reasons": [reason.code for reason in answer.reasons],
                "model": answer.model.version,
                "degraded": answer.degraded,
                **_caller(request),
            }
        )

    def told(self, request: Request, kind: str, what: str, stored: StoredLogin) -> None:
        """An outcome or a verdict, and what the login counts for since."""
        if self._log is None:
            return
        self._log.add(
            {
                "kind": kind,
                kind: what,
                "event": self._log.key.pseudonym("event", stored.event.event_id),
                "user": self._log.key.pseudonym("user", stored.event.user_id or ""),
                "standing": stored.standing.name.lower(),
                **_caller(request),
            }
        )

    def erased(self, request: Request, user_id: str, logins: int) -> None:
        """A user's logins are gone; the log keeps a name that says nothing without its key."""
        if self._log is not None:
            user = self._log.key.pseudonym("user", user_id)
            self.acted("erase", request, user=user, logins=logins)

    def acted(self, action: str, request: Request | None = None, **details: Any) -> None:
        """An administrative action; `request` is None for what the service does by itself."""
        if self._log is not None:
            caller = {} if request is None else _caller(request)
            self._log.add({"kind": "administration", "action": action, **details, **caller})


def _caller(request: Request) -> dict[str, str]:
    key = getattr(request.state, "key", None)
    return {} if key is None else {"key": key.id, "keyName": key.name}
