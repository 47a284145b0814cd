"""Erasure: a user who was erased over HTTP is met anew, whatever ids come again."""

from __future__ import annotations

from starlette.testclient import TestClient

from authrisk.enrich.enricher import default_enricher
from authrisk.history.memory import MemoryStore
from authrisk.models.bundle import Bundle
from authrisk.scorer import Scorer
from authrisk.service.app import create_app

PLACES = ("84.208.20.17", "177.10.1.9")


def test_nothing_of_an_erased_user_is_used_again(bundle: Bundle) -> None:
    """Logins told again under the ids of erased ones are read anew: the address that the user had
    before is as strange as to a user who never had it."""
    risks = []
    for first in PLACES:
        scorer = Scorer(bundle, MemoryStore(), trust="confirmed")
        with TestClient(
            create_app(scorer, default_enricher().enrich), base_url="http://127.0.0.1:5000"
        ) as client:
            for address in (first, PLACES[1]):
                client.delete("/v1/users/u/logins")
                client.delete("/v1/users/u")
                for n in range(5):
                    body = {
                        "eventID": f"login-{n}", "userID": "u", "location": address,
                        "timestamp": 1_700_000_000 + n * 86_400, "outcome": "success",
                    }  # fmt: skip
                    response = client.post("/v1/assessments", json=body)
                    assert response.status_code == 200
            probe = body | {"eventID": "probe", "location": PLACES[0], "timestamp": 1_700_900_000}
            answer = client.post("/v1/assessments", json=probe).json()
            risks.append([reason["code"] for reason in answer["reasons"]])
    assert "new_address" in risks[1]
    assert risks[0] == risks[1]
