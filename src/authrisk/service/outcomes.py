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
from authrisk.service.settings import ServiceSettings
from authrisk.service.wire import FeedbackRequest, OutcomeRequest, StandingAnswer


def outcome_routes(intake: Intake, settings: ServiceSettings) -> list[Route]:
    """Outcomes, reported by the server; verdicts, given by people."""

    async def report_outcome(request: Request) -> Response:
        body = await read_capped(request, settings.largest_body)
        report = typed(strict_json(body), OutcomeRequest)
        fields.identifier(report.event_id, "/eventID")
        return _standing(await intake.resolve(report.event_id, report.outcome))

    async def give_feedback(request: Request) -> Response:
        body = await read_capped(request, settings.largest_body)
        feedback = typed(strict_json(body), FeedbackRequest)
        fields.identifier(feedback.event_id, "/eventID")
        since_ns = None
        if feedback.since is not None:
            if feedback.verdict != "compromised":
                raise Problem(422, "goes with the verdict `compromised` only", "/since")
            since_ns = fields.time_ns(feedback.since, "/since")
        return _standing(await intake.judge(feedback.event_id, feedback.verdict, since_ns))

    return [
        Route("/v1/outcomes", report_outcome, methods=["POST"]),
        Route("/v1/feedback", give_feedback, methods=["POST"]),
    ]


def _standing(stored: StoredLogin | None) -> Response:
    if stored is None:
        raise Problem(404, "No login is kept under that event id.")
    name: Any = stored.standing.name.lower()
    return json_response(StandingAnswer(stored.event.event_id, name, stored.verdict))
