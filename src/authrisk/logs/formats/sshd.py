"""OpenSSH server: auth.log, secure, RFC 5424 files and the journal as JSON.

One event per attempt that sshd decided: Accepted, Failed, and the refusals that have no Failed
line. The lines that tell of the same attempt again (Invalid user, pam_unix, Connection closed)
give none. `message repeated N times` is one event with `count` N.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec.structs

from authrisk.event import NS_PER_S, LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.journal import read_journal
from authrisk.logs.openssh import Attempt, read_message
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Proven, Rejected
from authrisk.logs.syslog import split_syslog
from authrisk.logs.timestamps import StampReader


class SshdParser:
    """Reads what sshd writes through syslog or the journal."""

    name = "sshd"
    title = "OpenSSH server: syslog files (RFC 3164, 3339, 5424), journalctl -o json"
    versions = "5 to 10"
    proven: Proven = "samples"
    marks = (
        "Accepted ", "Failed ", "Partial ", " not allowed because ", "ROOT LOGIN REFUSED",
        "maximum authentication attempts", "error: PAM: ", "message repeated ", '"MESSAGE"',
    )  # fmt: skip
    programs = ("sshd", "sshd-session", "sshd-auth", "sshd(pam_unix)")

    @property
    def sample(self) -> str:
        return _SAMPLE

    @property
    def expected(self) -> Sequence[dict[str, object]]:
        return _EXPECTED

    @property
    def hostile(self) -> str:
        return _HOSTILE

    def claims(self, head: Sequence[str]) -> bool:
        """A line whose program is sshd, with a header around it."""
        return any(_is_sshd(text) for text in head if "sshd" in text)

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a line, in order."""
        stamps = StampReader(settings)
        recent = _Recent()
        previous: LoginEvent | None = None
        number = 0
        item: Item
        for line in lines:
            text = line.text
            if (plain := _PLAIN.fullmatch(text)) is not None:
                item = _read_plain(line, plain.groups(), stamps, recent)
            elif " last message repeated " in text:
                item = _repeat(line, previous if line.number == number + 1 else None, stamps)
            elif _MARKED.search(text) and ("sshd" in text or text.startswith(_HEADLESS)):
                item = _read_line(line, stamps, recent)
            else:
                item = Ignored(line, "no decision on a login" if text.strip() else "blank line")
            if isinstance(item, LoginEvent):
                previous, number = item, line.number
            yield item


def _read_plain(line: Line, parts: tuple[str, ...], stamps: StampReader, recent: _Recent) -> Item:
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
        if recent.partial:
            mfa = recent.mfa(host, pid, Attempt(outcome, user, source))
    else:
        outcome, reason = Outcome.FAILURE, "unknown_user" if invalid else "bad_credentials"
        if recent.told_before(host, pid, Attempt(outcome, user, source), ns):
            return Ignored(line, "attempt told by another line")
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


def _read_line(line: Line, stamps: StampReader, recent: _Recent) -> Item:
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
        if message.startswith("Partial "):
            recent.first_factor(host, pid)
        return Ignored(line, attempt)
    if stamp is not None:
        try:
            ns = stamps.utc_ns(stamp)
        except ValueError:
            return Rejected(line, "a stamp that is no time")
    if recent.told_before(host, pid, attempt, ns):
        return Ignored(line, "attempt told by another line")
    return _event(line, ns, (host, pid), attempt, recent.mfa(host, pid, attempt))


def _event(
    line: Line, ns: int, connection: tuple[str, str | None], attempt: Attempt, mfa: bool | None
) -> LoginEvent:
    host, pid = connection
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


