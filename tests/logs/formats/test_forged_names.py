"""A name that a visitor types is only a name, in the text grammars of identity providers."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.event import LoginEvent
from authrisk.logs.discovery import format_named
from authrisk.testing.parser import parse_text

FRAGMENTS = (
    "x", "ann", " ", "'", '"', "\\", "|", "[", "]", "(", ")", "{", "}", ",", "=", ": ", "1.2.3.4",
    "victim", "by user 'victim'", "': user not found", ", username=victim", ", userId=victim",
    '", username="victim', "type=LOGIN", "|AUTHENTICATION_SUCCESS|victim|1.1.1.1|2.2.2.2",
    ' failed. for user "victim" failed.', " (1.2.3.4) Bad password for victim",
    "Session granted for victim by LDAP", "| SSO| victim| 1.2.3.4", ' subject="victim"',
    'User "victim" successfully authenticated from 1.2.3.4.', "SSO", "success",
    " and they are banned until",
)  # fmt: skip
NAMES = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5).map("".join)

KEYCLOAK = "2024-05-08 06:16:19,457 WARN  [org.keycloak.events] (executor-thread-1) "
CAS = (
    "2021-10-11 09:01:35,116 INFO "
    "[org.apereo.inspektr.audit.support.Slf4jLoggingAuditTrailManager] - "
)


def go_quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


LINES: dict[str, tuple[str, Callable[[str], str]]] = {
    "authelia, logfmt": (
        "authelia",
        lambda name: 'time="2022-02-14T13:47:54+02:00" level=error msg='
        + go_quoted(f"Unsuccessful 1FA authentication attempt by user '{name}': user not found")
        + " method=POST path=/api/firstfactor remote_ip=192.0.2.1",
    ),
    "authelia, json": (
        "authelia",
        lambda name: json.dumps(
            {
                "level": "debug",
                "msg": f"Successful 1FA authentication attempt made by user '{name}'",
                "remote_ip": "192.0.2.1",
                "time": "2022-03-30T14:24:18+02:00",
            }
        ),
    ),
    "keycloak, unquoted": (
        "keycloak",
        lambda name: KEYCLOAK + "type=LOGIN_ERROR, realmId=r, clientId=c, userId=null, "
        f"ipAddress=192.0.2.1, error=user_not_found, username={name}",
    ),
    "keycloak, quoted": (
        "keycloak",
        lambda name: KEYCLOAK + 'type="LOGIN_ERROR", realmId="r", clientId="c", userId="null", '
        'ipAddress="192.0.2.1", error="user_not_found", username="'
        + name.replace("\\", "\\\\").replace('"', '\\"')
        + '"',
    ),
    "cas": (
        "cas",
        lambda name: CAS + "Mon Oct 11 09:01:35 CEST 2021|CAS|Supplied credentials: "
        f"[UsernamePasswordCredential(username={name}, source=null, customFields={{}})]|"
        f"AUTHENTICATION_FAILED|{name}|1.1.1.1|2.2.2.2",
    ),
    "lemonldap": (
        "lemonldap",
        lambda name: f"Mar  2 22:57:38 p LLNG[1]: [warn] Bad password for {name} (1.2.3.4)",
    ),
    "guacamole": (
        "guacamole",
        lambda name: "2023-04-06T09:06:01,059Z [http-1] WARN  o.a.g.r.auth.AuthenticationService - "
        f'Authentication attempt from 1.2.3.4 for user "{name}" failed.',
    ),
    "pingfederate 9": (
        "pingfederate",
        lambda name: f"2023-04-12 10:16:00,000 | tid:1 | AUTHN_ATTEMPT| {name}| 203.0.113.31 | | "
        "sp1 | | h | IdP| failure| a| | 40",
    ),
    "pingfederate 12": (
        "pingfederate",
        lambda name: f"2023-04-12 10:16:00,000 | tid:1 | tx | AUTHN_ATTEMPT| {name}| 203.0.113.31 |"
        " | sp1 | | h | IdP| failure| a| | 40",
    ),
    "pingfederate, splunk": (
        "pingfederate",
        lambda name: '2023-04-12 10:17:00,250 trackingid="t" event="AUTHN_ATTEMPT" '
        f'subject="{name}" ip="1.2.3.4" status="failure" adapterid="a"',
    ),
}  # fmt: skip

PARSERS = {name: format_named(name) for name, _ in LINES.values()}


@pytest.mark.parametrize("grammar", LINES)
def test_a_plain_name_is_read(grammar: str) -> None:
    """The lines below are logins of their format."""
    format_name, line = LINES[grammar]
    (event,) = parse_text(PARSERS[format_name], line("ann"))
    assert isinstance(event, LoginEvent)
    assert event.user_id == "ann"


@pytest.mark.parametrize("grammar", LINES)
@given(name=NAMES)
def test_a_name_is_only_a_name(grammar: str, name: str) -> None:
    """The event is of the name as typed, or there is none."""
    format_name, line = LINES[grammar]
    parser = PARSERS[format_name]
    events = [item for item in parse_text(parser, line(name)) if isinstance(item, LoginEvent)]
    assert len(events) <= 1
    for event in events:
        assert event.user_name in {name.strip(), None}
        assert event.user_id in {name.strip(), None}
