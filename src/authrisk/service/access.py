"""Who may ask for what: each route has a scope, and one without is closed.

Without a file of keys the service is open to whoever reaches it, which is this machine alone
(`server.Listen`). With one, every route but `/livez` asks for a key of its scope.
"""

from __future__ import annotations

import base64
import binascii
import functools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from authrisk.service.keys import Key, KeyRing, Scope
from authrisk.service.problems import Problem
from authrisk.service.rates import Buckets, Rate
from authrisk.service.recorder import Recorder

OPEN = "open"
ANY = "any"
"""Of a route that any valid key may use."""
NEEDED: dict[str, Scope | str] = {
    "/livez": OPEN,
    "/readyz": ANY,
    "/getAnomalyScore": "score",
    "/v1/assessments": "score",
    "/v1/assessments:batch": "score",
    "/v1/outcomes": "outcome",
    "/v1/feedback": "feedback",
    "/v1/users/{user_id:path}/logins": "admin",
    "/v1/users/{user_id:path}": "admin",
    "/v1/model": "admin",
    "/v1/model:reload": "admin",
    "/v1/model:rollback": "admin",
    "/v1/model/shadow": "admin",
    "/metrics": "metrics",
    "/openapi.json": ANY,
    "/docs": ANY,
    "/docs/openapi-3.0.json": ANY,
    "/docs/start.js": ANY,
    "/docs/{name}": ANY,
}
"""Scope by path. A path that does not stand here is closed to everybody."""

KEY_RATE = Rate(per_s=5_000.0, burst=10_000.0)
WRONG_RATE = Rate(per_s=5.0, burst=50.0)
"""Of wrong keys from one address, before it is told to wait."""
_LOOK_S = 1.0
"""How often a changed file of keys is looked for."""

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Access:
    """Asks callers for their keys."""

    ring: KeyRing
    clock: Callable[[], float] = time.time
    keys: Buckets = field(default_factory=lambda: Buckets(KEY_RATE, 1_000))
    wrong: Buckets = field(default_factory=lambda: Buckets(WRONG_RATE, 10_000))
    _looked: float = 0.0

    def admit(self, request: Request, needed: Scope | str | None) -> Key | None:
        """The caller's key; None on an open route. Raises Problem 401, 403 or 429."""
        if needed == OPEN:
            return None
        now = self.clock()
        if now - self._looked >= _LOOK_S or now < self._looked:
            self._looked = now
            self.ring.refresh()
        text = shown_key(request)
        if text is None:
            raise Problem(401, "A key is needed (Authorization: Bearer, or X-API-Key).")
        key = self.ring.find(text, now)
        if key is None:
            whose = "" if request.client is None else request.client.host
            if wait := self.wrong.wait_s(whose, now):
                raise Problem(429, "Too many wrong keys.", retry_after_s=wait)
            raise Problem(401, "The key is unknown or has expired.")
        if needed is None or (needed != ANY and needed not in key.scopes):
            raise Problem(403, "The key has no right to this call.")
        if wait := self.keys.wait_s(key.id, now):
            raise Problem(429, "Too many calls with this key.", retry_after_s=wait)
        return key


def shown_key(request: Request) -> str | None:
    """The key in a request: `X-API-Key`, `Authorization: Bearer`, or the password of Basic (which
    is what some authentication servers can send)."""
    own = request.headers.get("x-api-key")
    if own is not None:
        return own
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() != "basic":
        return None
    try:
        pair = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return pair.partition(":")[2]


def with_keys(routes: list[Route], access: Access | None, recorder: Recorder) -> list[Route]:
    """The same routes, each asking for a key of its scope; as they are where there is no file of
    keys."""
    if access is None:
        return routes
    return [_guarded(route, access, recorder) for route in routes]


def _guarded(route: Route, access: Access, recorder: Recorder) -> Route:
    endpoint, needed = route.endpoint, NEEDED.get(route.path)

    @functools.wraps(endpoint)
    async def guarded(request: Request) -> Response:
        before = access.ring.names
        try:
            request.state.key = access.admit(request, needed)
        finally:
            if access.ring.names != before:
                recorder.acted("keys changed", keys=sorted(access.ring.names))
        answer: Response = await endpoint(request)
        return answer

    methods = None if route.methods is None else sorted(route.methods - {"HEAD"})
    return Route(route.path, guarded, methods=methods)
