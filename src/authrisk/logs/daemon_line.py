"""What a daemon logged, out of a syslog file or the journal as JSON."""

from __future__ import annotations

import re
from typing import NamedTuple

from authrisk.logs.journal import read_journal
from authrisk.logs.syslog import split_syslog
from authrisk.logs.timestamps import StampReader


class DaemonLine(NamedTuple):
    """One message with what syslog or journald says about it."""

    stamp: str | int
    """As written, or nanoseconds since the epoch where the journal says them."""
    host: str | None
    tag: str
    """The program, without its process id; empty where the line names none."""
    pid: str | None
    message: str

    def time_ns(self, stamps: StampReader) -> int:
        """Nanoseconds since the epoch; raises ValueError when the stamp is no time."""
        return self.stamp if isinstance(self.stamp, int) else stamps.utc_ns(self.stamp)


def read_daemon_line(text: str) -> DaemonLine | None:
    """The message of a line, None when it has no syslog header.

    Raises ValueError when it is a damaged journal entry, or one that a user's own process wrote:
    anyone may call `logger -t dovecot`, but journald tells the sender's unit.

    >>> read_daemon_line("Feb  9 11:44:56 mx dovecot[71]: hello")
    DaemonLine(stamp='Feb  9 11:44:56', host='mx', tag='dovecot', pid='71', message='hello')
    """
    if text.startswith("{"):
        entry = read_journal(text)
        unit = entry.unit
        if unit is None:
            trusted = entry.uid in {None, "0"}
        else:
            trusted = not unit.startswith(("session-", "user@"))
        if not trusted:
            raise ValueError("journal entry that no service wrote")
        message = entry.message.strip()
        return DaemonLine(
            entry.timestamp_ns, entry.host or None, entry.tag or "", entry.pid, message
        )
    parts = split_syslog(text)
    if parts is None:
        return None
    host = None if parts.host == "-" else parts.host
    return DaemonLine(parts.stamp, host, parts.tag or "", parts.pid, parts.message)


def tag_of(text: str) -> str:
    """The program whose message a line is; empty where none is named or it cannot be believed.

    >>> tag_of("Feb  9 11:44:56 mx dovecot[71]: hello"), tag_of("hello")
    ('dovecot', '')
    """
    try:
        daemon = read_daemon_line(text)
    except ValueError:
        return ""
    return "" if daemon is None else daemon.tag


def without_header(text: str) -> str:
    """What stands behind a syslog header, or the whole line without its priority.

    For records of appliances that collectors write with a header or without one: whatever else a
    line holds, such a record begins where this begins.

    >>> without_header("<189>date=2024-10-14")
    'date=2024-10-14'
    >>> without_header("Feb  9 11:44:56 fw1 date=2024-10-14")
    'date=2024-10-14'
    """
    parts = split_syslog(text)
    return parts.message if parts is not None else _PRIORITY.sub("", text, count=1)


_PRIORITY = re.compile(r"\A<[0-9]{1,3}>")
