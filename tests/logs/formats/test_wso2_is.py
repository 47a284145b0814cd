"""WSO2 Identity Server: publisher, sessions and audit log."""

from __future__ import annotations

import base64
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.event import LoginEvent
from authrisk.logs.formats.wso2_is import PARSER
from authrisk.logs.parser import Ignored, Item, Rejected
from authrisk.testing.parser import parse_text

LOGGER = "{org.wso2.carbon.event.output.adapter.logger.LoggerEventAdapter}"
PREFIXES = (
    "TID: [-1234] [] [2023-01-19 20:53:33,901] [corr] INFO {} - ",
    "TID: [-1234] [2023-01-19 20:53:33,901] [corr]  INFO {} - ",
    "[2023-01-19 20:53:33,901]  INFO {} — ",
    "[2023-01-19 20:53:33,901] [corr-id]  INFO {} - ",
)


def published(prefix: str = PREFIXES[0], **payload: object) -> str:
    fields = {
        "contextId": "c1", "eventType": "overall", "authenticationSuccess": True,
        "username": "ann", "remoteIp": "203.0.113.7", "serviceProvider": "portal",
        "_timestamp": 1674141812000,
    } | payload  # fmt: skip
    keys = list(fields)
    random.Random(str(payload)).shuffle(keys)
    content = json.dumps({"event": {"payloadData": {key: fields[key] for key in keys}}})
    return prefix.replace("{}", LOGGER) + "Unique ID: my, own: name, Event: " + content


def session(at_ms: int, agent: str = "Firefox", **payload: object) -> str:
    said = {"eventType": None, "sessionId": "s1", "action": 1, "userAgent": agent}
    return published(**said | {"_timestamp": at_ms} | payload)


def parse(*texts: str) -> list[Item]:
    return parse_text(PARSER, "\n".join(texts))


def events(*texts: str) -> list[LoginEvent]:
    return [item for item in parse(*texts) if isinstance(item, LoginEvent)]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_prefix_reads_alike(prefix: str) -> None:
    """The line is read whatever stands before the JSON; its own time counts."""
    (event,) = events(published(prefix))
    assert (event.user_id, event.timestamp_ns) == ("ann", 1_674_141_812_000_000_000)


def test_without_its_own_time_the_line_has_one() -> None:
    """A payload without `_timestamp` has the bracket's local time."""
    (event,) = events(published(_timestamp="NOT_AVAILABLE"))
    assert event.timestamp_ns == 1_674_161_613_901_000_000


@pytest.mark.parametrize(
    ("payload", "outcome"),
    [
        ({}, "success"),
        ({"authenticationSuccess": "false"}, "failure"),
        ({"eventType": "step", "authStepSuccess": False}, "failure"),
        ({"eventType": "step", "authStepSuccess": True, "authenticationSuccess": False}, None),
        ({"eventType": "Logout"}, None),
    ],
)
def test_what_is_a_login(payload: dict[str, object], outcome: str | None) -> None:
    """Overall results and failed steps are attempts; a step that went well is no failure."""
    assert [event.outcome for event in events(published(**payload))] == (
        [outcome] if outcome else []
    )


def test_a_failed_step_and_its_overall_failure_are_one_attempt() -> None:
    """The same context failing within two seconds is told once."""
    step = published(eventType="step", authStepSuccess=False)
    overall = published(authenticationSuccess=False)
    assert len(events(step, overall)) == 1
    assert len(events(step, overall.replace('"c1"', '"c2"'))) == 2


def test_two_factors_are_mfa() -> None:
    """Two steps that went well before the overall success make it multi-factor."""
    first = published(
        eventType="step", authStepSuccess=True, authenticationStep=1,
        stepAuthenticator="BasicAuthenticator",
    )  # fmt: skip
    second = first.replace("BasicAuthenticator", "totp").replace(
        '"authenticationStep": 1', '"authenticationStep": 2'
    )
    overall = published()
    assert [e.mfa for e in events(first, second, overall)] == [True]
    assert [(e.mfa, e.auth_method) for e in events(first, overall)] == [(False, "password")]
    assert [e.mfa for e in events(overall)] == [None]


@pytest.mark.parametrize("first", ["login", "session"])
@pytest.mark.parametrize(("lag_ms", "joined"), [(0, True), (1000, True), (5000, False)])
def test_sessions_give_the_user_agent(first: str, lag_ms: int, joined: bool) -> None:
    """A session record within the window joins its login, whichever comes first."""
    login, record = published(), session(1674141812000 + lag_ms)
    (event,) = events(*([login, record] if first == "login" else [record, login]))
    assert event.user_agent == ("Firefox" if joined else None)


@pytest.mark.parametrize(
    "other", [{"username": "bob"}, {"remoteIp": "198.51.100.1"}, {"serviceProvider": "crm"}]
)
def test_a_session_joins_only_its_own_login(other: dict[str, object]) -> None:
    """Another user, address or application is another login."""
    assert [e.user_agent for e in events(published(), session(1674141812000, **other))] == [None]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 3000)), max_size=30))
def test_every_login_comes_out_once_and_in_order(steps: list[tuple[bool, int, int]]) -> None:
    """Joining loses, doubles and reorders no login."""
    texts, logins = [], []
    for number, (is_login, user, at_ms) in enumerate(steps):
        at = 1674141812000 + at_ms
        if is_login:
            logins.append(f"log:{number + 1}")
            texts.append(published(username=f"u{user}", _timestamp=at))
        else:
            texts.append(session(at, username=f"u{user}"))
    assert [event.event_id for event in events(*texts)] == logins


