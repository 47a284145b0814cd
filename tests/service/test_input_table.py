"""The input table, row by row: what is refused, what is scored, and that nothing is repeated."""

import json
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CALLS = ("/getAnomalyScore", "/v1/assessments")
GOOD = (
    b'{"userAgent":"Mozilla/5.0","timestamp":"1589912560607000000",'
    b'"userID":"canary-user","location":"212.78.83.12"}'
)


def is_refused(client, scorer, path, body, status):
    """The answer's fields, when it is the problem that it should be and nothing was kept."""
    answer = client.post(path, content=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert list(scorer.store.since(0)) == []
    assert client.post(path, content=GOOD).status_code == 200, "the worker is alive"
    return answer


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"hello",
        GOOD[:-1],
        GOOD + b"x",
        GOOD + GOOD,
        GOOD.replace(b"Mozilla", b"\xff\xfe"),
        GOOD.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + GOOD,
        b"[" * 16_000,
        b'{"a":' * 3_000,
        GOOD.replace(b"}", b',"n":NaN}'),
        GOOD.replace(b"}", b',"n":Infinity}'),
        GOOD.replace(b"}", b',"n":-Infinity}'),
        GOOD.replace(b"}", b',"n":1e999}'),
        GOOD.replace(b"}", b',"userID":"other"}'),
        GOOD.replace(b"}", b',"deep":{"a":1,"a":1}}'),
        GOOD.replace(b"}", b',"user\\u0049D":"other"}'),
        GOOD.replace(b'"', b"'"),
        GOOD.replace(b"Mozilla", b"Moz\nilla"),
    ],
)
def test_no_json_is_400(client, scorer, path, body):
    """What is not exactly one well-formed JSON value is 400, and nothing is stored."""
    is_refused(client, scorer, path, body, 400)


def test_depth_100_000_in_a_batch_is_400(client, scorer):
    """100,000 open brackets, where the cap lets them in, are 400."""
    answer = client.post("/v1/assessments:batch", content=b"[" * 100_000)
    assert answer.status_code == 400
    assert client.get("/livez").status_code == 200


WRONG = [
    ("userID", [None, True, 1.5, [], {}, "", "a" * 257, "é" * 129, "a\x00b", "a\x7f", "\x85",
                "\ud800", -1, 2**63 + 1, 10**40]),
    ("timestamp", [None, True, [], {}, "", 0, -1, 1e30, "abc", "１５８９９１２５６０", "9" * 5000,
                   10**30, 253402300799, 946684799, "946684799", 4133980800, "1.5e18",
                   " 1589912560", "+1589912560", "1589912560\n", "0x5ec41bb0", "-1589912560",
                   "1589912560."]),
    ("userAgent", [1, True, [], {}]),
    ("location", [1, True, [], {}]),
]  # fmt: skip


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("field, value", [(f, v) for f, values in WRONG for v in values])
def test_wrong_field_is_422_by_pointer(client, scorer, path, field, value):
    """A wrong value of the caller's is 422, its field named, the value not repeated."""
    body = json.dumps(json.loads(GOOD) | {field: value}).encode()
    answer = is_refused(client, scorer, path, body, 422)
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/{field}"]
    if isinstance(value, str) and len(value) > 2:
        assert value not in answer.text
    assert "canary" not in answer.text


def test_number_of_5_000_digits_is_422(client, scorer):
    """A number too long to be any time is a wrong field, not a crash."""
    body = GOOD.replace(b'"1589912560607000000"', b"9" * 5000)
    answer = is_refused(client, scorer, "/getAnomalyScore", body, 422)
    assert answer.json()["errors"][0]["pointer"] == "#/timestamp"


@pytest.mark.parametrize("key", ["userAgent", "timestamp", "userID", "location"])
def test_missing_key_is_422(client, scorer, key):
    """All four keys of the documented call must be there."""
    body = {k: v for k, v in json.loads(GOOD).items() if k != key}
    answer = is_refused(client, scorer, CALLS[0], json.dumps(body).encode(), 422)
    assert answer.json()["errors"] == [{"pointer": f"#/{key}", "detail": "is missing"}]


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true", b"[" + GOOD + b"]"])
def test_wrong_top_type_is_422(client, scorer, path, body):
    """JSON that is no object is 422."""
    answer = is_refused(client, scorer, path, body, 422)
    assert answer.json()["errors"][0]["pointer"] == "#"


def test_enum_value_is_not_repeated(client):
    """An unknown word is refused without being echoed."""
    body = {"eventID": "1", "outcome": "<script>"}
    answer = client.post("/v1/outcomes", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/outcome"
    assert "script" not in answer.text


@pytest.mark.parametrize("path", CALLS)
def test_body_over_16_kib_is_413(client, scorer, path):
    """One byte over the cap is 413; the cap itself is read."""
    at_cap = GOOD + b" " * (16 * 1024 - len(GOOD))
    assert client.post(path, content=at_cap).status_code == 200
    answer = client.post(path, content=at_cap + b" ")
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_413_without_reading_past_the_cap(live_server):
    """A gigabyte that is announced is refused before it is sent, and an endless one soon."""
    host, port = live_server.removeprefix("http://").split(":")
    for head, chunk in (
        (b"Content-Length: 1000000000\r\n\r\n", b""),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b"x" * 0x4000 + b"\r\n1\r\nx\r\n"),
    ):
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            request = b"POST /getAnomalyScore HTTP/1.1\r\nHost: " + host.encode() + b"\r\n"
            connection.sendall(request + head + chunk)
            assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


