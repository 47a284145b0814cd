"""An open-loop load of HTTP requests: they are due when they are due, however slow the answers.

A closed loop sends its next request when the last one is answered, so a slow service is asked
less and its waiting is not seen ("coordinated omission", Tene 2013). Here each request has a time
at which it is due, drawn as a Poisson process, and its latency is counted from then on.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httptools

from authrisk.errors import InputError

SEED = 1
LATE_S = 0.001


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go."""

    host: str
    port: int
    path: str
    tls: ssl.SSLContext | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, url: str, key: str | None = None) -> Target:
        """Of a URL, with the key that its service asks for; raises InputError.

        >>> Target.of("http://127.0.0.1:5000/v1/assessments").port
        5000
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError("is no http or https address", where=url)
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        port = parts.port or (443 if tls else 80)
        headers = () if key is None else (("Authorization", f"Bearer {key}"),)
        return cls(parts.hostname, port, parts.path or "/", tls, headers)

    def request(self, body: bytes) -> bytes:
        """A POST of JSON as it goes over the wire."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        lines = [
            f"POST {self.path} HTTP/1.1", f"Host: {host}:{self.port}",
            "Content-Type: application/json", f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers),
        ]  # fmt: skip
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(slots=True)
class Load:
    """What came of a load. Latencies in seconds, from the time a request was due."""

    rate: float
    latencies: list[float] = field(default_factory=list)
    """Of the requests that were answered, in the order of the answers."""
    statuses: Counter[int] = field(default_factory=Counter)
    degraded: int = 0
    broken: int = 0
    """Requests without an answer: connections refused, lost, or still open at the end."""
    late: int = 0
    """Requests that this side sent more than a millisecond after they were due."""
    seconds: float = 0.0
    processor_s: float = 0.0
    """Of this side."""

    @property
    def errors(self) -> int:
        """Answers other than 200, and none."""
        return self.broken + sum(n for status, n in self.statuses.items() if status != 200)

    def quantile(self, share: float) -> float:
        """The latency (s) that a share of the answered requests stayed within; NaN for none."""
        ordered = sorted(self.latencies)
        return (
            ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
        )


class Connection(asyncio.Protocol):
    """One request at a time over one connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._body = b""

    @property
    def is_open(self) -> bool:
        """Whether the other side has not closed it."""
        return self._transport is not None

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Status and body of the answer to a request; OSError where the connection is lost."""
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport is None:
            self._answer.set_exception(ConnectionResetError("closed"))
        else:
            self._transport.write(request)
        return self._answer

    def close(self) -> None:
        """Closing twice is harmless."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionError(f"is no HTTP: {error}"))

    def on_body(self, body: bytes) -> None:
        """httptools: a piece of the answer."""
        self._body += body

    def on_message_complete(self) -> None:
        """httptools: the whole answer is here."""
        body, self._body = self._body, b""
        if not self._parser.should_keep_alive():
            self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((self._parser.get_status_code(), body))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(exc or ConnectionResetError("closed without an answer"))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


async def connect(target: Target) -> Connection:
    """A connection to the target; raises OSError."""
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection, target.host, target.port, ssl=target.tls
    )
    return connection


async def load(
    target: Target,
    bodies: Iterator[bytes],
    rate: float,
    seconds: float,
    *,
    most_connections: int = 1_000,
    patience_s: float = 10.0,
    answered: Callable[[bytes], None] | None = None,
) -> Load:
    """Send `rate` requests a second for `seconds`, and wait `patience_s` for the last answers.

    answered: called with the body of every answer that is 200.
    """
    found = Load(rate)
    idle: list[Connection] = []
    room = asyncio.Semaphore(most_connections)
    tasks: set[asyncio.Task[None]] = set()
    gaps = random.Random(SEED)
    begin, used = time.perf_counter(), time.process_time()

    async def one(due: float, body: bytes) -> None:
        async with room:
            try:
                connection = idle.pop() if idle else await connect(target)
                while not connection.is_open:
                    connection = idle.pop() if idle else await connect(target)
                if time.perf_counter() - due > LATE_S:
                    found.late += 1
                status, answer = await connection.ask(target.request(body))
            except OSError:
                found.broken += 1
                return
            found.latencies.append(time.perf_counter() - due)
            found.statuses[status] += 1
            if status == 200:
                found.degraded += b'"degraded":true' in answer
                if answered is not None:
                    answered(answer)
            idle.append(connection)

    due = begin
    while (due := due + gaps.expovariate(rate)) < begin + seconds:
        wait = due - time.perf_counter()
        await asyncio.sleep(max(0.0, wait))
        task = asyncio.create_task(one(due, next(bodies)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    found.seconds = time.perf_counter() - begin
    if tasks:
        _, pending = await asyncio.wait(tasks, timeout=patience_s)
        for task in pending:
            task.cancel()
        found.broken += len(pending)
    found.processor_s = time.process_time() - used
    for connection in idle:
        connection.close()
    return found
