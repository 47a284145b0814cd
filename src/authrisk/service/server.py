"""Running the service: where it listens, how it logs, how it stops."""

from __future__ import annotations

import ipaddress
import json
import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from authrisk.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Listen:
    """Where the service listens.

    >>> Listen(host="0.0.0.0")
    Traceback (most recent call last):
    authrisk.errors.InputError: 0.0.0.0: is reached from other machines, and callers are not \
asked for a key (listen on 127.0.0.1, or say explicitly that it may be exposed)
    """

    host: str = "127.0.0.1"
    port: int = 5000
    exposed: bool = False
    """Accept an address that other machines reach, although callers are not asked for a key."""

    def __post_init__(self) -> None:
        if not (self.exposed or is_loopback(self.host)):
            raise InputError(
                "is reached from other machines, and callers are not asked for a key",
                where=self.host,
                remedy="listen on 127.0.0.1, or say explicitly that it may be exposed",
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address.

    >>> [is_loopback(h) for h in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "example.org", "")]
    [True, True, True, False, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(app: ASGIApp, listen: Listen) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are answered first (10 s at most).

    Returns then, so that the caller can close its store. To be called in the main thread.
    """
    config = uvicorn.Config(
        app,
        host=listen.host,
        port=listen.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,  # paths carry user ids
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
        log_config=LOGGING,
    )
    with _signals_end_only_serving():
        uvicorn.Server(config).run()


@contextmanager
def _signals_end_only_serving() -> Iterator[None]:
    """uvicorn sends itself the signal again once it has stopped; here the caller goes on."""
    stopping = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda _number, _frame: None) for number in stopping]
    try:
        yield
    finally:
        for number, handling in zip(stopping, before, strict=True):
            signal.signal(number, handling)


class JsonLines(logging.Formatter):
    """One JSON object a line, whatever the message holds.

    >>> record = logging.LogRecord("a", logging.INFO, "", 0, "two\\nlines", None, None)
    >>> "\\n" in JsonLines().format(record)
    False
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON, its traceback inside."""
        created = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "time": f"{created}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": JsonLines}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "lines"},
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
"""uvicorn's own loggers write through the root's: JSON lines on stderr."""
