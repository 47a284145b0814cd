"""Alerts: risky logins, told as JSON lines, as ECS documents, or to a webhook."""

from __future__ import annotations

import http.client
import logging
import queue
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any
from urllib.parse import urlsplit

import msgspec

from authrisk.errors import InputError
from authrisk.event import LoginEvent, to_json
from authrisk.export import to_ecs
from authrisk.scorer import RiskAssessment

Tell = Callable[[LoginEvent, RiskAssessment], None]

_LOG = logging.getLogger(__name__)


def alert_document(event: LoginEvent, assessment: RiskAssessment) -> dict[str, Any]:
    """The login in canonical names and what is said of it in those of the service's answers."""
    return {
        "alert": "risky login",
        "riskScore": assessment.risk_score,
        "riskLevel": assessment.risk_level,
        "state": assessment.state,
        "reasons": [msgspec.to_builtins(reason) for reason in assessment.reasons],
        "model": {"name": assessment.model_name, "version": assessment.model_version},
        "login": msgspec.json.decode(to_json(event)),
    }


def ecs_alert(event: LoginEvent, assessment: RiskAssessment) -> dict[str, Any]:
    """An ECS document of kind `alert`; the score is `event.risk_score`, 0 to 100 as ECS has it."""
    document = to_ecs(event)
    document["event"] |= {"kind": "alert", "risk_score": round(100 * assessment.risk_score, 3)}
    document.setdefault("authrisk", {})
    document["authrisk"] |= {
        "risk_level": assessment.risk_level,
        "state": assessment.state,
        "reasons": [msgspec.to_builtins(reason) for reason in assessment.reasons],
    }
    document["rule"] = {"name": assessment.model_name, "version": assessment.model_version}
    return document


def to_file(
    file: IO[bytes], document: Callable[[LoginEvent, RiskAssessment], Mapping[str, Any]]
) -> Tell:
    """Each alert as a line that is flushed at once; the file's buffer must have room for one.

    Raises OSError where it cannot be written. What of the line is in the buffer then is written
    first when the same alert is told again, so that no half of a line stays.
    """
    buffered: str | None = None

    def tell(event: LoginEvent, assessment: RiskAssessment) -> None:
        nonlocal buffered
        file.flush()
        if buffered != event.event_id:
            buffered = event.event_id
            file.write(msgspec.json.encode(document(event, assessment)) + b"\n")
            file.flush()
        buffered = None

    return tell


class Webhook:
    """POSTs each alert as JSON to one configured address, from a thread; a context manager.

    Redirects are not followed. An alert that the receiver does not take (status 2xx) within
    `ATTEMPTS` is dropped and counted, as is one that finds `WAITING` others before it, or that is
    not taken within twice `patience_s` of the end: `told` and `dropped` are all alerts together.
    """

    def __init__(self, url: str, patience_s: float = 5.0, pause_s: float = 1.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise InputError(
                "is no webhook address", where=url, remedy="https://host/path, without a password"
            )
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._patience_s, self._pause_s = patience_s, pause_s
        self.told = self.dropped = 0
        self._bodies: queue.Queue[bytes | None] = queue.Queue(WAITING)
        self._lock = threading.Lock()
        self._sending = self._over = False
        self._thread = threading.Thread(target=self._work, name="webhook", daemon=True)

    def tell(self, event: LoginEvent, assessment: RiskAssessment) -> None:
        """Queue an alert."""
        try:
            self._bodies.put_nowait(msgspec.json.encode(alert_document(event, assessment)))
        except queue.Full:
            with self._lock:
                self.dropped += 1

    @contextmanager
    def open(self) -> Iterator[Webhook]:
        """Send while the block runs; what waits at its end is sent first, if it is taken."""
        self._thread.start()
        try:
            yield self
        finally:
            self._pause_s = 0.0
            end = time.monotonic() + 2 * self._patience_s
            with suppress(queue.Full):
                self._bodies.put(None, timeout=self._patience_s)
            self._thread.join(max(0.0, end - time.monotonic()))
            self._give_up()

    def _give_up(self) -> None:
        """Count what has not been taken as dropped, and let the thread end."""
        with self._lock:
            self._over = True
            self.dropped += self._sending
            with suppress(queue.Empty):
                while True:
                    self.dropped += self._bodies.get_nowait() is not None
        self._bodies.put_nowait(None)

    def _work(self) -> None:
        while (body := self._bodies.get()) is not None:
            with self._lock:
                if self._over:
                    self.dropped += 1
                    return
                self._sending = True
            sent = self._sent(body)
            with self._lock:
                self._sending = False
                if self._over:
                    return  # it counts as dropped
                if sent:
                    self.told += 1
                else:
                    self.dropped += 1
            if not sent:
                _LOG.warning("webhook: an alert was not taken; %d so far", self.dropped)

    def _sent(self, body: bytes) -> bool:
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self._pause_s * 2**attempt)
            try:
                if 200 <= self._post(body) < 300:
                    return True
            except (OSError, http.client.HTTPException):
                continue
        return False

    def _post(self, body: bytes) -> int:
        connection: http.client.HTTPConnection
        if self._secure:
            connection = http.client.HTTPSConnection(
                self._host,
                self._port,
                timeout=self._patience_s,
                context=ssl.create_default_context(),
            )
        else:
            connection = http.client.HTTPConnection(
                self._host, self._port, timeout=self._patience_s
            )
        try:
            connection.request(
                "POST",
                self._path,
                body,
                {"Content-Type": "application/json", "Connection": "close"},
            )
            return connection.getresponse().status
        finally:
            connection.close()


ATTEMPTS = 3
WAITING = 1000
