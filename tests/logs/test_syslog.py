"""Syslog headers are read from the left end, in every spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.logs.syslog import SyslogLine, split_syslog


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Feb  9 11:44:56 web sshd[71]: hi", ("Feb  9 11:44:56", "web", "sshd", "71", "hi")),
        ("<38>Feb 19 11:44:56 web sshd: hi", ("Feb 19 11:44:56", "web", "sshd", None, "hi")),
        ("Feb  9 2024 11:44:56 web sshd[71]: hi",
         ("Feb  9 2024 11:44:56", "web", "sshd", "71", "hi")),
        ("Jun 27 09:02:22 udm udm sshd[4]: hi", ("Jun 27 09:02:22", "udm", "sshd", "4", "hi")),
        ("2026-05-17T18:00:01.000000+00:00 web sshd-session[7]: hi",
         ("2026-05-17T18:00:01.000000+00:00", "web", "sshd-session", "7", "hi")),
        ('<38>1 2022-01-19T14:23:58Z fw sshd 86580 - [meta q="\\"]]" x="y"][b] \ufeffhi',
         ("2022-01-19T14:23:58Z", "fw", "sshd", "86580", "hi")),
        ("<38>1 2022-01-19T14:23:58Z fw sshd - - - hi",
         ("2022-01-19T14:23:58Z", "fw", "sshd", None, "hi")),
        ("Feb  9 11:44:56 web last message repeated 3 times",
         ("Feb  9 11:44:56", "web", None, None, "last message repeated 3 times")),
        ("Mar 11 19:26:39 mac sshd(pam_unix)[3]:  hi",
         ("Mar 11 19:26:39", "mac", "sshd(pam_unix)", "3", "hi")),
    ],
)  # fmt: skip
def test_every_spelling_of_the_header(text: str, expected: tuple[str | None, ...]) -> None:
    """Each known header gives its five parts."""
    assert split_syslog(text) == SyslogLine(*expected)


@given(message=st.text(st.characters(blacklist_characters="\n"), max_size=120))
def test_a_message_is_no_header(message: str) -> None:
    """What follows the program's name is message, whatever it looks like."""
    for fake in (message, "Feb  9 11:44:56 web sshd[71]: " + message):
        parts = split_syslog("Jan  1 00:00:00 web cron[1]: " + fake)
        assert parts is not None
        assert (parts.tag, parts.message) == ("cron", fake.strip())


@pytest.mark.parametrize("text", ["", "hello", "sshd[1]: hi", "<38>", "Feb  9 11:44:56", "{}"])
def test_no_header(text: str) -> None:
    """A line without a header has none."""
    assert split_syslog(text) is None
