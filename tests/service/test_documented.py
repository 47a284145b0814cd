"""The documented call."""

import json
import subprocess

DOCUMENTED = """curl --location --request POST '{base}/getAnomalyScore' \\
--header 'Content-Type: text/plain' \\
--data-raw '{{
    "userAgent":"Mozilla/5.0  (iPad; CPU OS 7_1 like Mac OS X) AppleWebKit/533.1 (KHTML, like Gecko Version/4.0 Mobile Safari/533.1 variation/277457",
    "timestamp":"1589912560607000000",
    "userID":"1023937207516135485",
    "location":"212.78.83.12"
}}'
"""  # noqa: E501 - the call as it is documented


def test_documented_curl_byte_for_byte(live_server, scorer):
    """The call of the documentation, run by curl itself, gets one key; a retry the same answer."""
    command = DOCUMENTED.format(base=live_server)
    first = subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout
    again = subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout
    assert first == again == b'{"riskScore": 0.7}'
    (kept,) = scorer.store.logins("1023937207516135485")
    assert kept.event.timestamp_ns == 1_589_912_560_607_000_000
    assert kept.event.src_ip == "212.78.83.12"
    assert kept.event.user_agent.endswith("variation/277457")


def test_answer_has_one_key_and_two_decimals(client, scorer, login):
    """Whatever the score, the answer is one object with one number of at most two decimals."""
    for n in range(5):
        answer = client.post("/getAnomalyScore", json=login(userAgent=f"agent {n % 2}"))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert list(answer.json()) == ["riskScore"]
        assert round(answer.json()["riskScore"], 2) == answer.json()["riskScore"]


def test_json_under_any_content_type(client, login):
    """The body is JSON whatever the Content-Type says, or when it is missing."""
    body = json.dumps(login()).encode()
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", None):
        headers = {} if kind is None else {"Content-Type": kind}
        assert client.post("/getAnomalyScore", content=body, headers=headers).status_code == 200


def test_same_content_is_the_same_login(client, scorer, login):
    """A retry is one login; another second, place or agent is another one."""
    first = login()
    for body in (first, first, first | {"timestamp": str(first["timestamp"])}):
        client.post("/getAnomalyScore", json=body)
    assert len(scorer.store.logins(first["userID"])) == 1
    client.post("/getAnomalyScore", json=first | {"location": "8.8.8.8"})
    client.post("/getAnomalyScore", json=first | {"userAgent": "another"})
    client.post("/getAnomalyScore", json=login())
    assert len(scorer.store.logins(first["userID"])) == 4


def test_header_that_the_browser_left_out(client, login):
    """A null agent or address (the browser sent none) is scored, never refused."""
    body = login(userAgent=None, location=None)
    assert client.post("/getAnomalyScore", json=body).status_code == 200
