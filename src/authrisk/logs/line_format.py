"""Formats in which one line tells one attempt: a grammar is one function, the rest is here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import port_of, read_origin
from authrisk.logs.format_facts import FormatFacts
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.syslog import LogEntry, read_entry
from authrisk.logs.timestamps import StampReader


class LineLogin(NamedTuple):
    """What one line says about one attempt. Absent is None."""

    when: str | int
    """The stamp as `StampReader` takes it, or nanoseconds since 1970."""
    user: str | None
    outcome: Outcome
    reason: str | None = None
    code: str | None = None
    source: str = ""
    """Address or host name of the client as written."""
    port: str | None = None
    name: str | None = None
    """The user's name where `user` holds more: its domain, its realm."""
    domain: str | None = None
    account_kind: str | None = None
    method: str | None = None
    protocol: str | None = None
    mfa: bool | None = None
    app: str | None = None
    user_agent: str | None = None
    logon_type: str | None = None
    dst_host: str | None = None
    correlation: str | None = None
    times: int = 1
    src_host: str | None = None
    raw_id: str | None = None


Said = LineLogin | str | None
"""An attempt; why a line of this format is none; None for a line of another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFormat(FormatFacts):
    """A parser made of a function that reads one line; it keeps no state between lines.

    `read` raises ValueError with a cause for a line of its own that cannot be read.
    """

    read: Callable[[str], Said]

    def claims(self, head: Sequence[str]) -> bool:
        """Whether a line is of this format."""
        return any(self._mine(text) for text in head if text.strip())

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a line, in order."""
        stamps = StampReader(settings)
        for line in lines:
            yield self._item(line, stamps)

    def _mine(self, text: str) -> bool:
        try:
            return len(text) <= LONGEST and self.read(text) is not None
        except ValueError:
            return False

    def _item(self, line: Line, stamps: StampReader) -> Item:
        if not line.text.strip():
            return Ignored(line, "blank line")
        if len(line.text) > LONGEST:
            return Rejected(line, "longer than any line of this format")
        try:
            said = self.read(line.text)
            if said is None:
                return Ignored(line, "another program or message")
            if isinstance(said, str):
                return Ignored(line, said)
            ns = said.when if isinstance(said.when, int) else stamps.utc_ns(said.when)
        except ValueError as error:
            return Rejected(line, str(error))
        return login_event(self.name, line, ns, said)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonFormat(LineFormat):
    """One of a daemon whose lines stand in shared syslog files, under these tags."""

    programs: Sequence[str]


def login_event(source_type: str, line: Line, ns: int, said: LineLogin) -> LoginEvent:
    """The event of an attempt, its id the place of its line."""
    origin = read_origin(said.source)
    return LoginEvent(
        event_id=line.place,
        timestamp_ns=ns,
        user_id=said.user or None,
        user_name=said.name or said.user or None,
        user_domain=said.domain or None,
        account_kind=said.account_kind,
        outcome=said.outcome,
        failure_reason=said.reason,
        failure_code=said.code or None,
        src_ip=origin.ip,
        src_port=port_of(said.port) or origin.port,
        src_host=said.src_host or origin.host,
        user_agent=said.user_agent or None,
        auth_method=said.method,
        auth_protocol=said.protocol,
        mfa=said.mfa,
        logon_type=said.logon_type,
        app=said.app,
        dst_host=said.dst_host or None,
        correlation_id=said.correlation,
        source_type=source_type,
        raw_event_id=said.raw_id,
        count=said.times,
    )


def entry_of(text: str, tag_prefix: str) -> LogEntry | None:
    """The syslog or journal entry of a program whose tag begins so; None for other lines.

    Raises ValueError for an entry of the journal that root or a system account did not write:
    `logger -t` lets any user sign as any program.
    """
    if tag_prefix not in text:
        return None
    try:
        entry = read_entry(text)
    except ValueError:
        return None
    if entry.tag is None or not entry.tag.startswith(tag_prefix):
        return None
    if entry.uid is not None and not (entry.uid.isdigit() and int(entry.uid[:9]) < _FIRST_USER):
        raise ValueError("journal entry that no system account wrote")
    return entry


def when_of(entry: LogEntry) -> str | int:
    """The time of an entry as `LineLogin.when` takes it."""
    return entry.stamp if entry.ns is None else entry.ns


LONGEST = 65_536
"""Characters of a line; longer ones are rejected unread."""
_FIRST_USER = 1000
"""Accounts of people begin here (login.defs, UID_MIN)."""
