"""Formats whose readers remember: whatever a visitor types, it names nobody else."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.event import LoginEvent
from authrisk.logs.parser import Item, Parser
from authrisk.testing.parser import parse_lines

LINES = {
    "apache_auth": "[Thu Oct 13 12:24:49.880562 2022] [auth_basic:error] [pid 10:tid 14] [client"
    " 6.6.6.6:50229] AH01618: user {} not found: /",
    "cisco_asa": "Feb  9 11:44:56 fw1 %ASA-6-113005: AAA user authentication Rejected : reason ="
    " Invalid password : server = 10.0.0.2 : user = {} : user IP = 6.6.6.6",
    "citrix_adc": "<134> 02/09/2024:11:44:56 GMT ns1 0-PPE-0 : default AAA LOGIN_FAILED 2061 0 : "
    ' User {} - Client_ip 6.6.6.6 - Failure_reason "External server denied" - Browser curl/8',
    "couchdb": "[warning] 2024-01-19T18:11:00.000001Z couchdb@db1 <0.41.0> 5c1934aa21"
    " couch_httpd_auth: Authentication failed for user {} from 6.6.6.6",
    "dovecot": "Nov 24 14:04:26 mx dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2"
    " secs): user=<{}>, method=PLAIN, rip=6.6.6.6, lip=7.7.7.7, TLS, session=<GIsUMAZhUJl>",
    "exim": "2022-06-29 16:04:19 login authenticator failed for (pc.lan) [6.6.6.6]:55379: 535"
    " Incorrect authentication data (set_id={})",
    "gitea": "2022/03/01 12:57:58 ...ers/web/auth/auth.go:200:SignInPost() [I] Failed"
    " authentication attempt for {} from 6.6.6.6:39522: user does not exist [uid: 0, name: x]",
    "litespeed": "2022-06-09 12:22:07.353044 [INFO] [1226038] [6.6.6.6:61120-5#Example] User '{}'"
    " failed to authenticate.",
    "mariadb_audit": "20240301 10:20:32,db01,{},6.6.6.6,13,0,FAILED_CONNECT,,,1045",
    "mongodb": "2019-07-28T18:16:43.466+0000 I  ACCESS   [conn8] SCRAM-SHA-1 authentication failed"
    " for {} on admin from client 6.6.6.6:49152 ; AuthenticationFailed: no",
    "mssql": "2022-12-20 12:36:54.17 Logon       Login failed for user '{}'. Reason: Password did"
    " not match that for the login provided. [CLIENT: 6.6.6.6]",
    "mysql": "2020-04-16T05:13:40.861934Z 344 [Note] Access denied for user '{}'@'6.6.6.6' (using"
    " password: YES)",
    "nextcloud": '{{"reqId":"U","level":2,"time":"2022-01-16T15:42:37+00:00","remoteAddr":'
    '"6.6.6.6","user":"--","app":"core","message":"Login failed: {} (Remote IP: 6.6.6.6)"}}',
    "nginx_auth": '2022/01/24 16:33:06 [error] 334#334: *338 user "{}": password mismatch, client:'
    ' 6.6.6.6, server: s, request: "GET / HTTP/1.1", host: "h"',
    "pgsql": "2023-03-12 11:17:28.425 UTC [53962] 6.6.6.6 FATAL:  password authentication failed"
    ' for user "{}"',
    "postfix_sasl": "May 11 04:03:37 mx postfix/smtpd[9]: warning: unknown[6.6.6.6]: SASL PLAIN"
    " authentication failed: (reason unavailable), sasl_username={}",
    "vaultwarden": "[2024-03-02 17:38:19.023][vaultwarden::api::identity][ERROR] Username or"
    " password is incorrect. Try again. IP: 6.6.6.6. Username: {}.",
    "zimbra": "2021-03-03 19:54:01,100 WARN  [qtp9:https://h/] [oip=6.6.6.6;ua=x;soapId=1;]"
    " security - cmd=Auth; account={0}; protocol=soap; error=authentication failed for [{0}],"
    " account not found;",
}  # fmt: skip
"""A line of each format that tells a refusal, with a place for what was typed as user."""

TYPED = st.one_of(
    st.text(st.characters(codec="utf-8", blacklist_categories=("Cc", "Zl", "Zp")), max_size=60),
    st.lists(
        st.sampled_from(
            ["victim", "x", "'", '"', ">", "<", "]", " from 1.2.3.4", ",", " - Client_ip 1.2.3.4",
             ", rip=1.2.3.4", ": user IP = 1.2.3.4", " not found: /", "'@'1.2.3.4'", "/", " on a",
             ", client: 1.2.3.4", ", sasl_username=", "; error=", ". IP: 1.2.3.4. Username: ", ":",
             "'. Reason: ", " [CLIENT: 1.2.3.4]", "): unknown user", " FATAL:  ", "@", "\\", ")"]
        )
    ).map("".join),
).filter(str.strip)  # fmt: skip


def line(name: str, typed: str) -> str:
    """The line of a format with that name in it, escaped where it is JSON."""
    form = LINES[name]
    return form.format(json.dumps(typed)[1:-1] if form.startswith("{") else typed)


def parser_of(name: str) -> Parser:
    parser: Parser = import_module(f"authrisk.logs.formats.{name}").PARSER
    return parser


def items(name: str, *texts: str) -> list[Item]:
    return parse_lines(parser_of(name), *texts)


def events(name: str, *texts: str, **fields: Any) -> list[LoginEvent]:
    """The events of some lines; every one has these fields."""
    found = [item for item in items(name, *texts) if isinstance(item, LoginEvent)]
    assert all(getattr(event, key) == fields[key] for event in found for key in fields)
    return found


@pytest.mark.parametrize("name", LINES)
@given(typed=TYPED)
def test_what_is_typed_names_nobody_else(name: str, typed: str) -> None:
    """The event is a failure of exactly the name that was typed and the true address, or none."""
    for event in events(name, line(name, typed), src_ip="6.6.6.6", outcome="failure"):
        assert event.user_name is not None and event.user_name.strip() == typed.strip()


@pytest.mark.parametrize("name", LINES)
def test_a_plain_name_is_read(name: str) -> None:
    """The lines above are lines of their formats."""
    (event,) = events(name, line(name, "ann"))
    assert (event.user_name, event.src_ip) == ("ann", "6.6.6.6")
