"""The documented call, as WSO2 adaptive scripts make it: `POST /getAnomalyScore`.

JSON under any Content-Type in; exactly one key out, `{"riskScore": 0.5}`.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from authrisk.service.body import read_capped, strict_json, typed
from authrisk.service.intake import Intake
from authrisk.service.logins import documented_login_of
from authrisk.service.recorder import Recorder
from authrisk.service.settings import ServiceSettings
from authrisk.service.wire import DocumentedRequest


def documented_routes(intake: Intake, settings: ServiceSettings, recorder: Recorder) -> list[Route]:
    """The one route of the dialect."""

    async def get_anomaly_score(request: Request) -> Response:
        body = await read_capped(request, settings.largest_body)
        login = documented_login_of(typed(strict_json(body), DocumentedRequest), settings)
        answer = await intake.assess(login)
        recorder.assessed(request, login, answer)
        text = f'{{"riskScore": {round(answer.risk_score, 2)}}}'
        return Response(text, media_type="application/json")

    return [Route("/getAnomalyScore", get_anomaly_score, methods=["POST"])]
