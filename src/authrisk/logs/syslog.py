"""Syslog headers: RFC 3164 with and without a year, RFC 3339 stamps, RFC 5424; the journal too."""

from __future__ import annotations

import re
from typing import NamedTuple

from authrisk.logs.journal import read_journal


class SyslogLine(NamedTuple):
    """The parts of one syslog line, as written."""

    stamp: str
    host: str
    tag: str | None
    """The program, without its process id; None where the line names none."""
    pid: str | None
    message: str


def split_syslog(text: str) -> SyslogLine | None:
    """The parts of the line, None when it has no syslog header.

    The header is read from the left end only: whatever a later part of the line looks like, it
    is message. A `<PRI>` may stand in front. Cost is linear in the header.

    >>> split_syslog("Feb  9 11:44:56 web1 sshd[71]: Connection closed")
    SyslogLine(stamp='Feb  9 11:44:56', host='web1', tag='sshd', pid='71', message='Connection closed')
    >>> split_syslog("<38>1 2022-01-19T14:23:58Z fw sshd 865 - - hello").tag
    'sshd'
    >>> split_syslog("Connection closed by 1.2.3.4") is None
    True
    """  # noqa: E501 - lines as the log has them
    match = _BSD.match(text)
    if match is not None:
        stamp, host, tag, pid = match.groups()
        return SyslogLine(stamp, host, tag, pid, text[match.end() :].strip())
    match = _RFC5424.match(text)
    if match is None:
        return None
    stamp, host, tag, pid = match.groups()
    message = text[match.end() :].removeprefix("\ufeff").strip()
    return SyslogLine(stamp, host, tag, None if pid == "-" else pid, message)


class LogEntry(NamedTuple):
    """One entry of a program's log, from a syslog file or from the journal as JSON."""

    stamp: str
    """As written; empty where `ns` says the time."""
    ns: int | None
    host: str
    tag: str | None
    pid: str | None
    message: str
    uid: str | None
    """Who wrote it, where the journal knows."""


def read_entry(text: str) -> LogEntry:
    """The entry of a syslog line or of a JSON line of `journalctl -o json`.

    Raises ValueError with the cause when it is neither.

    >>> read_entry("Feb  9 11:44:56 web1 login[71]: hello").tag
    'login'
    """
    if text.startswith("{"):
        entry = read_journal(text)
        return LogEntry("", entry.timestamp_ns, entry.host, entry.tag, entry.pid,
                        entry.message.strip(), entry.uid)  # fmt: skip
    parts = split_syslog(text)
    if parts is None:
        raise ValueError("no syslog header")
    return LogEntry(parts.stamp, None, parts.host, parts.tag, parts.pid, parts.message, None)


_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(?:[.,][0-9]+)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?"
_BSD = re.compile(
    r"(?:<[0-9]{1,3}>)?"
    r"([A-Z][a-z]{2} [ 0-9]?[0-9](?: [0-9]{4})? [0-9:]{8}(?:\.[0-9]+)?|" + _ISO + r") "
    r"(\S++) (?:\2 )?"  # some firewalls write their name twice
    r"(?:([^\s:\[]{1,128}+)(?:\[([0-9]{1,10})\])?:(?= |$))?"
)
_RFC5424 = re.compile(
    r"<[0-9]{1,3}>1 (" + _ISO + r") (\S++) (\S++) (\S++) \S++ "
    r'(?:-|(?:\[[^\]"]*+(?:"(?:[^"\\]|\\.)*+"[^\]"]*+)*+\])++)(?: |$)'
)
