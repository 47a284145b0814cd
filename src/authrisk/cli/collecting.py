"""Puts a collector together: listeners, the parser's inbox, the watch, alerts, and the service.

All of it runs in one event loop and one process, because one process writes to a history
(docs/decisions/collector.md).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import signal
import ssl
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
    suppress,
)
from dataclasses import dataclass
from pathlib import Path

from authrisk.cli.log_reading import told
from authrisk.cli.terminal import STDOUT, report
from authrisk.collect.alerts import Tell, Webhook, alert_document, ecs_alert, to_file
from authrisk.collect.http import HttpSettings, collector_app, serving
from authrisk.collect.inbox import Inbox, Take
from authrisk.collect.syslog import Address, listening_tcp, listening_udp, tls_context
from authrisk.collect.watch import Watch
from authrisk.enrich.enricher import Enricher
from authrisk.enrich.geo import AddressTables
from authrisk.enrich.user_agent import default_parser
from authrisk.enrich.users import UserMapping, read_user_mapping
from authrisk.errors import InputError, StoreError
from authrisk.event import LoginEvent
from authrisk.history.lock import only_writer
from authrisk.history.sqlite import SqliteStore
from authrisk.logs.choice import FormatChoice
from authrisk.logs.parser import ParseSettings
from authrisk.logs.redact import redact_event
from authrisk.models.bundle import load_bundle, locate_bundle
from authrisk.scorer import Scorer, Trust
from authrisk.service.app import create_app
from authrisk.service.settings import LOOPBACK_NAMES, ServiceSettings

LOOK_S = 1.0
"""Between two looks whether the parser still runs, and two tries to tell alerts that wait."""
AGAIN_S = 1.0
"""Between two tries to keep logins while the history cannot be written."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Collecting:
    """What `authrisk collect` was asked for."""

    udp: Sequence[tuple[str, int]]
    tcp: Sequence[tuple[str, int]]
    tls: Sequence[tuple[str, int]]
    http: tuple[str, int] | None
    serve: tuple[str, int] | None
    choice: FormatChoice
    http_choice: FormatChoice
    timezone: str
    bundle: str
    history: Path
    trust: Trust
    threshold: float
    alerts: str
    ecs: bool
    webhook: str | None
    users: Path | None
    mmdb: Sequence[Path]
    certificate: Path | None
    key: Path | None
    client_ca: Path | None
    http_key: str | None
    exposed: bool


async def collect_logins(asked: Collecting) -> None:
    """Collect until SIGINT or SIGTERM; then everything that has arrived is kept.

    Raises InputError, StoreError or BundleError where it cannot begin.
    """
    parser = asked.choice.parser
    if parser is None:
        raise InputError("syslog needs formats of daemons", where="--format", remedy="or auto")
    loaded = load_bundle(locate_bundle(asked.bundle))
    enricher = Enricher(AddressTables.load(asked.mmdb), default_parser())
    mapping = UserMapping() if asked.users is None else read_user_mapping(asked.users)
    tls = tls_context(asked.certificate, asked.key, asked.client_ca) if asked.tls else None
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        stack.enter_context(_signals_set(stop))
        stack.enter_context(only_writer(asked.history))
        store = stack.enter_context(closing(SqliteStore(asked.history)))
        scorer = Scorer(loaded, store, trust=asked.trust)
        stack.callback(scorer.save)
        tell = [stack.enter_context(_alert_file(asked.alerts, asked.ecs))]
        hook = None if asked.webhook is None else Webhook(asked.webhook)
        if hook is not None:
            tell.append(stack.enter_context(hook.open()).tell)
        watch = Watch(
            scorer,
            lambda event: enricher.enrich(mapping.event(redact_event(event))),
            tell,
            asked.threshold,
            time.time_ns,
        )
        stack.callback(watch.outbox.again)
        stack.callback(watch.close)
        if asked.serve is not None:
            names = ServiceSettings(hosts=None if asked.exposed else LOOPBACK_NAMES)
            service = create_app(scorer, enricher.enrich, names)
            where = await stack.enter_async_context(serving(service, asked.serve))
            report(f"score requests on http://{where}")
        settings = ParseSettings(_now(), asked.timezone, clock=_now)
        take = _taker(watch, asyncio.get_running_loop(), stop)
        inbox = await stack.enter_async_context(_open(Inbox(parser, settings, take)))
        if asked.http is not None:
            limits = HttpSettings(
                key=asked.http_key, hosts=None if asked.exposed else LOOPBACK_NAMES
            )
            app = collector_app(watch.observe, asked.http_choice, settings, limits)
            where = await stack.enter_async_context(serving(app, asked.http))
            report(f"log lines on http://{where}")
        for kind, listening in _listeners(asked, inbox, tls):
            where = await stack.enter_async_context(listening)
            report(f"syslog over {kind} on {where}")
        report(f"collecting with {loaded.name} {loaded.version}, history {asked.history}")
        while not stop.is_set() and inbox.alive:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_S)
            watch.outbox.again()
    for line in _counted(inbox, watch, hook):
        report(line)
    if inbox.error is not None:
        raise inbox.error


