"""Errors on the wire: RFC 9457 problem details that name the field and never repeat the value."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"

_LOG = logging.getLogger(__name__)
_HEADERS = {
    401: {"WWW-Authenticate": 'Bearer realm="authrisk", Basic realm="authrisk"'},
    413: {"Connection": "close"},
    503: {"Retry-After": "1"},
}


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field."""

    pointer: str
    """JSON pointer as a URI fragment (RFC 6901 section 6), e.g. `#/timestamp`."""
    detail: str


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every error (RFC 9457)."""

    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """Ends a request with an error answer.

    >>> Problem(422, "is empty", "/userID").details.errors[0].pointer
    '#/userID'
    """

    def __init__(
        self,
        status: int,
        detail: str,
        pointer: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
        errors = [] if pointer is None else [FieldError(f"#{pointer}", detail)]
        shown = detail if pointer is None else f"The field {pointer or '/'} {detail}."
        self.details = ProblemDetails(HTTPStatus(status).phrase, status, shown, errors)

    def below(self, prefix: str) -> Problem:
        """The same problem, its pointer seen from further out (`prefix` as in `/3`)."""
        if not self.details.errors:
            return self
        (error,) = self.details.errors
        return Problem(self.details.status, error.detail, prefix + error.pointer[1:])


def problem_response(problem: Problem) -> Response:
    """The answer that a problem is."""
    headers = dict(_HEADERS.get(problem.details.status, {}))
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after_s)))
    return Response(
        msgspec.json.encode(problem.details),
        status_code=problem.details.status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


async def answer_problem(_request: Request, error: Exception) -> Response:
    """Exception handler for `Problem`."""
    assert isinstance(error, Problem)
    return problem_response(error)


async def answer_http_exception(_request: Request, error: Exception) -> Response:
    """Exception handler for the router's own refusals (404, 405)."""
    assert isinstance(error, HTTPException)
    response = problem_response(Problem(error.status_code, str(error.detail)))
    response.headers.update(error.headers or {})
    return response


async def answer_store_error(_request: Request, error: Exception) -> Response:
    """Exception handler for `StoreError`: history is locked, full or gone, perhaps for long."""
    _LOG.error("history does not answer: %s", error)
    return problem_response(Problem(503, "History does not answer."))


async def answer_crash(_request: Request, _error: Exception) -> Response:
    """Exception handler for a fault of ours: says nothing about its cause."""
    return problem_response(Problem(500, "The service failed; its log says why."))


def problem_of(error: msgspec.ValidationError) -> Problem:
    """The problem that msgspec found, without the value that it may quote.

    >>> class Body(msgspec.Struct):
    ...     level: int
    >>> try:
    ...     msgspec.convert({"level": "secret"}, Body)
    ... except msgspec.ValidationError as error:
    ...     problem_of(error).details.errors
    [FieldError(pointer='#/level', detail='Expected `int`, got `str`')]
    """
    text, _, path = str(error).partition(" - at `$")
    pointer = path.rstrip("`").replace("[", ".").replace("]", "").replace(".", "/")
    if "missing required field" in text:
        return Problem(422, "is missing", f"{pointer}/{text.split('`')[1]}")
    if text.startswith("Invalid enum value"):
        text = "is none of the allowed values"
    return Problem(422, text, pointer)
