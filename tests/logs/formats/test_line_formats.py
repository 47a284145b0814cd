"""Formats of one line an attempt: whatever a visitor types, it names nobody else."""

from __future__ import annotations

import json
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.event import LoginEvent
from authrisk.logs.formats.pam import PARSER as PAM
from authrisk.logs.parser import Ignored, Rejected
from authrisk.testing.parser import parse_lines

LINES = {
    "dropbear": "Mar  1 10:00:00 r dropbear[8]: Bad password attempt for '{}' from 6.6.6.6:4",
    "vsftpd": 'Mon Jun 8 12:08:53 2020 [pid 27244] [{}] FAIL LOGIN: Client "6.6.6.6"',
    "proftpd": "Jan  7 18:26:52 h proftpd[80]: 10.0.0.1 (6.6.6.6[6.6.6.6]) - USER {} (Login"
    " failed): Incorrect password",
    "pure_ftpd": "Jan  7 14:19:31 h pure-ftpd: (?@6.6.6.6) [WARNING] Authentication failed for user"
    " [{}]",
    "proxmox": "Jan  4 17:34:01 h pvedaemon[36]: authentication failure; rhost=6.6.6.6 user={}@pam"
    " msg=no such user",
    "samba": r"Auth: [SMB2,(null)] user [W]\[{}] at [Thu, 14 Oct 2021 15:24:12.023984 UTC] with"
    " [NTLMv2] status [NT_STATUS_NO_SUCH_USER] workstation [M] remote host [ipv4:6.6.6.6:4]",
    "synology": "<14>Feb 09 20:54:00 n Connection: User [{}] from [6.6.6.6] failed to log in via"
    " [DSM] due to authorization failure.",
    "webmin": '1690466804.2.0 [27/Jul/2023 16:06:44] {} - 6.6.6.6 global miniserv.pl "failed" "-"'
    ' "nouser"',
    "krb5kdc": "Mar 01 10:00:04 k krb5kdc[12](info): AS_REQ (1 etypes {{18}}) 6.6.6.6:"
    " CLIENT_NOT_FOUND: {}@E for krbtgt/E@E, Client not found in Kerberos database",
    "homelab_apps": "2022-04-05 14:40:34,644 1 INFO odoo odoo.res_users: Login failed for db:odoo"
    " login:{} from 6.6.6.6",
    "pam": "Dec  7 15:00:00 w login[8]: pam_unix(login:auth): authentication failure; logname="
    " uid=0 euid=0 tty=tty1 ruser= rhost=6.6.6.6  user={}",
}  # fmt: skip
"""A line of each format that tells a refusal, with a place for what was typed as user."""

TYPED = st.one_of(
    st.text(st.characters(codec="utf-8", blacklist_categories=("Cc", "Zl", "Zp")), max_size=60),
    st.lists(
        st.sampled_from(
            ["victim", "root", "'", '"', "]", "[", " from 1.2.3.4:5", "@", "\\", " user=victim",
             " rhost=1.2.3.4", " msg=x", " for ", " (Login failed): ", "] OK LOGIN: Client ",
             ": Login successful.", " logged in successfully via [DSM].", " - 1.2.3.4 ", "(", ")"]
        )
    ).map("".join),
).filter(str.strip)  # fmt: skip


@pytest.mark.parametrize("name", LINES)
@given(typed=TYPED)
def test_what_is_typed_names_nobody_else(name: str, typed: str) -> None:
    """The event is a failure of exactly the name that was typed and the true address, or none."""
    parser = import_module(f"authrisk.logs.formats.{name}").PARSER
    (item,) = parse_lines(parser, LINES[name].format(typed))
    if isinstance(item, LoginEvent):
        assert item.src_ip == "6.6.6.6"
        assert item.outcome == "failure"
        assert item.user_name is not None and item.user_name.strip() == typed.strip()


