"""Secrets that servers leak into their logs are taken out; the rest of a line stays."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.event import LoginEvent
from authrisk.eventlog import to_frame
from authrisk.logs.redact import redact, redact_event, redact_frame

CANARY = "C4nary-s3cret"
LEAKS = [
    "Tue Oct 1 2019 : Auth: (7) Login incorrect (pap): [ada/{}] (from client nas port 0 cli 1)",
    "user=ada password={} ip=192.0.2.7",
    "user=ada password='{} x' ip=192.0.2.7",
    'user=ada passwd="{} x" ip=192.0.2.7',
    '{{"username":"ada","password":"{}","ip":"192.0.2.7"}}',
    '{{"username":"ada","password" : "a\\"{}","ip":"192.0.2.7"}}',
    '{{"body":"{{\\"client_secret\\":\\"{}\\",\\"a\\":1}}"}}',
    '{{"new_password":"{}"}}',
    "POST /login?user=ada&access_token={}&next=/ HTTP/1.1",
    "GET /cb?code={}&state=1",
    "Authorization: Bearer {}",
    "Authorization: Basic {}",
    "connect to https://ada:{}@example.org/path",
    "id_token={} ok",
    "refresh_token: '{}'",
    "X-Api-Key=\"{}\"",
    "SAMLResponse={}",
    "-----BEGIN RSA PRIVATE KEY-----{}-----END RSA PRIVATE KEY-----",
]  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leaked_secret_is_masked(leak: str) -> None:
    """The secret goes, and nothing of what names it or follows the field."""
    clean = redact(leak.format(CANARY))
    assert CANARY.split("-")[1] not in clean
    assert "***" in clean
    for word in ("ada", "192.0.2.7", "state=1", "next=/", "example.org"):
        assert (word in clean) == (word in leak)


def test_a_web_token_is_masked_wherever_it_stands() -> None:
    """Header, payload and signature of a JWT."""
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
    assert redact(f"grant {token} done") == "grant *** done"


@pytest.mark.parametrize(
    "line",
    [
        "Sep  6 09:57:21 web sshd[1]: Failed password for root from 192.0.2.7 port 22 ssh2",
        "Auth: Login OK: [ada/<via Auth-Type = EAP>] (from client nas port 0)",
        "passwd[77]: pam_unix(passwd:chauthtok): password changed for ada",
        '{"event":"login","method":"password","user":"ada"}',
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120",
    ],
)
def test_lines_about_passwords_stay(line: str) -> None:
    """A line that only speaks of passwords is not touched."""
    assert redact(line) == line


@given(st.text(max_size=300))
def test_a_second_time_changes_nothing(text: str) -> None:
    """Redacted text is as it should be."""
    once = redact(text)
    assert redact(once) == once


def test_cost_is_linear() -> None:
    """A megabyte of what looks like the beginning of secrets costs no more than its length."""
    for unit in (
        '"password":"\\',
        "password",
        "[a/",
        "://a:",
        "token=",
        "eyJ",
        "a.a-",
        'a"password" : ',
    ):
        costs = []
        for size in (20_000, 80_000):
            text = unit * (size // len(unit))
            best = min(_cpu_seconds(text) for _ in range(3))
            costs.append(best)
        assert costs[1] < 12 * costs[0] + 0.05


def _cpu_seconds(text: str) -> float:
    start = time.process_time()
    redact(text)
    return time.process_time() - start


def test_free_fields_of_tables_are_redacted() -> None:
    """What a client wrote is looked at; everything else of the table stays."""
    events = [
        LoginEvent(event_id="1", timestamp_ns=0, user_id="a", user_agent=f"curl token={CANARY}"),
        LoginEvent(event_id="2", timestamp_ns=0, user_id="b", user_agent="curl"),
    ]
    frame = redact_frame(to_frame(events))
    assert frame["user_agent"].to_list() == ["curl token=***", "curl"]
    assert frame.equals(to_frame(map(redact_event, events)))
    assert frame.drop("user_agent").equals(to_frame(events).drop("user_agent"))
