"""`POST /v1/outcomes` and `POST /v1/feedback`: what became of a login, and what people say of it.

These two decide what becomes familiar: scoring alone never teaches.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from authrisk.history.store import StoredLogin
from authrisk.service import fields
from authrisk.service.assessments import json_response
from authrisk.service.body import read_capped, strict_json, typed
from authrisk.service.intake import Intake
from authrisk.service.problems import Problem
from authrisk.service.recorder import Recorder
from authrisk.service.settings import ServiceSettings
from authrisk.service.wire import FeedbackRequest, OutcomeRequest, StandingAnswer


def outcome_routes(intake: Intake, settings: ServiceSettings, recorder: Recorder) -> list[Route]:
    """Outcomes, reported by the server; verdicts, given by people."""

    async def report_outcome(request: Request) -> Response:
        body = await read_capped(request, settings.largest_body)
        report = typed(strict_json(body), OutcomeRequest)
        fields.identifier(report.event_id, "/eventID")
        stored = _kept(await intake.resolve(report.event_id, report.outcome))
        recorder.told(request, "outcome", report.outcome, stored)
        return _standing(stored)

    async def give_feedback(request: Request) -> Response:
        body = await read_capped(request, settings.largest_body)
        feedback = typed(strict_json(body), FeedbackRequest)
        fields.identifier(feedback.event_id, "/eventID")
        since_ns = None
        if feedback.since is not None:
            if feedback.verdict != "compromised":
                raise Problem(422, "goes with the verdict `compromised` only", "/since")
            since_ns = fields.time_ns(feedback.since, "/since")
        stored = _kept(await intake.judge(feedback.event_id, feedback.verdict, since_ns))
        recorder.told(request, "verdict", feedback.verdict, stored)
        return _standing(stored)

    return [
        Route("/v1/outcomes", report_outcome, methods=["POST"]),
        Route("/v1/feedback", give_feedback, methods=["POST"]),
    ]


def _kept(stored: StoredLogin | None) -> StoredLogin:
    if stored is None:
        raise Problem(404, "No login is kept under that event id.")
    return stored


def _standing(stored: StoredLogin) -> Response:
    name: Any = stored.standing.name.lower()
    return json_response(StandingAnswer(stored.event.event_id, name, stored.verdict))