HOSTILE_AGENTS = [
    "", " ", "x" * 8192, "\x00\x01\x1b[31m", "\u202eevil", "😀" * 100, "${jndi:ldap://x}",
    "<script>alert(1)</script>", "\r\nSet-Cookie: a=b", "\ud800", "x" * 1023 + "😀", "\uffff",
]  # fmt: skip


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("agent", HOSTILE_AGENTS)
def test_no_user_agent_is_refused(client, path, agent, login):
    """Whoever logs in chooses the agent, so no agent chooses the failure path."""
    unknown = client.post(path, json=login(userAgent=None)).json()["riskScore"]
    answer = client.post(path, content=json.dumps(login(userAgent=agent)).encode())
    assert answer.status_code == 200
    assert answer.json()["riskScore"] >= unknown


HOSTILE_ADDRESSES = [
    "a", "", " ", "999.1.1.1", "1.2.3.4/8", "::1%eth0", "1.2.3.4:80", "0x7f.1", "1.2.3.4\x00",
    "x" * 8192, "\ud800", "::" * 40, "１.２.３.４",
]  # fmt: skip


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_no_address_is_refused(client, path, address, login):
    """Nor does any address."""
    unknown = client.post(path, json=login(location=None)).json()["riskScore"]
    answer = client.post(path, content=json.dumps(login(location=address)).encode())
    assert answer.status_code == 200
    assert answer.json()["riskScore"] >= unknown


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_strict_ip_refuses_what_is_no_address(make_client, scorer, address, login):
    """With `strict_ip` what is no address is 422, by its pointer."""
    client = make_client(scorer, strict_ip=True)
    answer = client.post("/v1/assessments", content=json.dumps(login(location=address)).encode())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/location"
    assert client.post("/v1/assessments", json=login()).status_code == 200


@pytest.mark.parametrize(
    "spellings",
    [
        ("1.2.3.4", "::ffff:1.2.3.4", "::FFFF:102:304", "0:0:0:0:0:ffff:1.2.3.4"),
        ("2001:db8::1", "2001:DB8::1", "2001:db8:0:0:0:0:0:1", "2001:0db8::0001",
         "2001:db8:0::0:1", "[2001:db8::1]", "2001:db8::0.0.0.1", " 2001:db8::1"),
    ],
)  # fmt: skip
def test_spellings_of_one_address_score_alike(client, scorer, spellings, login):
    """However an address is written, it is one address."""
    first = client.post("/v1/assessments", json=login(location=spellings[0]))
    event_id = first.json()["eventID"]
    client.post("/v1/outcomes", json={"eventID": event_id, "outcome": "success"})
    seen = {
        client.post("/v1/assessments", json=login(location=s)).json()["riskScore"]
        for s in spellings
    }
    assert len(seen) == 1
    kept = {stored.event.src_ip for stored in scorer.store.since(0)}
    assert kept == {spellings[0]}


@pytest.mark.parametrize(
    "timestamp",
    [
        1589912560,
        "1589912560",
        1589912560000,
        "1589912560000000",
        1589912560000000000,
        1589912560.0,
    ],
)
def test_units_are_told_by_magnitude(client, scorer, timestamp, login):
    """Seconds, ms, us and ns, as number or text, are one instant."""
    client.post("/v1/assessments", json=login(timestamp=timestamp))
    (kept,) = scorer.store.since(0)
    assert kept.event.timestamp_ns == 1_589_912_560_000_000_000


@pytest.mark.parametrize("user", [0, 1, 2**53 + 1, 2**63, "007", "alice/bob", "名前", "a" * 256])
def test_user_ids_are_kept_exactly(client, scorer, user, login):
    """Whatever id is accepted, it is kept digit for digit."""
    assert client.post("/v1/assessments", json=login(userID=user)).status_code == 200
    assert [stored.event.user_id for stored in scorer.store.since(0)] == [str(user)]


@given(body=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
@settings(
    max_examples=40,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_bytes_get_an_answer(client, body):
    """No body whatever crashes the service."""
    for path in (*CALLS, "/v1/assessments:batch", "/v1/outcomes", "/v1/feedback"):
        answer = client.post(path, content=body)
        assert answer.status_code in {200, 400, 404, 422}, (path, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


FIELDS = ("userID", "timestamp", "location", "userAgent", "eventID", "mfa", "rttMs", "outcome",
          "verdict", "since")  # fmt: skip


@given(fields=st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)), good=st.booleans())
@settings(
    max_examples=50,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_json_gets_an_answer(client, fields, good):
    """Nor does any JSON, of any types, in any field."""
    body = json.dumps((json.loads(GOOD) if good else {}) | fields).encode()
    for path in (*CALLS, "/v1/outcomes", "/v1/feedback"):
        answer = client.post(path, content=body)
        assert answer.status_code in {200, 404, 422}, answer.text
        if answer.status_code == 422:
            assert answer.json()["errors"]
