"""`/v1/model`: which bundle serves, and its replacement without a pause."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from authrisk.errors import AuthriskError
from authrisk.models.bundle import Bundle
from authrisk.service.assessments import json_response
from authrisk.service.intake import Intake
from authrisk.service.metrics import Metrics
from authrisk.service.problems import Problem
from authrisk.service.recorder import Recorder
from authrisk.service.wire import ModelAnswer

LoadBundle = Callable[[], Bundle]


def model_routes(
    intake: Intake, metrics: Metrics, load: LoadBundle | None, recorder: Recorder
) -> list[Route]:
    """The serving bundle. Each answer comes whole from one bundle, also while it is replaced."""

    async def show_model(_request: Request) -> Response:
        return json_response(_answer(intake.scorer.bundle))

    async def reload_model(request: Request) -> Response:
        if load is None:
            raise Problem(409, "This service was started with a fixed bundle.")
        try:
            bundle = await asyncio.to_thread(load)
        except AuthriskError as error:
            recorder.acted("reload refused", request, model=intake.scorer.bundle.version)
            raise Problem(
                409, f"The bundle was refused and the old one keeps serving: {error}"
            ) from error
        intake.scorer = intake.scorer.with_bundle(bundle)
        metrics.serving(bundle.name, bundle.version)
        recorder.acted("reload", request, model=bundle.version)
        return json_response(_answer(bundle))

    return [
        Route("/v1/model", show_model, methods=["GET"]),
        Route("/v1/model:reload", reload_model, methods=["POST"]),
    ]


def _answer(bundle: Bundle) -> ModelAnswer:
    manifest = msgspec.to_builtins(bundle.manifest)
    return ModelAnswer(bundle.name, bundle.version, manifest, bundle.metrics, bundle.card)
