"""`/v1/users/{id}`: what is kept of a user, and its erasure."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from authrisk.event import format_time_ns
from authrisk.history.store import StoredLogin
from authrisk.service import fields
from authrisk.service.answers import answer_in
from authrisk.service.assessments import json_response
from authrisk.service.intake import Intake
from authrisk.service.problems import Problem
from authrisk.service.recorder import Recorder
from authrisk.service.wire import ErasureAnswer, KeptLogin, UserLogins

MOST_SHOWN = 1000


def user_routes(intake: Intake, recorder: Recorder) -> list[Route]:
    """Looking at a user's logins, and erasing them."""

    async def list_logins(request: Request) -> Response:
        user_id = fields.identifier(request.path_params["user_id"], "/userID")
        limit = request.query_params.get("limit", "100")
        if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= MOST_SHOWN):
            raise Problem(422, f"is not a number from 1 to {MOST_SHOWN}", "/limit")
        kept = await intake.logins(user_id, int(limit))
        return json_response(UserLogins(user_id, [_shown(login) for login in kept]))

    async def erase_user(request: Request) -> Response:
        user_id = fields.identifier(request.path_params["user_id"], "/userID")
        erased = await intake.forget(user_id)
        recorder.erased(request, user_id, erased)
        return json_response(ErasureAnswer(user_id, erased))

    return [
        Route("/v1/users/{user_id:path}/logins", list_logins, methods=["GET"]),
        Route("/v1/users/{user_id:path}", erase_user, methods=["DELETE"]),
    ]


def _shown(stored: StoredLogin) -> KeptLogin:
    event, answer = stored.event, answer_in(stored)
    return KeptLogin(
        event_id=event.event_id,
        timestamp=format_time_ns(event.timestamp_ns),
        outcome=event.outcome.value,
        standing=stored.standing.name.lower(),
        verdict=stored.verdict,
        location=event.src_ip if event.src_ip is not None else event.src_host,
        country=event.src_country,
        city=event.src_city,
        asn=event.src_asn,
        user_agent=event.user_agent,
        browser=event.browser,
        os=event.os,
        risk_score=None if answer is None else answer.risk_score,
    )
