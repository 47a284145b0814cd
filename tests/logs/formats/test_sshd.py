"""sshd: one event per decided attempt, and none that a user name tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.event import LoginEvent
from authrisk.logs.formats.sshd import PARSER
from authrisk.logs.openssh import Attempt, read_message
from authrisk.logs.parser import Ignored, Item, Line, Rejected
from authrisk.testing.parser import SETTINGS, parse_lines

SAMPLES = Path(__file__).parents[2] / "data" / "log-samples" / "sshd.jsonl"
ROWS = [json.loads(row) for row in SAMPLES.read_text().splitlines()]
FIELDS = {
    "user": "user_id", "src_ip": "src_ip", "src_port": "src_port", "outcome": "outcome",
    "method": "auth_method", "dst_host": "dst_host",
}  # fmt: skip


def parse(*texts: str) -> list[Item]:
    return parse_lines(PARSER, *texts)


def sshd(message: str, pid: int = 7, second: int = 1) -> str:
    return f"Sep  6 09:57:{second:02d} web sshd[{pid}]: {message}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_samples_of_other_projects(row: dict[str, Any]) -> None:
    """Each `login` is one event with the expected fields; the rest are none and raise nothing."""
    events = [item for item in parse(row["raw"]) if isinstance(item, LoginEvent)]
    assert len(events) == (row["role"] == "login")
    for event in events:
        expect = row["expect"]
        got = {name: getattr(event, FIELDS[name]) for name in FIELDS if name in expect}
        assert got == {name: expect[name] for name in got}


USERS = st.one_of(
    st.text(st.characters(blacklist_characters="\n\r", codec="utf-8"), max_size=80),
    st.lists(
        st.sampled_from(["root", "victim", "from", "1.2.3.4", "port", "22", "ssh2", "for", ":",
                         "Accepted", "password", "sshd[1]:", "invalid user", "[preauth]"])
    ).map(" ".join),
)  # fmt: skip


@given(user=USERS)
def test_a_user_name_forges_nothing(user: str) -> None:
    """Whatever the user is called, the event has that name and the true address."""
    tail = "from 6.6.6.6 port 4242 ssh2"
    attempt = read_message(f"Failed password for invalid user {user} {tail}")
    assert isinstance(attempt, Attempt)
    assert (attempt.user, attempt.source, attempt.port) == (user, "6.6.6.6", "4242")
    for message in (f"Invalid user {user} from 6.6.6.6 port 4242", f"Connection reset by {user}"):
        assert isinstance(read_message(message), str)


@given(identity=USERS)
def test_a_certificate_id_forges_nothing(identity: str) -> None:
    """The id of a certificate never moves a failure to another user; it may make it unreadable."""
    message = (
        f"Failed publickey for mallory from 6.6.6.6 port 42 ssh2: RSA-CERT SHA256:a ID {identity}"
        " (serial 0) CA RSA SHA256:b"
    )
    try:
        attempt = read_message(message)
    except ValueError:
        return
    assert isinstance(attempt, Attempt)
    assert (attempt.user, attempt.source) == ("mallory", "6.6.6.6")
    accepted = read_message(message.replace("Failed", "Accepted"))
    assert isinstance(accepted, Attempt) and accepted.source == "6.6.6.6"


@pytest.mark.parametrize(
    ("message", "user", "reason"),
    [
        ("ROOT LOGIN REFUSED FROM 1.2.3.4 port 22", "root", "policy_denied"),
        ("User a b from h.example not allowed because listed in DenyUsers", "a b", "policy_denied"),
        ("User eve not allowed because account is locked", "eve", "locked"),
        ("error: maximum authentication attempts exceeded for invalid user x from 1.2.3.4 port 9"
         " ssh2 [preauth]", "x", "unknown_user"),
        ("error: PAM: Authentication failure for illegal user x from h.example", "x",
         "unknown_user"),
        ("error: PAM: User account has expired for ann from 1.2.3.4", "ann", "expired_account"),
        ("Failed password for illegal user  from 1.2.3.4 port 9 ssh2", None, "unknown_user"),
    ],
)  # fmt: skip
def test_refusals_without_failed(message: str, user: str | None, reason: str) -> None:
    """Refusals that have no Failed line are failures of their own, with the reason."""
    (item,) = parse(sshd(message))
    assert isinstance(item, LoginEvent)
    assert (item.user_id, item.outcome, item.failure_reason) == (user, "failure", reason)


def test_one_attempt_is_told_once() -> None:
    """Lines of one connection that tell of one attempt give one event; a second attempt, two."""
    failed = "Failed keyboard-interactive/pam for ann from 1.2.3.4 port 9 ssh2"
    items = parse(
        sshd("error: PAM: Authentication failure for ann from 1.2.3.4"),
        sshd(failed, second=2),
        sshd(failed, second=9),
        sshd("error: maximum authentication attempts exceeded for ann from 1.2.3.4 port 9 ssh2",
             second=9),
        sshd(failed, pid=8),
    )  # fmt: skip
    assert [type(item) for item in items] == [LoginEvent, Ignored, LoginEvent, Ignored, LoginEvent]


def test_repeats_are_counted() -> None:
    """Both spellings of a repeated message are one event that counts for N."""
    failed = "Failed password for ann from 1.2.3.4 port 9 ssh2"
    old = "Sep  6 09:58:00 web last message repeated 3 times"
    items = parse(
        sshd(failed), old, sshd(f"message repeated 2 times: [ {failed}]"), sshd("Bye"), old
    )
    assert [item.count if isinstance(item, LoginEvent) else 0 for item in items] == [1, 3, 2, 0, 0]
    assert len({item.event_id for item in items if isinstance(item, LoginEvent)}) == 3


def test_a_second_factor_is_seen() -> None:
    """A partial success before Accepted on the same connection means more than one factor."""
    accepted = "Accepted keyboard-interactive/pam for ann from 1.2.3.4 port 9 ssh2"
    items = parse(
        sshd("Partial publickey for ann from 1.2.3.4 port 9 ssh2: RSA SHA256:x"),
        sshd(accepted),
        sshd(accepted, pid=8),
    )
    assert [item.mfa for item in items if isinstance(item, LoginEvent)] == [True, None]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, LoginEvent),
        ({"_UID": "0"}, LoginEvent),
        ({"_UID": "1000"}, Rejected),
        ({"SYSLOG_IDENTIFIER": "cron"}, Ignored),
        ({"__REALTIME_TIMESTAMP": "x"}, Rejected),
        ({"MESSAGE": None}, Rejected),
    ],
)
def test_journal_entries(fields: dict[str, object], kind: type) -> None:
    """The journal is read in all its shapes; entries that root did not write are refused."""
    message = b"Accepted password for ann from 1.2.3.4 port 22 ssh2"
    entry = {
        "__REALTIME_TIMESTAMP": "1700000000123456", "SYSLOG_IDENTIFIER": "sshd",
        "_HOSTNAME": "web", "_PID": "4", "MESSAGE": list(message),
    } | fields  # fmt: skip
    (item,) = parse(json.dumps(entry))
    assert type(item) is kind
    if isinstance(item, LoginEvent):
        assert item.timestamp_ns == 1_700_000_000_123_456_000


@pytest.mark.parametrize("levels", [2, 2000])
def test_nested_repetitions_are_no_login(levels: int) -> None:
    """A repetition of a repetition decides nothing, however deep it is; the next line is read."""
    failed = "Failed password for root from 1.2.3.4 port 22 ssh2"
    nested = "message repeated 1 times: [ " * levels + failed + "]" * levels
    first, second = parse(sshd(nested), sshd(failed))
    assert isinstance(first, Ignored)
    assert isinstance(second, LoginEvent)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Sep  6 09:57:21", "2024-09-06T09:57:21.5+02:00", "Feb 30 01:01:01"]),
            st.sampled_from(["sshd[7]", "sshd-session[8]", "sshd"]),
            st.sampled_from([
                "Failed password for root from 1.2.3.4 port 22 ssh2",
                "Failed none for root from 1.2.3.4 port 22 ssh2",
                "Failed password for invalid user invalid from ::1 port 99999 ssh2",
                "Failed password for invalid user  from 1.2.3.4 port 22 ssh2",
                "Failed password for illegal user root from 1.2.3.4 port 22 ssh2",
                "Failed password for invalid user from 1.2.3.4 port 22 ssh2",
                "Failed password for a from b from 1.2.3.4 port 22 ssh2",
                "Accepted publickey for root from web.example port 22 ssh2: RSA SHA256:abc",
                "Accepted publickey for root from 1.2.3.4 port 22 ssh2: RSA-CERT SHA256:a ID x",
                "Partial publickey for root from 1.2.3.4 port 22 ssh2",
                "error: PAM: Authentication failure for root from 1.2.3.4",
                "maximum authentication attempts exceeded for root from 1.2.3.4 port 22 ssh2",
                "User root from 1.2.3.4 not allowed because not listed in AllowUsers",
            ]),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_the_quick_way_reads_what_the_long_one_reads(rows: list[tuple[str, str, str]]) -> None:
    """A PRI in front makes a line unfit for the quick way and changes nothing else."""
    texts = [f"{stamp} web {tag}: {message}" for stamp, tag, message in rows]
    quick = list(PARSER.parse([Line("a", n, text) for n, text in enumerate(texts)], SETTINGS))
    long = list(PARSER.parse([Line("a", n, "<38>" + t) for n, t in enumerate(texts)], SETTINGS))

    def told(item: object) -> object:
        return item if isinstance(item, LoginEvent) else (type(item), item.cause)

    assert list(map(told, quick)) == list(map(told, long))
