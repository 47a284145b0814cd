"""Requests made up from the published interface: none makes the service fail."""

import itertools
from collections import Counter
from contextlib import suppress

import hypothesis
import pytest
import schemathesis
from starlette.testclient import TestClient

from authrisk.enrich.enricher import Enricher
from authrisk.enrich.geo import AddressTables
from authrisk.enrich.user_agent import default_parser
from authrisk.history.memory import MemoryStore
from authrisk.models.bundle import load_bundle, pretrained_path
from authrisk.scorer import Scorer
from authrisk.service.app import create_app
from authrisk.service.settings import ServiceSettings

OPERATIONS = 14


@pytest.fixture(scope="module")
def client():
    """The real service: bundle, enrichment, history."""
    bundle = load_bundle(pretrained_path("supervised"))
    app = create_app(
        Scorer(bundle, MemoryStore()),
        Enricher(AddressTables.load(), default_parser()).enrich,
        ServiceSettings(patience_s=10.0),
        load_bundle=lambda: bundle,
        shadow=load_bundle(pretrained_path("autoencoder")),
    )
    with TestClient(app, base_url="http://127.0.0.1:5000", raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("examples", [30, pytest.param(400, marks=pytest.mark.long)])
def test_no_request_makes_it_fail(client, examples):
    """Whatever is made of the interface, valid or not, is answered as the interface says, and never
    by 500; 503 only where too many wait."""
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    statuses: Counter[int] = Counter()
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == OPERATIONS
    modes = list(schemathesis.GenerationMode)
    for operation, mode in itertools.product(operations, modes):
        strategy = operation.as_strategy(generation_mode=mode)

        @hypothesis.seed(1)
        @hypothesis.settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=strategy)
        def ask(case):
            arguments = case.as_transport_kwargs()
            answer = client.request(
                arguments["method"],
                arguments["url"] or case.formatted_path,
                params=arguments.get("params"),
                headers={
                    k: v
                    for k, v in (arguments.get("headers") or {}).items()
                    if k.lower() not in {"user-agent", "host"}
                },
                json=arguments.get("json"),
                content=arguments.get("data") if "json" not in arguments else None,
            )
            statuses[answer.status_code] += 1
            assert answer.status_code < 500, (case.method, case.path, answer.text)
            published = case.operation.definition.raw["responses"]
            assert str(answer.status_code) in published or answer.status_code in {404, 405}

        with suppress(hypothesis.errors.Unsatisfiable):  # a call without parameters has no wrong
            ask()
    assert statuses[200] > examples
    assert sum(statuses.values()) > (5_000 if examples >= 400 else 12 * examples)
    print(f"{sum(statuses.values()):,} requests: {dict(statuses)}")
