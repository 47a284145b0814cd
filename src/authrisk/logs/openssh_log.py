"""A log of the OpenSSH server line by line: which lines decide an attempt, and each told once.

Two lines of one connection may tell of one attempt (PAM's refusal and sshd's own, a refusal and the
time-out after it), and a login of two factors says so a line earlier; so a reading remembers the
last connections.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec.structs

from authrisk.event import NS_PER_S, LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.journal import read_journal
from authrisk.logs.openssh import Attempt, read_message
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.syslog import split_syslog
from authrisk.logs.timestamps import StampReader

MARKS = (
    "Accepted ", "Failed ", "Partial ", " not allowed because ", "ROOT LOGIN REFUSED",
    "maximum authentication attempts", "error: PAM: ", "message repeated ", '"MESSAGE"',
)  # fmt: skip
"""Every line that matters has one of these."""

TOLD = "attempt told by another line"


class SshdReading:
    """Reads the lines of one log, in their order."""

    def __init__(self, settings: ParseSettings) -> None:
        self.stamps = StampReader(settings)
        self.recent = Recent()
        self._previous: LoginEvent | None = None
        self._number = 0

    def item(self, line: Line) -> Item:
        """What a line says."""
        text = line.text
        item: Item
        if (plain := _PLAIN.fullmatch(text)) is not None:
            item = _read_plain(line, plain.groups(), self.stamps, self.recent)
        elif " last message repeated " in text:
            previous = self._previous if line.number == self._number + 1 else None
            item = _repeat(line, previous, self.stamps)
        elif _MARKED.search(text) and ("sshd" in text or text.startswith(_HEADLESS)):
            item = _read_line(line, self.stamps, self.recent)
        else:
            item = Ignored(line, "no decision on a login" if text.strip() else "blank line")
        if isinstance(item, LoginEvent):
            self.follows(item, line.number)
        return item

    def follows(self, event: LoginEvent, number: int) -> None:
        """The line of that number gave that event: the next one may say that it came again."""
        self._previous, self._number = event, number


class Recent:
    """What the last connections said, so that one attempt is told once. Bounded.

    Connections are host and process id.
    """

    def __init__(self) -> None:
        self._told: dict[Connection, tuple[str, str, int]] = {}
        self._partial: dict[Connection, None] = {}
        self._awaited = 0
        """How many of `_told` a later decision may tell again."""

    @property
    def waits(self) -> bool:
        """Whether anything was said that changes how a decision is taken."""
        return bool(self._partial) or self._awaited > 0

    def failed_before(self, connection: Connection, kind: str, user: str, ns: int) -> bool:
        """Whether a failure was told by another line; it is remembered either way."""
        told = self._told
        before = told.pop(connection, _NOTHING)
        told[connection] = (kind, user, ns)
        gone = before
        if len(told) > CONNECTIONS:
            gone = told.pop(next(iter(told)))
        self._awaited += (kind in _AWAITED) - (gone[0] in _AWAITED)
        within_s = _ECHOES.get((before[0], kind))
        if within_s is None or before[1] != user:
            return False
        return 0 <= ns - before[2] <= within_s * NS_PER_S

    def failed(self, latest_first: Iterable[tuple[str, str, str, int]]) -> None:
        """Remember many decided failures (host, process id, user, time), while nothing `waits`.

        Of the iterable only as many are taken as have room.
        """
        last: dict[Connection, tuple[str, str, int]] = {}
        for host, pid, user, ns in latest_first:
            if (host, pid) not in last:
                last[host, pid] = ("decided", user, ns)
                if len(last) >= CONNECTIONS:
                    break
        for connection, said in reversed(last.items()):
            self._told.pop(connection, None)
            self._told[connection] = said
        while len(self._told) > CONNECTIONS:
            del self._told[next(iter(self._told))]

    def first_factor(self, connection: Connection) -> None:
        """A connection passed its first factor."""
        self._partial[connection] = None
        if len(self._partial) > CONNECTIONS:
            del self._partial[next(iter(self._partial))]

    def second_factor(self, connection: Connection) -> bool | None:
        """Whether an acceptance is that of a second factor; None when nothing says so."""
        if connection not in self._partial:
            return None
        del self._partial[connection]
        return True


Connection = tuple[str, str]


def _read_plain(line: Line, parts: tuple[str, ...], stamps: StampReader, recent: Recent) -> Item:
    """What `_read_line` gives for a line of `_PLAIN`, in a third of the time."""
    stamp, host, pid, verb, method, invalid, user, source, port = parts
    if method == "none":
        return Ignored(line, "probe without a method")
    try:
        ns = stamps.utc_ns(stamp)
    except ValueError:
        return Rejected(line, "a stamp that is no time")
    mfa = None
    if verb == "Accepted":
        outcome, reason = Outcome.SUCCESS, None
        mfa = recent.second_factor((host, pid))
    else:
        outcome, reason = Outcome.FAILURE, "unknown_user" if invalid else "bad_credentials"
        if recent.failed_before((host, pid), "decided", user, ns):
            return Ignored(line, TOLD)
    ip, name, _ = read_origin(source)
    number = int(port)
    return LoginEvent(
        event_id=f"{line.file}:{line.number}",
        timestamp_ns=ns,
        user_id=user,
        user_name=user,
        outcome=outcome,
        failure_reason=reason,
        src_ip=ip,
        src_host=name,
        src_port=number if number < 65_536 else None,
        auth_method=method,
        mfa=mfa,
        app="sshd",
        dst_host=host,
        correlation_id=f"{host}/{pid}",
        source_type="sshd",
    )


def _read_line(line: Line, stamps: StampReader, recent: Recent) -> Item:
    text = line.text
    if len(text) > _LONGEST:
        return Rejected(line, "longer than any line of sshd")
    stamp: str | None
    if text.startswith("{"):
        try:
            entry = read_journal(text)
        except ValueError as error:
            return Rejected(line, str(error))
        stamp, ns = None, entry.timestamp_ns
        host, tag, pid, message = entry.host, entry.tag, entry.pid, entry.message.strip()
        if tag is not None and _TAG.fullmatch(tag) and entry.uid not in {"0", None}:
            return Rejected(line, "journal entry of sshd that root did not write")
    else:
        parts = split_syslog(text)
        if parts is None:
            return Rejected(line, "no syslog header")
        stamp, host, tag, pid, message = parts
        ns = 0
    if tag is None or not _TAG.fullmatch(tag):
        return Ignored(line, "another program")
    try:
        attempt = read_message(message)
    except ValueError as error:
        return Rejected(line, str(error))
    if isinstance(attempt, str):
        if pid is not None and message.startswith("Partial "):
            recent.first_factor((host, pid))
        return Ignored(line, attempt)
    if stamp is not None:
        try:
            ns = stamps.utc_ns(stamp)
        except ValueError:
            return Rejected(line, "a stamp that is no time")
    mfa = None
    if pid is not None and attempt.outcome is Outcome.SUCCESS:
        mfa = recent.second_factor((host, pid))
    elif pid is not None and recent.failed_before((host, pid), attempt.kind, attempt.user, ns):
        return Ignored(line, TOLD)
    return _event(line, ns, host, pid, attempt, mfa)


def _event(
    line: Line, ns: int, host: str, pid: str | None, attempt: Attempt, mfa: bool | None
) -> LoginEvent:
    origin = read_origin(attempt.source)
    port = int(attempt.port) if attempt.port else origin.port
    user = attempt.user or None
    return LoginEvent(
        event_id=line.place,
        timestamp_ns=ns,
        user_id=user,
        user_name=user,
        outcome=attempt.outcome,
        failure_reason=attempt.reason,
        src_ip=origin.ip,
        src_host=origin.host,
        src_port=port if port is not None and port < 65_536 else None,
        auth_method=attempt.method,
        mfa=mfa,
        app="sshd",
        dst_host=host or None,
        correlation_id=f"{host}/{pid}" if pid else None,
        source_type="sshd",
        count=attempt.times,
    )


def _repeat(line: Line, previous: LoginEvent | None, stamps: StampReader) -> Item:
    parts = split_syslog(line.text)
    match = _LAST_REPEATED.fullmatch(parts.message) if parts and parts.tag is None else None
    if parts is None or match is None or previous is None or previous.dst_host != parts.host:
        return Ignored(line, "another program")
    try:
        ns = stamps.utc_ns(parts.stamp)
    except ValueError:
        return Rejected(line, "a stamp that is no time")
    return msgspec.structs.replace(
        previous, event_id=line.place, timestamp_ns=ns, count=max(1, int(match[1]))
    )


_LONGEST = 65_536
CONNECTIONS = 1024
_ECHOES = {
    ("pam", "decided"): 2,
    ("decided", "exceeded"): 2,
    ("pam", "exceeded"): 2,
    ("refused", "decided"): 120,  # LoginGraceTime
}
"""Second line of one attempt by the kinds of the two lines -> how many seconds it may lag."""
_AWAITED = frozenset(first for first, second in _ECHOES if second == "decided")
_NOTHING = ("", "", 0)
_TAG = re.compile(r"sshd(?:-session|-auth)?(?:\(pam_unix\))?")
_PLAIN = re.compile(
    r"([A-Z][a-z]{2} [ 0-9]?[0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]+)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})) ([^\s]++) sshd(?:-session)?\[([0-9]{1,10})\]: "
    r"(Accepted|Failed) (\S++) for (invalid user )?(?!(?:invalid|illegal) )([^\s]++) from ([^\s]++)"
    r" port ([0-9]{1,5}) ssh2(?:: [A-Z0-9-]{1,20} (?:SHA256:|MD5:)\S++)?"
)
"""Most lines of most logs: every part is free of blanks, so there is one way to read them."""
_HEADLESS = ("Accepted ", "Failed ")
_MARKED = re.compile("|".join(map(re.escape, MARKS)))
_LAST_REPEATED = re.compile(r"last message repeated ([0-9]{1,6}) times?")
