"""Observed logins are scored by what came before them, remembered once, and told when risky."""

from __future__ import annotations

import asyncio
import errno
import http.server
import io
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest

from authrisk.collect import alerts
from authrisk.collect.alerts import Webhook, alert_document, ecs_alert, to_file
from authrisk.collect.outbox import Outbox
from authrisk.collect.watch import Watch
from authrisk.errors import InputError, StoreError
from authrisk.event import NS_PER_S, LoginEvent, Outcome
from authrisk.export.ecs import from_ecs
from authrisk.history.memory import MemoryStore
from authrisk.history.store import Standing
from authrisk.models.bundle import load_bundle, pretrained_path
from authrisk.scorer import RiskAssessment, Scorer

NOW_NS = 1_700_000_000 * NS_PER_S


@pytest.fixture(scope="module")
def bundle():
    return load_bundle(pretrained_path("supervised"))


def login(n: int, user: str | None = "ada", **more: object) -> LoginEvent:
    return msgspec.structs.replace(
        LoginEvent(
            event_id=f"e{n}", timestamp_ns=NOW_NS + n * NS_PER_S, user_id=user,
            outcome=Outcome.SUCCESS, src_ip="8.8.8.8",
        ),
        **more,
    )  # fmt: skip


def watched(bundle, events, store=None, threshold=2.0, tell=()) -> tuple[Watch, Scorer, int]:
    scorer = Scorer(bundle, MemoryStore() if store is None else store)
    watch = Watch(scorer, lambda event: event, tell, threshold, lambda: NOW_NS + 10**12)
    try:
        return watch, scorer, asyncio.run(watch.observe(events))
    finally:
        watch.close()


def in_runs_of(bundle, events: Sequence[LoginEvent], lengths: Sequence[int]) -> dict[str, float]:
    """The scores where each run of logins is remembered before the next is scored."""
    scorer = Scorer(bundle, MemoryStore())
    scores, left = {}, list(events)
    for length in lengths:
        run, left = left[:length], left[length:]
        for event, said in [(event, scorer.assess(event)) for event in run]:
            scores[event.event_id] = said.risk_score
            scorer.remember(event, said)
    return scores


@pytest.mark.parametrize(
    ("users", "runs"),
    [
        (["ada"] * 7, [1] * 7),
        (["ada", "bob", None, "ada", "cy", "ada", None], [3, 2, 2]),
    ],
)
def test_a_login_is_scored_by_what_was_remembered(bundle, users, runs) -> None:
    """Users see their own past, in order: a user's scores are as if each login came alone. What is
    common is as it was before the run that a login is in; a run ends where a user comes again."""
    events = [login(n, user, src_ip=f"8.8.{n}.8") for n, user in enumerate(users)]
    told: list[RiskAssessment] = []
    watch, scorer, new = watched(
        bundle, events, threshold=0.0, tell=[lambda _, said: told.append(said)]
    )
    assert (new, watch.counts.observed, watch.counts.alerts) == (7, 7, 7)
    expected = in_runs_of(bundle, events, runs)
    assert len(set(expected.values())) > 1
    assert {said.event_id: said.risk_score for said in told} == expected
    mine = [event.event_id for event in events if event.user_id == "ada"]
    assert [e.event_id for e in scorer.store.recent("ada", 2**62, 9)] == mine


def test_a_spray_is_seen_as_it_goes_on(bundle) -> None:
    """Failures of many users from one network that arrive together are each scored with those
    before them: as if each came alone, and riskier in the end than at first."""
    spray = [
        login(n, f"user{n}", outcome=Outcome.FAILURE, src_ip=f"8.8.8.{n % 3}") for n in range(24)
    ]
    told: list[RiskAssessment] = []
    watched(bundle, spray, threshold=0.0, tell=[lambda _, said: told.append(said)])
    scores = {said.event_id: said.risk_score for said in told}
    assert scores == in_runs_of(bundle, spray, [1] * len(spray))
    assert scores["e23"] > scores["e0"]


def test_what_is_sent_again_counts_once(bundle) -> None:
    """A known event id is neither scored nor told again."""
    store = MemoryStore()
    watched(bundle, [login(1), login(2)], store)
    watch, _, new = watched(bundle, [login(1), login(2), login(3), login(3)], store)
    assert (new, watch.counts.known, watch.counts.observed) == (1, 3, 1)


def test_a_stamp_far_ahead_never_becomes_familiar(bundle) -> None:
    """It waits, whatever its outcome."""
    event = login(1, timestamp_ns=NOW_NS + 10**15)
    _, scorer, _ = watched(bundle, [event])
    stored = scorer.store.get("e1")
    assert stored is not None
    assert stored.standing is Standing.UNCONFIRMED