def test_memory_is_bounded() -> None:
    """Logins whose session never comes leave when too many wait, even at one instant."""
    texts = [published(username=f"u{number}") for number in range(1500)]
    items = parse(*texts, session(1674141812000, username="u0"), session(1674141812000))
    assert len([item for item in items if isinstance(item, LoginEvent)]) == 1500
    assert isinstance(items[0], LoginEvent)
    assert items.index(next(i for i in items if isinstance(i, Ignored))) < 1500


@given(text=st.text(max_size=200))
def test_a_user_agent_forges_nothing(text: str) -> None:
    """Whatever the agent holds, the user and the address are the payload's own."""
    line = published(userAgent=text)
    for event in events(line.replace("\n", " ")):
        assert (event.user_id, event.src_ip) == ("ann", "203.0.113.7")


def audit(data: str, action: str = "Login", result: str = "Success", initiator: str = "x") -> str:
    return (
        f"[2023-01-19 20:54:10,000]  INFO {{AUDIT_LOG}}-  Initiator : {initiator} | Action :"
        f" {action} | Target : T | Data : {data} | Result : {result}"
    )


def test_both_audit_layouts_read_alike() -> None:
    """The old layout with bars and the new one with equals signs give the same login."""
    data = '{"AuthenticatedUser" : "ann","RemoteAddress" : "192.0.2.9","User Agent" : "curl"}'
    new = (
        "TID: [-1234] [2023-01-19 20:54:10,000] [c]  INFO {AUDIT_LOG} - Initiator=x Action=Login"
        f" Target=T Data={data} Outcome=Success"
    )
    first, second = events(audit(data), new)
    for event in (first, second):
        got = (event.user_id, event.src_ip, event.user_agent, event.timestamp_ns)
        assert got == ("ann", "192.0.2.9", "curl", 1_674_161_650_000_000_000)


def test_authenticated_idps_name_the_factors() -> None:
    """The unsigned token names each authenticator; two different ones are multi-factor."""
    payload = {"idps": [{"idp": "LOCAL", "authenticator": name} for name in ("basic", "totp")]}
    token = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    (event,) = events(audit(f'{{"AuthenticatedUser":"ann","AuthenticatedIdPs":"e.{token}."}}'))
    assert (event.auth_method, event.mfa) == ("password", True)


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "..", "a.€.", "a." + "A" * 50_000 + "."])
def test_a_damaged_token_says_nothing(token: str) -> None:
    """A token that cannot be read leaves the method unknown."""
    (event,) = events(audit(f'{{"AuthenticatedUser":"ann","AuthenticatedIdPs":"{token}"}}'))
    assert (event.auth_method, event.mfa) == (None, None)


@pytest.mark.parametrize(
    "line",
    [
        audit('{"GrantType":"password","AuthorizedUser":"N/A"}', "PostTokenIssue", initiator="N/A"),
        audit('{"a":"x | Action : Login | Target : T | Data : {"}'),
        audit('{"AuthenticatedUser":"a","AuthenticatedUser":"b"}'),
        published(authenticationSuccess="maybe"),
        published(username="NOT_AVAILABLE"),
        published() + " tail",
        published()[:-20],
    ],
)  # fmt: skip
def test_doubtful_lines_are_rejected(line: str) -> None:
    """A success of nobody, two readings, two values and cut JSON are rejected, not guessed."""
    assert [type(item) for item in parse(line)] == [Rejected]


def test_one_user_has_one_name() -> None:
    """The primary store and tenant are left out, others are kept apart."""
    users = [
        {"username": "PRIMARY/ann@carbon.super"},
        {"username": "ann", "tenantDomain": "carbon.super", "userStoreDomain": "PRIMARY"},
        {"username": "ann", "tenantDomain": "acme.com"},
        {"username": "ann@acme.com", "tenantDomain": "acme.com"},
        {"username": "ann", "userStoreDomain": "LDAP"},
    ]
    names = [events(published(**user))[0].user_id for user in users]
    assert names == ["ann", "ann", "ann@acme.com", "ann@acme.com", "LDAP/ann"]


LOGIN = "https://schemas.identity.wso2.org/events/login/event-type/"


def webhook(result: str, **event: object) -> str:
    user = {"claims": [{"uri": "http://wso2.org/claims/username", "value": "ann"}]}
    said = {"user": user, "tenant": {"name": "carbon.super"}} | event
    return json.dumps({"jti": "j1", "iat": 1751705149662, "events": {result: said}})


@pytest.mark.parametrize(
    ("result", "outcome"), [("loginSuccess", "success"), ("loginFailed", "failure")]
)
def test_a_webhook_is_a_login(result: str, outcome: str) -> None:
    """Its user is named as the publisher names the same user."""
    (event,) = events(webhook(LOGIN + result))
    assert (event.outcome, event.user_id) == (outcome, "ann")
    assert event.timestamp_ns == 1_751_705_149_662_000_000


def test_other_webhooks_are_no_logins() -> None:
    """A user that is created, a credential that changes."""
    text = webhook("https://schemas.identity.wso2.org/events/user/event-type/userCreated")
    assert [type(item) for item in parse(text)] == [Ignored]


def test_a_webhook_of_two_factors_says_so() -> None:
    """More than one authenticator is a second factor."""
    text = webhook(LOGIN + "loginSuccess", authenticationMethods=["BasicAuthenticator", "totp"])
    (event,) = events(text)
    assert event.mfa is True


@pytest.mark.parametrize(
    "text",
    [
        '{"events":{}}',
        '{"events":[1]}',
        '{"events":{"a":1}}',
        webhook(LOGIN + "loginSuccess", user={}),
    ],
)
def test_a_damaged_webhook_is_rejected(text: str) -> None:
    """Nothing is made up for it."""
    line = text + " schemas.identity.wso2.org/events/" if "identity.wso2" not in text else text
    assert [type(item) for item in parse(line)] == [Rejected]