@pytest.mark.parametrize("name", LINES)
def test_a_plain_name_is_read(name: str) -> None:
    """The lines above are lines of their formats."""
    parser = import_module(f"authrisk.logs.formats.{name}").PARSER
    (item,) = parse_lines(parser, LINES[name].format("ann"))
    assert isinstance(item, LoginEvent)
    assert (item.user_name, item.src_ip) == ("ann", "6.6.6.6")


def login(message: str, second: int = 0, pid: int = 8) -> str:
    return f"Dec  7 15:00:{second:02d} w login[{pid}]: {message}"


FAILED = (
    "pam_unix(login:auth): authentication failure; logname= uid=0 euid=0 tty=tty1 ruser= rhost="
)
OPENED = "pam_unix(login:session): session opened for user ann(uid=1000) by LOGIN(uid=0)"


def test_one_attempt_at_the_console_is_one_event() -> None:
    """PAM and login tell the same; what follows later or of another process is another attempt."""
    told = login("FAILED LOGIN (1) on '/dev/tty1' FOR 'ann', Authentication failure", 1)
    first, second = parse_lines(PAM, login(f"{FAILED}  user=ann"), told)
    assert isinstance(first, LoginEvent) and isinstance(second, Ignored)
    later = login("FAILED LOGIN (2) on '/dev/tty1' FOR 'ann', Authentication failure", 30)
    assert sum(isinstance(item, LoginEvent) for item in parse_lines(PAM, told, later)) == 2
    opened = parse_lines(PAM, login(OPENED), login("LOGIN ON tty1 BY ann"), login(OPENED, pid=9))
    assert [isinstance(item, LoginEvent) for item in opened] == [True, False, True]


def test_more_failures_are_counted() -> None:
    """`PAM 2 more authentication failures` stands for two attempts."""
    more = f"PAM 2 more authentication failures; {FAILED.partition('; ')[2]}  user=ann"
    first, second = parse_lines(PAM, login(f"{FAILED}  user=ann"), login(more))
    assert isinstance(first, LoginEvent) and isinstance(second, LoginEvent)
    assert (first.count, second.count) == (1, 2)


@pytest.mark.parametrize(
    "message",
    [
        "sudo: pam_unix(sudo:session): session opened for user root(uid=0) by ann(uid=1000)",
        "sudo: ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
        "su[9]: pam_unix(su-l:session): session opened for user root by ann(uid=1000)",
        "CRON[9]: pam_unix(cron:session): session opened for user root by (uid=0)",
        "systemd: pam_unix(systemd-user:session): session opened for user ann by (uid=0)",
        "gdm: pam_unix(gdm-launch-environment:session): session opened for user gdm by (uid=0)",
        "app[9]: pam_unix(unheard-of:session): session opened for user ann by (uid=0)",
        "login[9]: pam_unix(login:session): session closed for user ann",
        "sshd[9]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh"
        " ruser= rhost=1.2.3.4  user=ann",
    ],
)
def test_elevation_and_machinery_are_no_logins(message: str) -> None:
    """sudo, su, timers, greeters and what sshd tells itself are ignored, with a cause."""
    (item,) = parse_lines(PAM, f"Dec  7 15:00:00 w {message}")
    assert isinstance(item, Ignored) and item.cause


def test_of_the_journal_only_the_system_is_believed() -> None:
    """What a user wrote with `logger -t login` is no login."""
    entry = {"__REALTIME_TIMESTAMP": "1700000000123456", "SYSLOG_IDENTIFIER": "login", "_PID": "9"}
    for uid, kind in (("0", LoginEvent), ("1000", Ignored)):
        (item,) = parse_lines(PAM, json.dumps(entry | {"_UID": uid, "MESSAGE": OPENED}))
        assert isinstance(item, kind)
    (item,) = parse_lines(
        import_module("authrisk.logs.formats.dropbear").PARSER,
        json.dumps(entry | {"_UID": "1000", "SYSLOG_IDENTIFIER": "dropbear", "MESSAGE": "x"}),
    )
    assert isinstance(item, Rejected)
