"""An HTTP collector: `POST /` with the lines of a log, plain or gzip.

Log shippers send newline-delimited JSON this way; any text log is welcome. The answer comes when
the logins are remembered, so a shipper that gets none may send the same again: lines are known by
their content and events by their ids, and nothing counts twice.
"""

from __future__ import annotations

import asyncio
import hmac
import itertools
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from authrisk.collect.http_body import (
    BodyError,
    Room,
    check_size,
    content_lines,
    content_of,
    received,
)
from authrisk.collect.syslog import Address, refused
from authrisk.errors import FormatError, StoreError
from authrisk.event import LoginEvent
from authrisk.logs.choice import FormatChoice
from authrisk.logs.parser import Line, ParseSettings, Rejected
from authrisk.logs.report import Tally, collect
from authrisk.logs.sniff import sniff

Observe = Callable[[Sequence[LoginEvent]], Awaitable[int]]

PARSED_TOGETHER = 4
"""Bodies that are unpacked and parsed at one time."""


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """What a request may be."""

    key: str | None = None
    """Asked for as `Authorization: Bearer KEY`; None asks for none (loopback only)."""
    hosts: frozenset[str] | None = frozenset({"127.0.0.1", "localhost", "[::1]"})
    """Accepted names in the `Host` header; None accepts any."""
    largest_body: int = 8 << 20
    """Bytes as they are sent."""
    patience_s: float = 30.0
    """For the whole of a body to arrive."""
    waiting_bytes: int = 64 << 20
    """Of all bodies that arrive or wait at one time."""
    largest_content: int = 64 << 20
    """Bytes after decompression."""
    longest_line: int = 1 << 20
    most_lines: int = 100_000
    """Of one body. Its logins are in memory together."""


def collector_app(
    observe: Observe, choice: FormatChoice, settings: ParseSettings, limits: HttpSettings
) -> Starlette:
    """The application. `observe` remembers events and says how many of them were new."""
    parsing = asyncio.Semaphore(PARSED_TOGETHER)
    room = Room(limits.waiting_bytes)

    async def take(request: Request) -> Response:
        """Answers 200 with counts; 400, 401, 403, 408, 413, 415, 422 or 503 with the cause."""
        refusal = _refusal(request, limits)
        if refusal is not None:
            return refusal
        encoding, tally = request.headers.get("content-encoding", ""), Tally()
        announced = request.headers.get("content-length", "")
        try:
            if announced.isascii() and announced.isdigit():
                check_size(int(announced[:20]), limits.largest_body)
            async with (
                received(request.stream(), limits.largest_body, limits.patience_s, room) as body,
                parsing,
            ):
                events = await asyncio.to_thread(
                    _events, body, encoding, limits, choice, settings, tally
                )
                new = await observe(events)
        except BodyError as error:
            slow = error.status == 408
            return _problem(error.status, error.cause, {"connection": "close"} if slow else None)
        except FormatError as error:
            return _problem(422, f"The lines are of no known format: {error.what}.")
        except StoreError:
            return _problem(503, "The logins could not be kept; send them again.")
        report = tally.report()
        return JSONResponse(
            {
                "lines": report.lines,
                "events": report.events,
                "new": new,
                "ignored": report.ignored_lines,
                "rejected": {cause: count.lines for cause, count in report.rejected.items()},
            }
        )

    return Starlette(routes=[Route("/", take, methods=["POST"])])


@asynccontextmanager
async def serving(app: ASGIApp, address: tuple[str, int]) -> AsyncIterator[Address]:
    """Serve an application in this loop while the block runs; requests under way are finished.

    Gives the address (its port, where 0 was asked for). Raises InputError when it is taken.
    """
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise refused(Address(*address), error) from None
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        log_level="warning",
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        yield Address(*listener.getsockname()[:2])
    finally:
        server.should_exit = True
        await task
        listener.close()


class _Server(uvicorn.Server):
    """One that leaves signals to whoever runs the loop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _refusal(request: Request, limits: HttpSettings) -> Response | None:
    """Why nothing of the request is read: a foreign page, a wrong key."""
    headers = request.headers
    name = headers.get("host", "").lower().rpartition(":")
    host = name[0] if name[0] and name[2].isdigit() else "".join(name)
    if limits.hosts is not None and host not in limits.hosts:
        return _problem(403, "This collector does not answer to that host name.")
    if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
        return _problem(403, "Requests of web pages are refused.")
    if limits.key is not None:
        given = headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {limits.key}".encode()):
            return _problem(401, "A key is needed.", {"www-authenticate": "Bearer"})
    return None


def _events(
    body: bytes,
    encoding: str,
    limits: HttpSettings,
    choice: FormatChoice,
    settings: ParseSettings,
    tally: Tally,
) -> list[LoginEvent]:
    """The logins of a body; raises BodyError or FormatError for one that is not taken."""
    content = content_of(body, encoding, limits.largest_content)
    lines = content_lines(content, limits.longest_line, limits.most_lines)
    parser = choice.parser
    if parser is None:
        head, texts = _head(lines)
        lines = itertools.chain(head, lines)
        # Where no line holds text, any parser says so of each.
        parser = sniff(texts, choice.candidates) if texts else choice.candidates[0]
    return list(collect(parser, lines, settings, tally))


def _head(lines: Iterator[Line | Rejected]) -> tuple[list[Line | Rejected], list[str]]:
    """The first lines, as many as show the format, and the texts that stand in them."""
    head: list[Line | Rejected] = []
    texts: list[str] = []
    size = 0
    for line in lines:
        head.append(line)
        if isinstance(line, Line) and line.text.strip():
            texts.append(line.text)
            size += len(line.text)
        if len(texts) >= _HEAD_LINES or size >= _HEAD_CHARACTERS:
            break
    return head, texts


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(
        {"status": status, "detail": detail},
        status,
        headers,
        media_type="application/problem+json",
    )


_HEAD_LINES = 1000
_HEAD_CHARACTERS = 1 << 20
