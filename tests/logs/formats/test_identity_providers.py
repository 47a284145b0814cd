"""The traps of identity providers' logs: what is one login, whose, when, and with what outcome."""

from __future__ import annotations

import json
from typing import Any

import pytest

from authrisk.event import LoginEvent
from authrisk.logs.discovery import format_named
from authrisk.logs.parser import Item, Line, Rejected
from authrisk.testing.parser import SETTINGS, parse_text


def events(name: str, *records: Any) -> list[LoginEvent]:
    """Of records (or lines of text), one a line."""
    texts = (text if isinstance(text, str) else json.dumps(text) for text in records)
    items = parse_text(format_named(name), "\n".join(texts))
    return [item for item in items if isinstance(item, LoginEvent)]


def entra(code: object, **properties: Any) -> dict[str, Any]:
    said = {"userPrincipalName": "ann@a.io", "createdDateTime": "2025-01-15T14:23:10.1234567Z"}
    return {
        "category": "SignInLogs",
        "time": "2025-01-15T14:30:00Z",
        "resultType": code,
        "properties": said | properties,
    }


@pytest.mark.parametrize(
    ("code", "outcome", "reason"),
    [
        ("0", "success", None), (0, "success", None), ("Success", "success", None),
        ("50140", "interrupted", None), (50074, "interrupted", None),
        ("50126", "failure", "bad_credentials"), (50053, "failure", "locked"),
        ("53003", "failure", "policy_denied"), ("500121", "failure", "mfa_failed"),
        ("12345678", "failure", "other"), ("", "unknown", None), ("None", "unknown", None),
        (None, "unknown", None),
    ],
)  # fmt: skip
def test_entra_has_three_outcomes(code: object, outcome: str, reason: str | None) -> None:
    """0 passed, what asks for more is interrupted, the rest failed; nothing said is unknown."""
    (event,) = events("entra_signin", entra(code))
    assert (event.outcome, event.failure_reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("stamp", "ns"),
    [
        ("2025-01-15T14:23:10.1234567Z", 1_736_950_990_123_456_700),
        ("2025-01-15T14:23:10.123456789Z", 1_736_950_990_123_456_789),
        ("2025-01-15 14:23:10.1234567", 1_736_950_990_123_456_700),
        ("2025-01-15T16:23:10+02:00", 1_736_950_990_000_000_000),
        ("1/15/2025 2:23:10 PM", 1_736_950_990_000_000_000),
        ("01/15/2025 02:23:10 PM +00:00", 1_736_950_990_000_000_000),
        ("1/15/2025, 14:23:10.5", 1_736_950_990_500_000_000),
        ("1/15/2025 12:00:00 AM", 1_736_899_200_000_000_000),
    ],
)
def test_entra_spells_its_times_in_many_ways(stamp: str, ns: int) -> None:
    """Digits are cut, never rounded; US dates have the month first."""
    (event,) = events("entra_signin", entra("0", createdDateTime=stamp))
    assert event.timestamp_ns == ns


def test_entra_knows_who_by_object_id() -> None:
    """An empty or zero object id is nobody's: then the name counts."""
    (known,) = events("entra_signin", entra("0", userId="8105c513"))
    assert (known.user_id, known.user_name) == ("8105c513", "ann@a.io")
    for nobody in ("", None, "00000000-0000-0000-0000-000000000000"):
        (event,) = events("entra_signin", entra("50034", userId=nobody))
        assert event.user_id == "ann@a.io"


def test_a_list_of_users_is_no_sign_in_log() -> None:
    """Graph's users have a principal name and a creation time too."""
    user = {"userPrincipalName": "ann@a.io", "createdDateTime": "2025-01-15T14:23:10Z", "id": "1"}
    assert not format_named("entra_signin").claims([json.dumps(user)])
    assert not events("entra_signin", user)


