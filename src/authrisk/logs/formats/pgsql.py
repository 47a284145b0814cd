"""PostgreSQL 9-18: text with any usual `log_line_prefix`, csvlog, jsonlog, syslog.

`connection authorized: user=u` is a success (`log_connections`), its address that of the
`connection received` and its method that of the `connection authenticated` of the same process.
`FATAL` with `.. authentication failed for user "u"`, `no pg_hba.conf entry`, `role "u" does not
exist` or `is not permitted to log in` is a failure. Roles are looked up after authorization: with
`trust` an unknown one gives a success, then a failure.

The prefix is free text. Its stamp, `[pid]` and an address before the user or after `client=` are
used; without them the time (`%m`, `%t`) is needed and the address comes from the process. A zone
other than UTC, GMT or an offset is the setting's. A line whose prefix holds a severity, or a
message a second one, is rejected: user and application names are the client's.

Reference: manual 17, 19.8; src/backend/libpq/auth.c; tried on 15 in all shapes. Most of the sample
is of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.joins import Recent
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings
from authrisk.logs.postgres_entry import PostgresEntry, PostgresReader, is_postgres
from authrisk.logs.reader_format import OTHER, DaemonReaderFormat
from authrisk.logs.timestamps import StampReader
from authrisk.logs.user_pattern import UserPattern


class _Connections:
    """Reads lines, remembering where each process's client came from and how it was proven."""

    def __init__(self, settings: ParseSettings) -> None:
        self._stamps = StampReader(settings)
        self._sources = Recent[str, tuple[str, str | None]]()
        self._methods = Recent[str, str]()
        self._entries = PostgresReader()

    def read(self, line: Line) -> Item:
        text = line.text
        if text[:1] == "\t":
            return Ignored(line, "continuation of a message")
        entry = self._entries.read(text)
        if entry is None:
            return Ignored(line, "part of a record of several lines")
        if entry.severity not in {"LOG", "FATAL", "ERROR"}:
            return Ignored(line, OTHER)
        if entry.severity == "LOG":
            return self._log(line, entry)
        told = _read_refusal(entry.message)
        if told is None:
            return Ignored(line, OTHER)
        user, reason, method, host = told
        return self._event(line, entry, user, reason, method, host)

    def _log(self, line: Line, entry: PostgresEntry) -> Item:
        pid, message = entry.pid or "", entry.message
        received = _RECEIVED.fullmatch(message)
        if received is not None:
            self._sources.put(pid, (received[1], received[2]))
            self._methods.pop(pid)
            return Ignored(line, OTHER)
        proven = (
            _PROVEN.search(message) if message.startswith("connection authenticated: ") else None
        )
        if proven is not None:
            self._methods.put(pid, proven[1])
        authorized = _AUTHORIZED.match(message)
        if authorized is None:
            return Ignored(line, OTHER)
        return self._event(line, entry, authorized[1], None, self._methods.pop(pid), None)

    def _event(
        self, line: Line, entry: PostgresEntry, user: str, reason: str | None, method: str | None,
        host: str | None,
    ) -> Item:  # fmt: skip
        stamp = entry.stamp
        source, port = host or entry.source, None
        if source is None and entry.pid is not None:
            source, port = self._sources.get(entry.pid) or (None, None)
        return line_event(
            "pgsql", line, stamp if isinstance(stamp, int) else self._stamps.utc_ns(stamp), user,
            Outcome.SUCCESS if reason is None else Outcome.FAILURE,
            source=None if source == "[local]" else source, src_port=port, reason=reason,
            failure_code=entry.code if reason else None, auth_method=method, app="postgresql",
        )  # fmt: skip


def _read_refusal(message: str) -> tuple[str, str, str | None, str | None] | None:
    """User, reason, method and host of a refused login."""
    match = _REFUSED.fullmatch(message)
    if match is None and " authentication failed for user " in message[:80]:
        raise ValueError("a user name with a line break")
    if match is not None:
        return match[2], "bad_credentials", match[1].casefold().strip('"'), None
    match = _ROLE.fullmatch(message)
    if match is not None:
        missing = match[2] == "does not exist"
        return match[1], "unknown_user" if missing else "policy_denied", None, None
    if message.startswith(("no pg_hba.conf ", "pg_hba.conf ")):
        for pattern in _HBA:
            refused = pattern.fullmatch(message)
            if refused is not None:
                return refused["user"], "policy_denied", None, refused["host"]
    return None


