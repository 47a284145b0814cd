"""`POST /v1/assessments` and `POST /v1/assessments:batch`: what is the risk of these logins?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from authrisk.event import LoginEvent
from authrisk.service.body import read_capped, strict_json, typed
from authrisk.service.intake import Intake
from authrisk.service.logins import login_of
from authrisk.service.problems import Problem
from authrisk.service.recorder import Recorder
from authrisk.service.settings import ServiceSettings
from authrisk.service.wire import AssessmentAnswer, AssessmentRequest, BatchAnswer, BatchItem

AT_ONCE = 64
"""Logins of all batches that are under way together: other callers' wait among them."""

Read = Callable[[], LoginEvent]


def assessment_routes(intake: Intake, settings: ServiceSettings, recorder: Recorder) -> list[Route]:
    """One login, or many."""

    room = asyncio.Semaphore(AT_ONCE)

    async def assess(request: Request) -> Response:
        body = await read_capped(request, settings.largest_body)
        login = login_of(typed(strict_json(body), AssessmentRequest), settings)
        answer = await intake.assess(login)
        recorder.assessed(request, login, answer)
        return json_response(answer)

    async def assess_batch(request: Request) -> Response:
        body = await read_capped(request, settings.largest_batch_body)
        reads = _readers(body, settings)

        async def assess_one(login: LoginEvent) -> AssessmentAnswer:
            async with room:
                answer = await intake.assess(login)
            recorder.assessed(request, login, answer)
            return answer

        return json_response(BatchAnswer(await _answer_all(reads, assess_one)))

    return [
        Route("/v1/assessments", assess, methods=["POST"]),
        Route("/v1/assessments:batch", assess_batch, methods=["POST"]),
    ]


def json_response(answer: msgspec.Struct) -> Response:
    """A wire type as an answer."""
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _readers(body: bytes, settings: ServiceSettings) -> list[Read]:
    """One reader for each login of an array, or of NDJSON lines; raises Problem for the whole."""
    if body.lstrip(b" \t\r\n").startswith(b"["):
        values = strict_json(body)
        _refuse_long(len(values), settings)
        return [_reader(partial(_itself, value), n, settings) for n, value in enumerate(values)]
    lines = [line for line in body.split(b"\n") if line.strip(b" \t\r")]
    if not lines:
        raise Problem(400, "The body is neither a JSON array nor lines of JSON.")
    _refuse_long(len(lines), settings)
    return [_reader(partial(strict_json, line), n, settings) for n, line in enumerate(lines)]


def _itself(value: object) -> object:
    return value


def _reader(value: Callable[[], object], index: int, settings: ServiceSettings) -> Read:
    def read() -> LoginEvent:
        try:
            return login_of(typed(value(), AssessmentRequest), settings)
        except Problem as problem:
            raise problem.below(f"/{index}") from None

    return read


async def _answer_all(
    reads: list[Read], assess: Callable[[LoginEvent], Awaitable[AssessmentAnswer]]
) -> list[BatchItem]:
    """Answers in the order of the request; the logins of one user are taken in that order."""
    results: list[BatchItem | None] = [None] * len(reads)
    queue = iter(_by_user(reads, results))

    async def work() -> None:
        for chain in queue:
            for index, login in chain:
                try:
                    results[index] = BatchItem(index, assessment=await assess(login))
                except Problem as problem:
                    details = problem.below(f"/{index}").details
                    results[index] = BatchItem(index, problem=details)
                await asyncio.sleep(0)

    await asyncio.gather(*(work() for _ in range(min(AT_ONCE, len(reads)))))
    return [item for item in results if item is not None]


def _by_user(
    reads: list[Read], results: list[BatchItem | None]
) -> list[list[tuple[int, LoginEvent]]]:
    """The well-formed logins, user by user; the problems of the others go into `results`."""
    chains: dict[str | None, list[tuple[int, LoginEvent]]] = {}
    for index, read in enumerate(reads):
        try:
            login = read()
        except Problem as problem:
            results[index] = BatchItem(index, problem=problem.details)
        else:
            chains.setdefault(login.user_id, []).append((index, login))
    return list(chains.values())


def _refuse_long(count: int, settings: ServiceSettings) -> None:
    if count > settings.largest_batch:
        raise Problem(413, f"The batch holds more than {settings.largest_batch} logins.")