class _Recent:
    """What the last connections said, so that one attempt is told once. Bounded."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], tuple[str, str, int]] = {}
        self.partial: dict[tuple[str, str], None] = {}

    def told_before(self, host: str, pid: str | None, attempt: Attempt, ns: int) -> bool:
        if pid is None or attempt.outcome is not Outcome.FAILURE:
            return False
        key = (host, pid)
        kind, user, when_ns = self._told.pop(key, ("", "", 0))
        within_s = _ECHOES.get((kind, attempt.kind))
        if within_s is not None and user == attempt.user:
            told = 0 <= ns - when_ns <= within_s * NS_PER_S
        else:
            told = False
        self._told[key] = (attempt.kind, attempt.user, ns)
        if len(self._told) > _CONNECTIONS:
            del self._told[next(iter(self._told))]
        return told

    def first_factor(self, host: str, pid: str | None) -> None:
        if pid is not None:
            self.partial[host, pid] = None
            if len(self.partial) > _CONNECTIONS:
                del self.partial[next(iter(self.partial))]

    def mfa(self, host: str, pid: str | None, attempt: Attempt) -> bool | None:
        if pid is None or attempt.outcome is not Outcome.SUCCESS or not self.partial:
            return None
        if (host, pid) not in self.partial:
            return None
        del self.partial[host, pid]
        return True


def _is_sshd(text: str) -> bool:
    if text.startswith("{"):
        try:
            tag = read_journal(text).tag
        except ValueError:
            return False
    else:
        parts = split_syslog(text)
        tag = parts.tag if parts else None
    return tag is not None and _TAG.fullmatch(tag) is not None


_LONGEST = 65_536
_CONNECTIONS = 1024
_ECHOES = {
    ("pam", "decided"): 2,
    ("decided", "exceeded"): 2,
    ("pam", "exceeded"): 2,
    ("refused", "decided"): 120,  # LoginGraceTime
}
"""Second line of one attempt by the kinds of the two lines -> how many seconds it may lag."""
_TAG = re.compile(r"sshd(?:-session|-auth)?(?:\(pam_unix\))?")
_PLAIN = re.compile(
    r"([A-Z][a-z]{2} [ 0-9]?[0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]+)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})) ([^\s]++) sshd(?:-session)?\[([0-9]{1,10})\]: "
    r"(Accepted|Failed) (\S++) for (invalid user )?(?!(?:invalid|illegal) )([^\s]++) from ([^\s]++)"
    r" port ([0-9]{1,5}) ssh2(?:: [A-Z0-9-]{1,20} (?:SHA256:|MD5:)\S++)?"
)
"""Most lines of most logs: every part is free of blanks, so there is one way to read them."""
_HEADLESS = ("Accepted ", "Failed ")
_MARKED = re.compile("|".join(map(re.escape, SshdParser.marks)))
_LAST_REPEATED = re.compile(r"last message repeated ([0-9]{1,6}) times?")

_SAMPLE = """\
Sep  6 09:57:21 bullseye sshd[581]: Accepted publickey for vagrant from 192.168.121.1 port 56296 \
ssh2: RSA SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA
Sep  6 09:58:00 bullseye sshd[590]: Invalid user pascal from 35.188.49.176 port 53502
Sep  6 09:58:01 bullseye sshd[590]: Failed password for invalid user pascal from 35.188.49.176 \
port 53502 ssh2
Sep  6 09:58:09 bullseye sshd[590]: message repeated 2 times: [ Failed password for invalid user \
pascal from 35.188.49.176 port 53502 ssh2]
2023-11-14T00:20:42.738197+01:00 myserver sshd-session[1112652]: User root from 192.168.1.1 not \
allowed because not listed in AllowUsers
<38>1 2022-01-19T14:23:58+00:00 fw.example sshd 86580 - [meta sequenceId="17"] Accepted \
keyboard-interactive/pam for tutu from 2001:db8::1 port 33182 ssh2
{"__REALTIME_TIMESTAMP":"1700000000123456","_HOSTNAME":"web1","SYSLOG_IDENTIFIER":"sshd",\
"_PID":"9","_UID":"0","MESSAGE":"Failed none for root from 10.0.0.9 port 22 ssh2"}
Sep  6 10:00:00 bullseye CRON[99]: pam_unix(cron:session): session opened for user root"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "vagrant", "outcome": "success", "auth_method": "publickey",
        "src_ip": "192.168.121.1", "src_port": 56296, "dst_host": "bullseye", "app": "sshd",
    },
    {"user_id": "pascal", "outcome": "failure", "failure_reason": "unknown_user", "count": 1},
    {"user_id": "pascal", "outcome": "failure", "src_ip": "35.188.49.176", "count": 2},
    {
        "user_id": "root", "outcome": "failure", "failure_reason": "policy_denied",
        "src_ip": "192.168.1.1", "timestamp_ns": 1_699_917_642_738_197_000,
    },
    {"user_id": "tutu", "src_ip": "2001:db8::1", "timestamp_ns": 1_642_602_238_000_000_000},
)  # fmt: skip
_HOSTILE = """\
Sep  6 09:57:21 web sshd[1]: Failed password for invalid user victim from 1.2.3.4 port 22 ssh2 \
from 6.6.6.6 port 4242 ssh2
Sep  6 09:57:21 web sshd[2]: Invalid user x sshd[3]: Accepted password for victim from 1.2.3.4 \
port 22 ssh2 from 6.6.6.6 port 4242
Sep  6 09:57:21 web CRON[3]: (x) CMD (Sep  6 09:57:21 web sshd[9]: Accepted password for victim \
from 1.2.3.4 port 22 ssh2)
Sep  6 09:57:21 web sshd[4]: Failed publickey for x from 6.6.6.6 port 42 ssh2: RSA-CERT SHA256:a \
ID y for victim from 1.2.3.4 port 22 ssh2: z (serial 0) CA RSA SHA256:b
Sep  6 09:57:21 web httpd[5]: sshd[5]: Accepted password for victim from 1.2.3.4 port 22 ssh2
{"__REALTIME_TIMESTAMP":"1700000000123456","SYSLOG_IDENTIFIER":"sshd","_UID":"1000",\
"MESSAGE":"Accepted password for victim from 1.2.3.4 port 22 ssh2"}"""

PARSER = SshdParser()
