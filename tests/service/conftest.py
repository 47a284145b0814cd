"""A scorer whose rule is known, behind the real service."""

import copy
import itertools
import socket
import threading
import time
from types import SimpleNamespace

import msgspec
import pytest
import uvicorn
from starlette.testclient import TestClient

from authrisk.errors import ScoringError, StoreError
from authrisk.history.memory import MemoryStore
from authrisk.models.calibration import level_of
from authrisk.reasons import Reason
from authrisk.scorer import RiskAssessment, Scorer
from authrisk.service.app import create_app
from authrisk.service.settings import ServiceSettings

NOW_NS = 1_600_000_000_000_000_000
OWN = "http://127.0.0.1:5000"


class Described(msgspec.Struct):
    """Stands for a manifest."""

    format: int = 1


class RuleScorer(Scorer):
    """The real scorer, but for the model: 0.1 + 0.3 for an address and 0.3 for an agent that the
    user has not been seen with."""

    def __init__(self, store=None, version="1"):
        bundle = SimpleNamespace(
            name="rule", version=version, manifest=Described(), metrics={}, card="# Rule"
        )
        super().__init__(bundle, MemoryStore() if store is None else store, adapt=False)

    def with_bundle(self, bundle):
        other = copy.copy(self)
        other.bundle = bundle
        return other

    def assess_each(self, events, stored):
        return [self._tried(event) for event in events]

    def _tried(self, event):
        try:
            return self.assess(event)
        except (StoreError, ScoringError) as error:
            return error

    def assess(self, event):
        past = self.store.recent(event.user_id, event.timestamp_ns, 50)
        risk, reasons = 0.1 + 1e-4 * (int(self.bundle.version) - 1), []  # tells versions apart
        for field in ("src_ip", "user_agent"):
            if getattr(event, field) not in {getattr(e, field) for e in past} - {None}:
                risk += 0.3
                observed = getattr(event, field)
                reasons.append(Reason(f"new_{field}", f"A new {field}", 1.5, observed, None))
        return RiskAssessment(
            event_id=event.event_id,
            risk_score=risk,
            risk_level=level_of(risk),
            state="scored" if past else "learning",
            reasons=tuple(reasons),
            model_name=self.bundle.name,
            model_version=self.bundle.version,
            raw=risk,
        )


def serve_in_thread(app):
    """(base address, stop) of the app behind a real server on a free loopback port."""
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", lifespan="on", log_level="error", access_log=False
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)

    def stop():
        server.should_exit = True
        thread.join()
        listener.close()

    return f"http://127.0.0.1:{listener.getsockname()[1]}", stop


@pytest.fixture
def scorer():
    return RuleScorer()


@pytest.fixture
def make_client():
    """Build a client of a service; the clock stands at NOW_NS unless another is given."""
    clients = []

    def make(scorer, enrich=lambda event: event, clock=lambda: NOW_NS, load=None, **settings):
        settings = {"patience_s": 5.0} | settings
        app = create_app(scorer, enrich, ServiceSettings(**settings), load_bundle=load, clock=clock)
        client = TestClient(app, base_url=OWN, raise_server_exceptions=False)
        client.__enter__()
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def client(make_client, scorer):
    return make_client(scorer)


@pytest.fixture
def live_server(scorer):
    """A real server on a free loopback port."""
    settings = ServiceSettings(patience_s=5.0)
    base, stop = serve_in_thread(create_app(scorer, lambda event: event, settings))
    yield base
    stop()


@pytest.fixture
def login():
    """Makes /v1 requests, each a second after the last."""
    ticks = itertools.count(1_589_912_560)

    def make(**changes):
        body = {
            "userID": "1023937207516135485",
            "timestamp": next(ticks),
            "location": "212.78.83.12",
            "userAgent": "Mozilla/5.0",
        } | changes
        return {key: value for key, value in body.items() if value is not ...}

    return make
