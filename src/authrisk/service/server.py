"""Running the service: where it listens, how it logs, how it stops."""

from __future__ import annotations

import gc
import ipaddress
import json
import logging
import signal
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from authrisk.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Tls:
    """Certificate files; TLS 1.2 at least."""

    certificate: Path
    key: Path
    client_ca: Path | None = None
    """Callers must show a certificate of this authority."""

    def __post_init__(self) -> None:
        for path in (self.certificate, self.key, self.client_ca):
            if path is not None and not path.is_file():
                raise InputError("is no file", where=str(path))


@dataclass(frozen=True, kw_only=True)
class Listen:
    """Where the service listens.

    >>> Listen(host="0.0.0.0")
    Traceback (most recent call last):
    authrisk.errors.InputError: 0.0.0.0: is reached from other machines, and callers are not \
asked for a key (listen on 127.0.0.1; or give --keys, or --tls-client-ca; or say explicitly that \
it may be exposed)
    """

    host: str = "127.0.0.1"
    port: int = 5000
    exposed: bool = False
    """Accept an address that other machines reach, although callers are not asked for a key, or
    keys cross the network in the clear: something in front sees to that."""
    keys: bool = False
    """Callers are asked for keys."""
    tls: Tls | None = None

    def __post_init__(self) -> None:
        if self.exposed or is_loopback(self.host):
            return
        if not self.keys and (self.tls is None or self.tls.client_ca is None):
            raise InputError(
                "is reached from other machines, and callers are not asked for a key",
                where=self.host,
                remedy="listen on 127.0.0.1; or give --keys, or --tls-client-ca; or say explicitly "
                "that it may be exposed",
            )
        if self.tls is None:
            raise InputError(
                "is reached from other machines, and keys would cross the network in the clear",
                where=self.host,
                remedy="give --tls-cert and --tls-key; or say explicitly that it may be exposed, "
                "where something in front speaks TLS",
            )


SWITCH_S = 0.0005
"""How long one thread may keep another waiting. Loop, scoring thread and writer take turns many
times a login, and Python's 5 ms would be most of its time."""


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
        **_tls_options(listen.tls),
    )
    if listen.tls is not None:
        _use_certificates(config, listen.tls)
    gc.collect()
    gc.freeze()  # what was loaded stays: looking through it for garbage holds up answers by 0.1 s
    sys.setswitchinterval(SWITCH_S)
    with _signals_end_only_serving():
        uvicorn.Server(config).run()


def _tls_options(tls: Tls | None) -> dict[str, Any]:
    if tls is None:
        return {}
    options: dict[str, Any] = {"ssl_certfile": tls.certificate, "ssl_keyfile": tls.key}
    if tls.client_ca is not None:
        options |= {"ssl_ca_certs": tls.client_ca, "ssl_cert_reqs": ssl.CERT_REQUIRED}
    return options


def _use_certificates(config: uvicorn.Config, tls: Tls) -> None:
    """Load them now, so that what is wrong with them is said in our words."""
    try:
        config.load()
    except (ssl.SSLError, OSError) as error:
        raise InputError(
            f"the certificate or its key cannot be used: {error}", where=str(tls.certificate)
        ) from None
    assert config.ssl is not None
    config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2


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
