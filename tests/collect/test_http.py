"""The HTTP collector over a real socket."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.collect.conftest import LOGIN

from authrisk.collect.http import HttpSettings, collector_app, serving
from authrisk.errors import StoreError
from authrisk.event import LoginEvent
from authrisk.logs.choice import choose_formats
from authrisk.testing.parser import SETTINGS

ECS = json.dumps(
    {
        "@timestamp": "2024-05-19T18:22:40Z",
        "event": {"category": ["authentication"], "outcome": "success", "id": "e1"},
        "user": {"id": "ada"},
    }
).encode()
KEY = "a-key-of-some-length"


class Collector:
    """Asks a collector over its socket."""

    def __init__(self, limits: HttpSettings, fails: bool = False) -> None:
        self.events: list[LoginEvent] = []
        self._limits, self._fails = limits, fails

    async def observe(self, events) -> int:
        if self._fails:
            raise StoreError("the disk is full")
        known = {event.event_id for event in self.events}
        self.events += events
        return len({event.event_id for event in events} - known)

    def post(self, *requests: tuple[bytes, Mapping[str, str]]) -> list[tuple[int, dict[str, Any]]]:
        """Status and answer of each request, in turn."""

        def ask(address, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
            connection = http.client.HTTPConnection(*address, timeout=20)
            try:
                connection.request("POST", "/", body, dict(headers))
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read())
            finally:
                connection.close()

        async def run() -> list[tuple[int, dict[str, Any]]]:
            app = collector_app(self.observe, choose_formats(None), SETTINGS, self._limits)
            async with serving(app, ("127.0.0.1", 0)) as address:
                return [await asyncio.to_thread(ask, address, *request) for request in requests]

        return asyncio.run(run())


def test_lines_become_remembered_logins() -> None:
    """Plain and gzip, JSON and syslog; what is sent again is known by its content."""
    collector = Collector(HttpSettings())
    syslog = "\n".join(LOGIN.format(n, n, f"u{n}") for n in range(3)).encode()
    answers = collector.post(
        (ECS + b"\n" + ECS.replace(b"e1", b"e2") + b"\n" + ECS.replace(b"2024", b"x"), {}),
        (gzip.compress(syslog), {"Content-Encoding": "gzip"}),
        (syslog, {}),
        (b"\n\n", {}),
    )
    assert [status for status, _ in answers] == [200, 200, 200, 200]
    assert answers[0][1] | {"rejected": 0} == {
        "lines": 3, "events": 2, "new": 2, "ignored": 0, "rejected": 0,
    }  # fmt: skip
    assert sum(answers[0][1]["rejected"].values()) == 1
    assert [answer["new"] for _, answer in answers] == [2, 3, 0, 0]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"x" * 2001, {}, 413),
        (gzip.compress(b"a\n" * 50_000), {"Content-Encoding": "gzip"}, 413),
        (gzip.compress(ECS)[:-3], {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(ECS) + b"more", {"Content-Encoding": "gzip"}, 400),
        (b"no gzip", {"Content-Encoding": "gzip"}, 400),
        (ECS, {"Content-Encoding": "br"}, 415),
        (b"what is this", {}, 422),
        (ECS, {"Origin": "http://evil.example"}, 403),
        (ECS, {"Sec-Fetch-Site": "cross-site"}, 403),
        (ECS, {"Host": "evil.example"}, 403),
    ],
)
def test_what_is_refused(body: bytes, headers: Mapping[str, str], status: int) -> None:
    """Too large, damaged, unknown or from a web page; nothing of it is kept, and the next is."""
    collector = Collector(HttpSettings(largest_body=2000, largest_content=50_000))
    refused, good = collector.post((body, headers), (ECS, {}))
    assert refused[0] == refused[1]["status"] == status
    assert good[0] == 200
    assert len(collector.events) == 1


def test_keys() -> None:
    """Where a key is set, a request without it is not read."""
    collector = Collector(HttpSettings(key=KEY, hosts=None))
    answers = collector.post(
        (ECS, {}),
        (ECS, {"Authorization": "Bearer wrong"}),
        (ECS, {"Authorization": f"Bearer {KEY}", "Host": "logs.example"}),
    )
    assert [status for status, _ in answers] == [401, 401, 200]


def test_what_cannot_be_kept_is_to_be_sent_again() -> None:
    """A shipper sees 503 and keeps its lines."""
    ((status, _),) = Collector(HttpSettings(), fails=True).post((ECS, {}))
    assert status == 503