def _listeners(
    asked: Collecting, inbox: Inbox, tls: ssl.SSLContext | None
) -> Iterator[tuple[str, AbstractAsyncContextManager[Address]]]:
    for address in asked.udp:
        yield "UDP", listening_udp(Address(*address), inbox)
    for address in asked.tcp:
        yield "TCP", listening_tcp(Address(*address), inbox)
    for address in asked.tls:
        yield "TLS", listening_tcp(Address(*address), inbox, tls)


def _taker(watch: Watch, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> Take:
    """Hands events from the parser's thread to the loop; tries again while the disk refuses.

    What of them is remembered already is known by its id. Meanwhile streams wait and datagrams
    are dropped, and counted.
    """

    def take(events: Sequence[LoginEvent]) -> None:
        while True:
            try:
                asyncio.run_coroutine_threadsafe(watch.observe(events), loop).result()
            except StoreError as error:
                if stop.is_set():
                    raise
                _LOG.warning("logins wait: %s", error)
                time.sleep(AGAIN_S)
            else:
                return

    return take


@asynccontextmanager
async def _open(inbox: Inbox) -> AsyncIterator[Inbox]:
    """The loop stays free while the inbox is emptied: its events go through it."""
    with ExitStack() as stack:
        stack.enter_context(inbox)
        try:
            yield inbox
        finally:
            await asyncio.to_thread(stack.pop_all().close)


@contextmanager
def _alert_file(path: str, ecs: bool) -> Iterator[Tell]:
    document = ecs_alert if ecs else alert_document
    if path == STDOUT:
        yield to_file(sys.stdout.buffer, document)
        return
    try:
        file = Path(path).open("ab", buffering=_ALERT_BYTES)  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(error.strerror or "cannot be written", where=path) from None
    try:
        yield to_file(file, document)
    finally:
        with suppress(OSError):  # what the disk still refuses has been counted
            file.close()


@contextmanager
def _signals_set(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _counted(inbox: Inbox, watch: Watch, hook: Webhook | None) -> list[str]:
    counts = watch.counts
    lines = told(inbox.tally.report())
    lines.append(
        f"{counts.observed:,} logins observed, {counts.alerts:,} alerts, {counts.known:,} known "
        f"already, {counts.lost:,} lost, {inbox.dropped:,} datagrams dropped"
    )
    if inbox.turned_away:
        lines.append(f"{inbox.turned_away:,} connections turned away: too many were open")
    outbox = watch.outbox
    if outbox.failures:
        lines.append(
            f"{outbox.failures:,} tries to write alerts failed; {outbox.waiting + outbox.lost:,} "
            "alerts were not written"
        )
    if hook is not None:
        lines.append(f"webhook: {hook.told:,} alerts taken, {hook.dropped:,} dropped")
    return lines


_ALERT_BYTES = 1 << 20
"""An alert fits into it, so that no half of one stays where a disk was full."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
