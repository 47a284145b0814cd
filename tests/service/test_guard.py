"""Who may ask at all."""

import pytest

OWN = "http://127.0.0.1:5000"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:8080"},
        {"Origin": "null"},
        {"Origin": "file://"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example:5000"},
        {"Host": "evil.example:5000", "Origin": "http://evil.example:5000"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "http://["},
        {"Origin": "http://[evil]"},
        {"Origin": "http://\u2100"},
        {"Host": "["},
        {"Host": "[::1"},
        {"Host": "127.0.0.1:\u00b2"},
        {"Host": "127.0.0.1:5000:5000"},
    ],
)
@pytest.mark.parametrize("path", ["/getAnomalyScore", "/v1/users/7/logins", "/livez", "/docs"])
def test_foreign_pages_are_refused(client, scorer, login, headers, path):
    """No foreign or rebound web page can call us through its reader's browser."""
    method = "POST" if path == "/getAnomalyScore" else "GET"
    body = login() if method == "POST" else None
    sent = {name: value.encode() for name, value in headers.items()}
    answer = client.request(method, path, json=body, headers=sent)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert "evil" not in answer.text
    assert list(scorer.store.since(0)) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OWN},
        {"Origin": OWN, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Host": "localhost:5000", "Origin": "http://localhost:5000"},
        {"Host": "[::1]:5000"},
        {"Host": "localhost"},
    ],
)
def test_own_page_and_servers_are_served(client, login, headers):
    """Servers (no Origin) and our own pages are served."""
    assert client.post("/getAnomalyScore", json=login(), headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["[", "a b", "a/b", "x@127.0.0.1", "a:b:c", "a:port"])
def test_malformed_host_is_refused_everywhere(make_client, scorer, host):
    """What is no host name is refused also where every name is accepted."""
    client = make_client(scorer, hosts=None)
    assert client.get("/livez", headers={"Host": host}).status_code == 403
    assert client.get("/livez", headers={"Host": "example.org:8080"}).status_code == 200


def test_named_origin_is_served(make_client, scorer, login):
    """An origin that the operator names may call."""
    client = make_client(scorer, origins=frozenset({"https://admin.example"}))
    headers = {"Origin": "https://admin.example"}
    assert client.post("/getAnomalyScore", json=login(), headers=headers).status_code == 200


def test_answers_are_not_to_be_stored(client, login):
    """Scores belong in no cache, and no answer is guessed to be of another type."""
    for answer in (client.post("/getAnomalyScore", json=login()), client.get("/nowhere")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
