"""The HTTP collector over a real socket."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import tempfile
import tracemalloc
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collect.conftest import LOGIN

from authrisk.collect.http import PARSED_TOGETHER, HttpSettings, collector_app, serving
from authrisk.collect.http_body import content_lines
from authrisk.collect.syslog import Address
from authrisk.errors import StoreError
from authrisk.event import LoginEvent
from authrisk.logs.choice import choose_formats
from authrisk.logs.formats.aws_cloudtrail import PARSER as CLOUDTRAIL
from authrisk.logs.parser import Line, Rejected
from authrisk.logs.reader import Source, read_source
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

    def serving(self) -> AbstractAsyncContextManager[Address]:
        """Listens while the block runs."""
        app = collector_app(self.observe, choose_formats(None), SETTINGS, self._limits)
        return serving(app, ("127.0.0.1", 0))

    def post(self, *requests: tuple[bytes, Mapping[str, str]]) -> list[tuple[int, dict[str, Any]]]:
        """Status and answer of each request, in turn."""

        async def run() -> list[tuple[int, dict[str, Any]]]:
            async with self.serving() as address:
                return [await asyncio.to_thread(ask, address, *request) for request in requests]

        return asyncio.run(run())


def ask(address: Address, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    """Status and answer of one request."""
    connection = http.client.HTTPConnection(*address, timeout=60)
    try:
        connection.request("POST", "/", body, dict(headers))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


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
        (b"\n" * 101, {}, 413),
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
    collector = Collector(HttpSettings(largest_body=2000, largest_content=50_000, most_lines=100))
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


def test_slow_senders_stop_nobody() -> None:
    """While more of them than are parsed together dawdle, others are answered; each of them is
    told that it took too long."""
    collector = Collector(HttpSettings(patience_s=2.0))
    begun = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx"

    async def run() -> list[bytes]:
        async with collector.serving() as address:
            slow = [await asyncio.open_connection(*address) for _ in range(PARSED_TOGETHER + 1)]
            for _, writer in slow:
                writer.write(begun)
            status, _ = await asyncio.to_thread(ask, address, ECS, {})
            assert status == 200
            assert not any(reader.at_eof() for reader, _ in slow)
            answers = [await asyncio.wait_for(reader.readline(), 60) for reader, _ in slow]
            for _, writer in slow:
                writer.close()
            return answers

    assert {answer.split()[1] for answer in asyncio.run(run())} == {b"408"}


def test_bodies_that_wait_have_so_much_room_together() -> None:
    """One that finds none is to be sent again; the room is given back."""
    few = HttpSettings(waiting_bytes=len(ECS))
    answers = Collector(few).post((ECS + b"\n", {}), (ECS, {}), (ECS, {}))
    assert [status for status, _ in answers] == [503, 200, 200]


def test_one_line_of_many_records_is_read_record_by_record() -> None:
    """A CloudTrail file of several MiB has no line break; NUL bytes are rejected as in files."""
    login = CLOUDTRAIL.sample.split("\n")[0]
    records = [login.replace("63dc79b9", f"{n:08}") for n in range(1500)]
    content = f'{{"Records":[{",".join(records)}]}}'.encode()
    assert len(content) > 1 << 20
    collector = Collector(HttpSettings())
    (_, whole), (_, nul) = collector.post(
        (gzip.compress(content), {"Content-Encoding": "gzip"}),
        (ECS + b"\n" + ECS.replace(b"ada", b"a\0da"), {}),
    )
    assert (whole["new"], whole["rejected"]) == (1500, {})
    assert (nul["events"], nul["rejected"]) == (1, {"NUL byte, so not text": 1})


def test_lines_come_one_at_a_time() -> None:
    """However many lines a small body unfolds to, they take no room together."""
    content = b"\n" * (1 << 20)
    tracemalloc.start()
    try:
        count = sum(1 for _ in content_lines(content, 1 << 20, 1 << 21))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (count, peak < 2 << 20) == (1 << 20, True), peak


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"")), min_size=1))
def test_lines_are_those_of_a_file(raws: list[bytes]) -> None:
    """The same texts and the same causes as `read_source` has for the same bytes."""
    content = b"\n".join(raws)
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"text\n" + content)
        file.flush()
        expected = list(read_source(Source("log", Path(file.name)), max_line_bytes=20))
    lines = list(content_lines(b"text\n" + content, 20, 1000))
    assert [_said(line) for line in lines] == [_said(line) for line in expected]


def _said(item: Line | Rejected) -> str:
    if isinstance(item, Rejected):
        return item.cause
    return item.text if item.text.strip() else ""