def test_a_login_that_cannot_be_kept_is_an_error(bundle) -> None:
    """Whoever sent it is to send it again. It is told at once, as a crash may come first, and
    not a second time."""

    class Full(MemoryStore):
        full = True

        def append(self, *stored: Any) -> Any:
            if self.full:
                raise StoreError("the disk is full")
            return super().append(*stored)

    store, told = Full(), list[str]()
    watch = Watch(
        Scorer(bundle, store),
        lambda event: event,
        [lambda event, _: told.append(event.event_id)],
        0.0,
        lambda: NOW_NS,
    )
    for _ in range(3):
        with pytest.raises(StoreError):
            asyncio.run(watch.observe([login(1)]))
    assert told == ["e1"]
    store.full = False
    assert asyncio.run(watch.observe([login(1)])) == 1
    watch.close()
    assert (told, watch.counts.alerts) == (["e1"], 1)


def test_alerts_wait_while_they_cannot_be_told(bundle) -> None:
    """A full disk stops no login, and no alert is lost or told twice by another way."""
    full, slow, other = True, list[str](), list[str]()

    def tell(event: LoginEvent, _: RiskAssessment) -> None:
        if full:
            raise OSError(errno.ENOSPC, "no space left")
        slow.append(event.event_id)

    ways = [tell, lambda event, _: other.append(event.event_id)]
    watch, _, new = watched(bundle, [login(1), login(2)], None, 0.0, ways)
    assert (new, slow, other) == (2, [], ["e1", "e2"])
    assert (watch.outbox.waiting, watch.outbox.failures) == (2, 2)
    full = False
    watch.outbox.again()
    watch.outbox.again()
    assert (watch.outbox.waiting, slow, other) == (0, ["e1", "e2"], ["e1", "e2"])


def test_no_half_of_an_alert_stays_where_a_disk_was_full(bundle) -> None:
    """A line of which the disk took a part is finished when there is room again."""

    class Disk(io.RawIOBase):
        room, data = 100, b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            taken = bytes(data)[: self.room]
            if not taken:
                raise OSError(errno.ENOSPC, "no space left")
            self.data += taken
            self.room -= len(taken)
            return len(taken)

    disk, said = Disk(), assessment_of(bundle)
    outbox = Outbox([to_file(io.BufferedWriter(disk, 1 << 20), alert_document)])
    outbox.tell(login(1), said)
    outbox.tell(login(2), said)
    assert (len(disk.data), outbox.waiting) == (100, 2)
    disk.room = 1 << 20
    outbox.again()
    lines = [json.loads(line)["login"]["event_id"] for line in disk.data.splitlines()]
    assert (lines, outbox.waiting) == (["e1", "e2"], 0)


def assessment_of(bundle) -> RiskAssessment:
    return Scorer(bundle, MemoryStore()).assess(login(1))


def test_alerts_as_lines(bundle) -> None:
    """Canonical names with score and reasons; ECS documents of kind alert hold the whole login."""
    said, plain, ecs = assessment_of(bundle), io.BytesIO(), io.BytesIO()
    to_file(plain, alert_document)(login(1), said)
    to_file(ecs, ecs_alert)(login(1), said)
    alert = json.loads(plain.getvalue())
    assert (alert["riskScore"], alert["login"]["user_id"]) == (said.risk_score, "ada")
    document = json.loads(ecs.getvalue())
    assert document["event"]["kind"] == "alert"
    assert document["event"]["risk_score"] == pytest.approx(100 * said.risk_score, abs=0.001)
    for key in ("risk_level", "state", "reasons"):
        del document["authrisk"][key]
    assert from_ecs(document) == login(1)


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[bytes], list[int]]]:
    """A webhook on the loopback address: its URL, what it got, and the answers it is to give."""
    got: list[bytes] = []
    answers: list[int] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            status = answers.pop(0) if answers else 204
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook?x=1", got, answers
        server.shutdown()
        thread.join()


def test_webhook(bundle, receiver) -> None:
    """An alert is sent until it is taken; a redirect is no taking, and is not followed."""
    url, got, answers = receiver
    answers += [500, 302, 204]
    with Webhook(url, pause_s=0.01).open() as hook:
        hook.tell(login(1), assessment_of(bundle))
        hook.tell(login(2), assessment_of(bundle))
    assert (hook.told, hook.dropped) == (2, 0)
    users = [json.loads(body)["login"]["event_id"] for body in got]
    assert users == ["e1", "e1", "e1", "e2"]
    answers += [500] * 3
    with Webhook(url, pause_s=0.01).open() as hook:
        hook.tell(login(1), assessment_of(bundle))
    assert (hook.told, hook.dropped) == (0, 1)


@pytest.mark.parametrize("room", [3, 1000])
def test_webhook_that_answers_nobody(bundle, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """Every alert that is not taken by the end is counted, also where the queue is full."""
    monkeypatch.setattr(alerts, "WAITING", room)
    said = assessment_of(bundle)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with Webhook(url, patience_s=0.3).open() as hook:
            for n in range(6):
                hook.tell(login(n), said)
    assert (hook.told, hook.dropped) == (0, 6)


@pytest.mark.parametrize("url", ["ftp://x/", "x", "http://", "https://u:p@x/"])
def test_webhook_addresses(url: str) -> None:
    """Only http and https, and no password in the address."""
    with pytest.raises(InputError):
        Webhook(url)