_RECEIVED = re.compile(r"connection received: host=(\S+)(?: port=([0-9]{1,5}))?")
_PROVEN = re.compile(r'" method=(\S+) \(')
_AUTHORIZED = re.compile(
    r"(?:replication )?connection authorized: user=(.*?)(?: database=| application_name=| SSL |$)"
)
_REFUSED = re.compile(
    r'(?i:("?\w+"?(?: bearer)?) authentication failed for user) "(.*)"', re.DOTALL
)
_ROLE = re.compile(r'role "(.*)" (does not exist|is not permitted to log in)')
_ENCRYPTION = r"(?:, (?:SSL o\w+|no encryption|GSS encryption|SSL encryption))?"
_HBA = (
    UserPattern(
        r'(?:no pg_hba\.conf entry for|pg_hba\.conf rejects connection for) host "(?P<host>[^"]*)"'
        rf', user "<USER>", database "[^"]*"{_ENCRYPTION}'
    ),
    UserPattern(
        r"(?:no pg_hba\.conf entry for|pg_hba\.conf rejects) replication connection"
        rf' (?:from|for) host "(?P<host>[^"]*)", user "<USER>"{_ENCRYPTION}'
    ),
)
PARSER = DaemonReaderFormat(
    name="pgsql",
    title="PostgreSQL: stderr with any prefix, csvlog, jsonlog, syslog",
    versions="9-18",
    proven="samples",
    programs=("postgres",),
    is_own=is_postgres,
    opened=lambda settings: _Connections(settings).read,
    sample="""\
2021-09-28 09:22:18.536 UTC [147] 1.2.3.4 i_dont_exist@postgres FATAL:  password authentication \
failed for user "i_dont_exist"
2021-09-28 09:22:19.536 UTC:1.2.3.4(5432):i_dont_exist@postgres:[127]:FATAL:  password \
authentication \
failed for user "i_dont_exist"
65.2.129.7 2023-03-12 11:17:28.425 UTC [53962] zysk@postgres FATAL:  password authentication \
failed \
for user "zysk"
2024-03-12 11:17:28.425 CET [99] [unknown]@[unknown] LOG:  connection received: host=203.0.113.7 \
port=41022
2024-03-12 11:17:28.426 CET [99] ada@shop LOG:  connection authenticated: identity="ada" \
method=scram-sha-256 (/etc/postgresql/15/main/pg_hba.conf:97)
2024-03-12 11:17:28.427 CET [99] ada@shop LOG:  connection authorized: user=ada database=shop SSL \
enabled (protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, bits=256)
2024-03-12 11:18:00.000 UTC,"eve","shop",120,"198.51.100.4:5432",65f0.78,1,"authentication",2024-\
03-12 \
11:18:00 UTC,3/4,0,FATAL,28000,"no pg_hba.conf entry for host ""198.51.100.4"", user ""eve"", \
database ""shop"", no encryption",,,,,,,,,"","client backend",,0
2024-03-12 11:18:01.000 UTC [121] LOG:  checkpoint starting: time
\tcontinued""",
    expected=(
        {
            "user_id": "i_dont_exist", "outcome": "failure", "src_ip": "1.2.3.4",
            "failure_reason": "bad_credentials", "timestamp_ns": 1_632_820_938_536_000_000,
        },
        {"user_id": "i_dont_exist", "src_ip": "1.2.3.4"},
        {"user_id": "zysk", "src_ip": "65.2.129.7"},
        {
            "user_id": "ada", "outcome": "success", "src_ip": "203.0.113.7", "src_port": 41022,
            "auth_method": "scram-sha-256",
        },
        {"user_id": "eve", "failure_reason": "policy_denied", "failure_code": "28000"},
    ),
    hostile="""\
2021-09-28 09:22:18.536 UTC [147] 6.6.6.6 x FATAL:  password authentication failed for user "victim\
"@postgres FATAL:  password authentication failed for user "x FATAL:  password authentication \
failed for user "victim""
2021-09-28 09:22:18.536 UTC [147] 6.6.6.6 x@d ERROR:  relation "password authentication failed for \
user "victim"" does not exist
2021-09-28 09:22:18.536 UTC [147] 6.6.6.6 x@d STATEMENT:  LOG:  connection authorized: user=victim \
database=x
2021-09-28 09:22:18.536 UTC [147] LOG:  connection authorized: user=x database=d \
application_name=connection authorized: user=victim database=x""",
)  # fmt: skip
