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
from authrisk.service.shadow import KEPT
from authrisk.service.wire import ModelAnswer

LoadBundle = Callable[[], Bundle]


def model_routes(
    intake: Intake, metrics: Metrics, load: LoadBundle | None, recorder: Recorder
) -> list[Route]:
    """The serving bundle, the one before it, the one in its shadow.

    Each answer comes whole from one bundle, also while it is replaced.
    """

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
        return serve("reload", bundle, request)

    async def roll_back(request: Request) -> Response:
        if not before:
            raise Problem(409, "No other bundle has served since the start.")
        return serve("rollback", before[-1], request)

    async def show_shadow(request: Request) -> Response:
        if intake.shadow is None:
            raise Problem(409, "This service was started without a shadow.")
        limit = request.query_params.get("limit", "100")
        if not (limit.isascii() and limit.isdigit() and int(limit[:9]) <= KEPT):
            raise Problem(422, f"is not a number from 0 to {KEPT}", "/limit")
        return json_response(intake.shadow.shown(int(limit)))

    def serve(action: str, bundle: Bundle, request: Request) -> Response:
        old = intake.scorer.bundle
        intake.scorer = intake.scorer.with_bundle(bundle)
        if bundle.version != old.version:
            before[:] = [old]
        metrics.serving(bundle.name, bundle.version)
        recorder.acted(action, request, model=bundle.version, before=old.version)
        return json_response(_answer(bundle))

    before: list[Bundle] = []
    return [
        Route("/v1/model", show_model, methods=["GET"]),
        Route("/v1/model:reload", reload_model, methods=["POST"]),
        Route("/v1/model:rollback", roll_back, methods=["POST"]),
        Route("/v1/model/shadow", show_shadow, methods=["GET"]),
    ]


def _answer(bundle: Bundle) -> ModelAnswer:
    manifest = msgspec.to_builtins(bundle.manifest)
    return ModelAnswer(bundle.name, bundle.version, manifest, bundle.metrics, bundle.card)
