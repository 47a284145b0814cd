"""The service with the bundle that ships, the real enricher and the real scorer."""

import json

import pytest

from authrisk.enrich.enricher import default_enricher
from authrisk.event import LoginEvent, Outcome
from authrisk.history.memory import MemoryStore
from authrisk.models.bundle import load_bundle, pretrained_path
from authrisk.scorer import Scorer

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"
HOSTILE_AGENTS = ["", "x" * 1024, "\x1b[31m", "\u202e", "😀", "${jndi:ldap://x}", "<script>"]
HOSTILE_ADDRESSES = ["a", "", "999.1.1.1", "1.2.3.4/8", "::1%eth0"]


@pytest.fixture(scope="module", params=["supervised", "autoencoder"])
def bundle(request):
    return load_bundle(pretrained_path(request.param))


@pytest.fixture
def settled(bundle, make_client, login):
    """(client, scorer) of a service where one user has logged in 30 times from one place."""
    scorer = Scorer(bundle, MemoryStore())
    client = make_client(scorer, enrich=default_enricher().enrich)
    for n in range(30):
        body = login(timestamp=1_589_000_000 + n * 86_400, userAgent=CHROME, outcome="success")
        assert client.post("/v1/assessments", json=body).status_code == 200
    return client, scorer


def next_score(client, login, **changes):
    body = login(timestamp=1_589_000_000 + 30 * 86_400, userAgent=CHROME) | changes
    body["outcome"] = "failure"  # teaches nothing familiar
    answer = client.post("/v1/assessments", content=json.dumps(body).encode())
    assert answer.status_code == 200
    return answer.json()["riskScore"]


def test_replay_and_http_agree_bit_for_bit(settled, login):
    """The score over HTTP is the scorer's own, to the last bit."""
    client, scorer = settled
    event = LoginEvent(
        event_id="probe",
        timestamp_ns=(1_589_000_000 + 30 * 86_400) * 10**9,
        user_id="1023937207516135485",
        src_ip="8.8.8.8",
        user_agent=CHROME,
        outcome=Outcome.FAILURE,
        source_type="api",
    )
    direct = scorer.assess(default_enricher().enrich(event)).risk_score
    assert next_score(client, login, location="8.8.8.8") == direct


def test_hostile_agent_is_at_least_an_unknown_device(settled):
    """No user agent, and none at all, scores below an ordinary browser that was never seen."""
    _client, scorer = settled
    unknown = assess_alone(scorer, user_agent=FIREFOX)
    for agent in (*HOSTILE_AGENTS, None):
        assert assess_alone(scorer, user_agent=agent) >= unknown, agent


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_hostile_address_is_at_least_an_unknown_place(settled, address):
    """No text in the address's place scores below an address that is not known."""
    _client, scorer = settled
    unknown = assess_alone(scorer, src_ip=None)
    assert assess_alone(scorer, src_ip=address) >= unknown


def assess_alone(scorer, **changes):
    """The score of one more login of the settled user, remembered nowhere."""
    fields = {"src_ip": "212.78.83.12", "user_agent": CHROME} | changes
    event = LoginEvent(
        event_id="probe",
        timestamp_ns=(1_589_000_000 + 30 * 86_400) * 10**9,
        user_id="1023937207516135485",
        **fields,
    )
    return scorer.assess(default_enricher().enrich(event)).risk_score
