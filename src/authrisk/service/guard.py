"""The gate before every route: who may ask at all, and how long answering took."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from authrisk.service.metrics import Metrics
from authrisk.service.problems import Problem, problem_response
from authrisk.service.settings import ServiceSettings

HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_OWN_SITE = frozenset({"same-origin", "none"})


class Guard:
    """Refuses requests that a browser sends for a foreign page, before anything reads them.

    The documented call is a "simple request": any page may make a browser send it to the loopback
    address. Browsers name the page in `Origin` and `Sec-Fetch-Site`, and a page whose name was
    rebound to our address names itself in `Host`.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings, metrics: Metrics) -> None:
        self._app, self._settings, self._metrics = app, settings, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], *HEADERS]}
            await send(message)

        try:
            refusal = self._refusal(scope)
            if refusal is None:
                await self._app(scope, receive, send_marked)
            else:
                await problem_response(refusal)(scope, receive, send_marked)
        finally:
            endpoint = scope.get("endpoint")
            route = "none" if endpoint is None else getattr(endpoint, "__name__", "other")
            self._metrics.request(route, status, time.perf_counter() - start)

    def _refusal(self, scope: Scope) -> Problem | None:
        headers = {
            name: value.decode("latin-1").lower()
            for name, value in scope["headers"]
            if name in {b"host", b"origin", b"sec-fetch-site"}
        }
        host = headers.get(b"host", "")
        accepted = self._settings.hosts
        named = _HOST.fullmatch(host)
        if host and (named is None or (accepted is not None and named[1] not in accepted)):
            return Problem(403, "This service does not answer to that host name.")
        origin = headers.get(b"origin")
        if origin is not None:
            own = host != "" and _authority(origin) == host
            if not own and origin not in self._settings.origins:
                return Problem(403, "Requests of foreign web pages are refused.")
        elif headers.get(b"sec-fetch-site", "none") not in _OWN_SITE:
            return Problem(403, "Requests of foreign web pages are refused.")
        return None


_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/?#@\[\]\\]+)(?::[0-9]{0,5})?")
"""A Host header: a name or address, then perhaps a port (RFC 9110 section 7.2)."""


def _authority(origin: str) -> str | None:
    """Host and port of an Origin header; None when it is no URL."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
