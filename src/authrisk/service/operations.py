"""`/livez`, `/readyz`, `/metrics`: how the process is."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from authrisk.service.assessments import json_response
from authrisk.service.intake import Intake
from authrisk.service.metrics import Metrics
from authrisk.service.problems import Problem
from authrisk.service.wire import StatusAnswer


def operation_routes(intake: Intake, metrics: Metrics) -> list[Route]:
    """Liveness (the process answers), readiness (history answers too), and counters."""

    async def live(_request: Request) -> Response:
        return json_response(StatusAnswer("alive"))

    async def ready(_request: Request) -> Response:
        if not await intake.ready():
            raise Problem(503, "History does not answer.")
        return json_response(StatusAnswer("ready"))

    async def show_metrics(_request: Request) -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/livez", live, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
        Route("/metrics", show_metrics, methods=["GET"]),
    ]
