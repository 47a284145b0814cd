"""One attempt that several lines tell is one event."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Sequence
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.event import LoginEvent
from authrisk.testing.parser import parse_lines


def events(name: str, *texts: str) -> list[LoginEvent]:
    parser = import_module(f"authrisk.logs.formats.{name}").PARSER
    return [item for item in parse_lines(parser, *texts) if isinstance(item, LoginEvent)]


def told(name: str, *texts: str) -> list[tuple[str | None, str]]:
    return [(event.user_name, str(event.outcome)) for event in events(name, *texts)]


ASA = (
    "Feb  9 11:44:56 fw1 %ASA-6-113005: AAA user authentication Rejected : reason = Invalid"
    " password : server = 10.0.0.2 : user = ada",
    "Feb  9 11:44:56 fw1 %ASA-6-611102: User authentication failed: IP address: 6.6.6.6, Uname:"
    " ada",
    "Feb  9 11:44:57 fw1 %ASA-6-605004: Login denied from 6.6.6.6/1929 to inside:10.0.0.1/ssh for"
    ' user "ada"',
)


@pytest.mark.parametrize("order", list(itertools.permutations(ASA)))
def test_a_firewall_tells_one_attempt_in_any_order(order: Sequence[str]) -> None:
    """Whichever message comes first, the event knows the address and the port."""
    (event,) = events("cisco_asa", *order)
    assert (event.src_ip, event.src_port, event.dst_ip) == ("6.6.6.6", 1929, "10.0.0.1")


def test_a_firewall_tells_two_attempts_of_one_second_apart() -> None:
    """A message number that comes again begins another attempt."""
    assert len(events("cisco_asa", *ASA, *ASA)) == 2


DOVECOT = "Nov 24 14:03:{:02d} mx dovecot: {}"
REFUSED = "auth: passwd-file({},6.6.6.6,<S1>): Password mismatch (given password: secret)"
CLOSED = (
    "imap-login: Disconnected (auth failed, {} attempts in 9 secs): user=<ada>, method=PLAIN,"
    " rip=6.6.6.6, lip=7.7.7.7, session=<S1>"
)


@given(refusals=st.integers(0, 4), attempts=st.integers(1, 4))
def test_dovecot_counts_each_failure_once(refusals: int, attempts: int) -> None:
    """Failures that `auth` told are not counted again when the connection closes."""
    lines = [DOVECOT.format(at, REFUSED.format(f"u{at}")) for at in range(refusals)]
    found = events("dovecot", *lines, DOVECOT.format(9, CLOSED.format(attempts)))
    assert sum(event.count for event in found) == max(refusals, attempts)
    assert not any("secret" in repr(event) for event in found)


GENERAL = (
    "261124 14:08:57\t     {0} Connect\tada@6.6.6.6 on  using TCP/IP",
    "\t\t     {0} Query\tselect 1",
    "\t\t     {0} Connect\tAccess denied for user 'ada'@'6.6.6.6' (using password: YES)",
)


def test_mysql_is_believed_when_a_command_follows() -> None:
    """A client that connected is in with its first command, and not when nothing follows."""
    connect, query, denied = GENERAL
    assert told("mysql", connect.format(1), query.format(1), query.format(1)) == [
        ("ada", "success")
    ]
    assert told("mysql", connect.format(1), denied.format(1)) == [("ada", "failure")]
    assert told("mysql", connect.format(1), query.format(2)) == []


@pytest.mark.parametrize("name", ["a\n{}\nb", "{}", "\n\n{}", "x" * 200 + "\n{}"])
def test_no_name_with_line_breaks_forges_a_line_of_mysql(name: str) -> None:
    """However a name is broken, a whole line in it names nobody."""
    forged = "2026-11-24 14:00:00 3 [Warning] Access denied for user 'victim'@'1.2.3.4'"
    broken = name.format(f"\n{forged}\n")
    text = f"2026-11-24 14:08:58 12 [Warning] Access denied for user '{broken}'@'6.6.6.6'"
    assert told("mysql", *text.split("\n")) == []


@given(user=st.lists(st.text("ab\"',[]@:é", min_size=1), min_size=1, max_size=4).map("\n".join))
def test_a_postgres_csv_record_holds_any_name(user: str) -> None:
    """Quotes, commas and line breaks in a name change nothing, and the next record is read."""
    out = io.StringIO()
    message = f'password authentication failed for user "{user}"'
    row = ["2024-03-12 11:18:00.000 UTC", user, "db", 120, "6.6.6.6:5432", "65f0.78", 1, "auth",
           "2024-03-12 11:18:00 UTC", "3/4", 0, "FATAL", "28P01", message, "a\nb"]  # fmt: skip
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerow(row)
    text = out.getvalue().removeprefix('"').replace(' UTC","', ' UTC,"', 1)
    found = events("pgsql", *text[:-1].split("\n"), *text[:-1].split("\n"))
    assert [(event.user_name, event.src_ip) for event in found] == [(user, "6.6.6.6")] * 2


OPENVPN = "Feb  9 11:44:{:02d} gw openvpn[71]: {}"
PASSWORD = "6.6.6.6:1194 TLS: Username/Password authentication {} for username 'ada' [CN SET]"
INITIATED = "6.6.6.6:1194 [ada] Peer Connection Initiated with [AF_INET]6.6.6.6:1194"


@pytest.mark.parametrize(
    ("messages", "outcome"),
    [
        ((PASSWORD.format("succeeded"), INITIATED), "success"),
        ((INITIATED,), "success"),
        ((PASSWORD.format("deferred"), INITIATED), None),
        ((PASSWORD.format("deferred"), INITIATED, "ada/6.6.6.6:1194 MULTI_sva: pool returned IPv4="
          "10.8.0.6, IPv6=(Not enabled)"), "success"),
        ((PASSWORD.format("deferred"), INITIATED, "ada/6.6.6.6:1194 SENT CONTROL [ada]:"
          " 'AUTH_FAILED' (status=1)"), "failure"),
        (("6.6.6.6:1194 TLS Auth Error: Auth Username/Password verification failed for peer",
          INITIATED, "6.6.6.6:1194 SENT CONTROL [ada]: 'AUTH_FAILED' (status=1)"), "failure"),
    ],
)  # fmt: skip
def test_openvpn_is_believed_when_the_password_is_known(
    messages: Sequence[str], outcome: str | None
) -> None:
    """A connection is a success once its password is right, and one event whatever it says."""
    found = events("openvpn", *(OPENVPN.format(at, text) for at, text in enumerate(messages)))
    assert [str(event.outcome) for event in found] == ([] if outcome is None else [outcome])


def test_radius_tunnels_of_two_users_are_told_apart() -> None:
    """Each outer line gives its device to the login within its own tunnel."""
    line = "Tue Nov 24 14:07:20 2026 : Auth: ({}) Login OK: [{}/<via Auth-Type = eap>] (from client"
    found = events(
        "freeradius",
        line.format(5, "ada") + " w port 0 via TLS tunnel)",
        line.format(8, "bo") + " w port 0 via TLS tunnel)",
        line.format(9, "bo") + " w port 0 cli 02-00-00-00-00-02)",
        line.format(12, "anonymous") + " w port 0 cli 02-00-00-00-00-01)",
    )
    assert {event.user_id: event.device_id for event in found} == {
        "ada": "02-00-00-00-00-01",
        "bo": "02-00-00-00-00-02",
    }


def test_directory_binds_that_interleave_keep_their_addresses() -> None:
    """Connections are told apart by number, and an ACCEPT begins one anew."""
    head = "Jan  5 14:20:00 ldap1 slapd[812]: conn={} "
    accept = head + "fd=12 ACCEPT from IP={}:53922 (IP=0.0.0.0:389)"
    bind = head + 'op=0 BIND dn="uid={},dc=x" method=128'
    result = head + "op=0 RESULT tag=97 err={} text="
    found = events(
        "openldap",
        accept.format(1, "6.6.6.6"), accept.format(2, "7.7.7.7"), bind.format(1, "ada"),
        bind.format(2, "bo"), result.format(2, 49), result.format(1, 0),
        accept.format(1, "8.8.8.8"), bind.format(1, "eve"), result.format(1, 0),
    )  # fmt: skip
    assert [(event.user_name, event.src_ip, str(event.outcome)) for event in found] == [
        ("bo", "7.7.7.7", "failure"),
        ("ada", "6.6.6.6", "success"),
        ("eve", "8.8.8.8", "success"),
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("postfix_sasl", "May 11 04:04:{:02d} h postfix/smtpd[9]: 4XyZ12{:02d}k: client=a[6.6.6.6],"
         " sasl_method=PLAIN, sasl_username=ada"),
        ("exim", "2022-06-29 16:10:{:02d} 1o6Yfg-0004{:02d}-Bc <= a@b.org H=(pc) [6.6.6.6]:5"
         " P=esmtpsa A=plain:ada S=700"),
    ],
)  # fmt: skip
def test_a_mail_session_is_one_login(name: str, message: str) -> None:
    """However many messages a session brings, it is one login."""
    assert told(name, *(message.format(at, at) for at in range(9))) == [("ada", "success")]
