"""The service as an ASGI application, put together from its parts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from authrisk.errors import StoreError
from authrisk.models.bundle import Bundle
from authrisk.scorer import Scorer
from authrisk.service.access import Access, with_keys
from authrisk.service.assessments import assessment_routes
from authrisk.service.decision_log import DecisionLog
from authrisk.service.dialects.documented import documented_routes
from authrisk.service.documentation import documentation_routes
from authrisk.service.guard import Guard
from authrisk.service.intake import Clock, Enrich, Intake
from authrisk.service.metrics import Metrics
from authrisk.service.model import LoadBundle, model_routes
from authrisk.service.operations import operation_routes
from authrisk.service.outcomes import outcome_routes
from authrisk.service.problems import (
    Problem,
    answer_crash,
    answer_http_exception,
    answer_problem,
    answer_store_error,
)
from authrisk.service.recorder import Recorder
from authrisk.service.settings import ServiceSettings
from authrisk.service.shadow import Shadow
from authrisk.service.users import user_routes


def create_app(
    scorer: Scorer,
    enrich: Enrich,
    settings: ServiceSettings | None = None,
    *,
    load_bundle: LoadBundle | None = None,
    clock: Clock = time.time_ns,
    access: Access | None = None,
    decisions: DecisionLog | None = None,
    shadow: Bundle | None = None,
) -> Starlette:
    """The application that serves a scorer.

    enrich: `Enricher.enrich`. load_bundle: what `/v1/model:reload` calls to get the new bundle;
    without it reloading is refused. access: asks callers for keys; without it whoever reaches the
    service may ask (`server.Listen` sees to it that this is this machine). decisions: where each
    answer and each administrative action is written. shadow: a second bundle that scores the same
    logins, for nobody but `/v1/model/shadow`. The caller closes store and log, after the
    application has shut down. Runs in one event loop. One process writes a history: the population
    counts are its own (`authrisk serve` takes a lock, and a second one is refused).
    """
    settings = settings or ServiceSettings()
    metrics = Metrics()
    metrics.serving(scorer.bundle.name, scorer.bundle.version)
    if decisions is not None:
        decisions.lost = metrics.unwritten.inc
    recorder = Recorder(decisions)
    intake = Intake(scorer, enrich, settings, metrics, clock)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        recorder.acted("start", model=intake.scorer.bundle.version)
        if shadow is not None:
            intake.shadow = Shadow(shadow, intake.scorer, metrics)
        snapshots = asyncio.create_task(_snapshots(intake, settings.snapshot_every_s))
        erasing = asyncio.create_task(_erasing(intake, settings.retention_every_s))
        yield
        for task in (snapshots, erasing):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await intake.close()
        if intake.shadow is not None:
            await asyncio.to_thread(intake.shadow.close)
        recorder.acted("stop")

    routes = [
        *documented_routes(intake, settings, recorder),
        *assessment_routes(intake, settings, recorder),
        *outcome_routes(intake, settings, recorder),
        *user_routes(intake, recorder),
        *model_routes(intake, metrics, load_bundle, recorder),
        *operation_routes(intake, metrics),
        *documentation_routes(),
    ]
    return Starlette(
        routes=with_keys(routes, access, recorder),
        middleware=[Middleware(Guard, settings=settings, metrics=metrics)],
        exception_handlers={
            Problem: answer_problem,
            StoreError: answer_store_error,
            HTTPException: answer_http_exception,
            Exception: answer_crash,
        },
        lifespan=lifespan,
    )


async def _erasing(intake: Intake, every_s: float) -> None:
    await asyncio.sleep(every_s / 6)
    while True:
        await intake.erase_old()
        await asyncio.sleep(every_s)


async def _snapshots(intake: Intake, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        await intake.snapshot()