@pytest.mark.parametrize(
    ("identity", "user"),
    [
        ({"type": "IAMUser", "userName": "ann", "accountId": "1"}, "ann@1"),
        ({"type": "Root", "accountId": "1"}, "root@1"),
        ({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/R/ann@a.io"}, "ann@a.io"),
        ({"type": "AssumedRole", "principalId": "AROA:ann@a.io"}, "ann@a.io"),
        ({"type": "IAMUser", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS", "accountId": "1"}, None),
        ({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}}, "u-1"),
    ],
)
def test_cloudtrail_names_users_in_many_ways(identity: dict[str, Any], user: str | None) -> None:
    """Users of an account are told apart by it; a role's session is a person; AWS hides some."""
    record = {
        "eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com",
        "eventTime": "2024-06-02T19:41:40Z", "userIdentity": identity,
        "responseElements": {"ConsoleLogin": "Failure"},
    }  # fmt: skip
    (event,) = events("aws_cloudtrail", record)
    assert event.user_id == user
    assert (event.failure_reason == "unknown_user") is (user is None)


@pytest.mark.parametrize("address", ["AWS Internal", "sts.amazonaws.com", "signin.amazonaws.com"])
def test_cloudtrail_origin_may_be_aws_itself(address: str) -> None:
    """A service that acts for the user is no place the user came from."""
    record = {
        "eventName": "ConsoleLogin", "eventTime": "2024-06-02T19:41:40Z",
        "sourceIPAddress": address, "userIdentity": {"type": "Root"},
        "responseElements": {"ConsoleLogin": "Success"},
    }  # fmt: skip
    (event,) = events("aws_cloudtrail", record)
    assert (event.src_ip, event.src_host) == (None, None)


def test_duo_takes_the_device_that_logs_in() -> None:
    """The telephone's address is nobody's origin, and 0.0.0.0 is none."""
    record = {
        "event_type": "authentication", "result": "success", "factor": "duo_push",
        "timestamp": 1581620180, "user": {"name": "ann"}, "access_device": {"ip": "0.0.0.0"},
        "auth_device": {"ip": "203.0.113.5"},
    }  # fmt: skip
    (event,) = events("duo", record)
    assert event.src_ip is None


def test_pingfederate_counts_an_attempt_once() -> None:
    """The SSO that fails after its failed attempt is that attempt; another tracking id is not."""
    head = (
        "2023-04-12 10:16:00,000 | {} | {}| bob| 203.0.113.31 | | sp1 | | h | IdP| failure| a| | 4"
    )
    found = events(
        "pingfederate",
        head.format("t1", "AUTHN_ATTEMPT"), head.format("t1", "SSO"), head.format("t2", "SSO"),
    )  # fmt: skip
    assert [event.correlation_id for event in found] == ["t1", "t2"]


def test_keycloak_line_without_a_date() -> None:
    """It is of the last day on which that time is not after the file's."""
    line = "{} WARN  [org.keycloak.events] (t) type=LOGIN_ERROR, username=ann, error=x"
    (event,) = events("keycloak", line.format("23:59:59,999"))
    assert event.timestamp.isoformat() == "2024-12-30T23:59:59.999000+00:00"
    (event,) = events("keycloak", line.format("00:00:00,000"))
    assert event.timestamp.isoformat() == "2024-12-31T00:00:00+00:00"


def test_cas_block_is_read_through_blank_lines_and_cut_off_by_the_next() -> None:
    """A block's event has the id of its first line; one that is cut says what it has."""
    head = (
        "2021-10-11 09:02:00,100 INFO "
        "[org.apereo.inspektr.audit.support.Slf4jLoggingAuditTrailManager] - "
    )
    block = ["<Audit trail record BEGIN", "WHO: ann", "", "ACTION: AUTHENTICATION_SUCCESS",
             "WHEN: 2021-10-11T09:02:00.5Z"]  # fmt: skip
    (event,) = events("cas", head + block[0], *block[1:], ">")
    assert (event.event_id, event.user_id) == ("log:1", "ann")
    first, second = events("cas", head + block[0], *block[1:], head + block[0], *block[1:])
    assert (first.event_id, second.event_id) == ("log:1", "log:6")


def test_salesforce_rows_go_by_their_heading() -> None:
    """Columns in any order; a row that does not fit its heading is rejected."""
    heading = '"USER_NAME","EVENT_TYPE","LOGIN_STATUS","TIMESTAMP"'
    row = '"bo","Login","LOGIN_NO_ERROR","20241026044641.024"'
    (event,) = events("salesforce", heading, row)
    assert event.timestamp.isoformat() == "2024-10-26T04:46:41.024000+00:00"
    parser = format_named("salesforce")
    for text in (row, f'{heading}\n{row},"x"'):
        items: list[Item] = parse_text(parser, text)
        assert isinstance(items[-1], Rejected)


@pytest.mark.parametrize("user_id", ["0055f00000CyENt", "0055f00000CyENtAAN"])
def test_salesforce_ids_of_both_lengths_are_one_user(user_id: str) -> None:
    """The long form only adds three characters of check."""
    record = {
        "EVENT_TYPE": "Login", "ORGANIZATION_ID": "o", "TIMESTAMP": "20241026044641.024",
        "USER_ID": user_id, "LOGIN_STATUS": "LOGIN_NO_ERROR",
    }  # fmt: skip
    (event,) = events("salesforce", record)
    assert event.user_id == "0055f00000CyENt"


def test_vault_tokens_are_never_kept() -> None:
    """No field of an event holds the token or its accessor, hashed or not."""
    auth = {"client_token": "s.canary", "accessor": "canary2", "display_name": "ldap-ann",
            "policies": ["default"], "token_type": "service"}  # fmt: skip
    record = {
        "type": "response", "time": "2023-03-01T10:00:00Z", "auth": auth,
        "request": {"path": "auth/ldap/login/ann", "data": {"password": "canary3"}},
        "response": {"auth": auth},
    }  # fmt: skip
    (event,) = events("vault", record)
    assert event.user_id == "ann"
    assert "canary" not in repr(event)


def test_several_records_of_a_line_have_ids_of_their_own() -> None:
    """`file:line`, then `file:line#1` and so on, also where a line of another file follows."""
    record = {"event": "user.login", "code": "T1000I", "time": "2023-09-20T19:00:09Z", "user": "a"}
    text = json.dumps([record, record, record])
    parser = format_named("teleport")
    lines = [Line("f", 1, text), Line("g", 1, text)]
    found = [item for item in parser.parse(lines, SETTINGS) if isinstance(item, LoginEvent)]
    ids = [event.event_id for event in found]
    assert ids == ["f:1", "f:1#1", "f:1#2", "g:1", "g:1#1", "g:1#2"]
