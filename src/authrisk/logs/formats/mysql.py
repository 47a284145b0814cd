"""MySQL 5.5-9 and MariaDB 5.5-11: the error log's refusals, the general log's connections.

Error log: `Access denied for user 'u'@'203.0.113.7' (using password: YES)` is a failure, whatever
stands before it: `2020-04-16T05:13:40.861934Z 344 [Note] `, `2021-11-09  5:13:12 8 [Warning] `
(MariaDB), `221128 14:49:17 [Warning] ` (5.5). A refused database (`to database 'd'`) is no refused
login.

General log: `7 Connect u@host on db using TCP/IP` says that a client came; MariaDB writes it before
it knows the password. So a success is told by the next command of that connection, unless it is
`Connect Access denied ..`. MariaDB writes the time once a second; lines without one are of the
time before. A user who is let in can write lines of any kind there, by SQL with line breaks.

Both logs hold names raw, line breaks included: what follows a line that began a name and did not
end it is rejected, as far as a name can reach. Stamps without Z are local time.

Reference: MySQL 8.4 manual, 7.4.2 and 7.4.3; tried on MariaDB 10.11. The first four lines of the
sample are of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.joins import Recent
from authrisk.logs.line_event import line_event
from authrisk.logs.name_break import NameBreak
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, ReaderFormat
from authrisk.logs.timestamps import StampReader
from authrisk.logs.user_pattern import UserPattern


class _Connections:
    """Reads lines, remembering who connected and was not let in or refused yet."""

    def __init__(self, settings: ParseSettings) -> None:
        self._stamps = StampReader(settings)
        self._open = Recent[str, LoginEvent]()
        self._rest_of_name = NameBreak(_LONGEST_NAME)
        self._now_ns: int | None = None

    def read(self, line: Line) -> Item:
        if self._rest_of_name.covers(line.text):
            return Rejected(line, "may be part of a user name with line breaks")
        header = _HEADER.match(line.text)
        if header is not None:
            self._now_ns = self._stamps.utc_ns(_stamp(header))
        else:
            header = _CONTINUED.match(line.text)
        if header is None:
            return Ignored(line, OTHER)
        number, message = header["id"] or "", line.text[header.end() :]
        command = _COMMAND.match(message)
        if command is not None:
            message = message[command.end() :]
        if message.startswith("Access denied ") and (command is None or command[1] == "Connect"):
            return self._denied(line, number, message)
        if command is None:
            return Ignored(line, OTHER)
        if command[1] == "Connect":
            return self._connected(line, number, message)
        event = self._open.pop(number)
        return event if event is not None else Ignored(line, OTHER)

    def _denied(self, line: Line, number: str, message: str) -> Item:
        self._open.pop(number)
        match = _DENIED.fullmatch(message)
        if match is None:
            if _of_something_else(message):
                return Ignored(line, OTHER)
            self._rest_of_name.begin()
            return Rejected(line, "a user name with a line break")
        return self._event(line, match["user"], match["source"], Outcome.FAILURE)

    def _connected(self, line: Line, number: str, message: str) -> Item:
        match = _CONNECTED.fullmatch(message)
        if match is None:
            self._rest_of_name.begin()
            return Rejected(line, "a user name with a line break")
        self._open.put(number, self._event(line, match["user"], match["source"], Outcome.SUCCESS))
        return Ignored(line, "told by the next command of the connection")

    def _event(self, line: Line, user: str, source: str, outcome: Outcome) -> LoginEvent:
        if self._now_ns is None:
            raise ValueError("no time before the first line with one")
        return line_event(
            "mysql", line, self._now_ns, user, outcome,
            source=source, reason="bad_credentials" if outcome is Outcome.FAILURE else None,
            auth_method="password", app="mysql",
        )  # fmt: skip


def _of_something_else(denial: str) -> bool:
    """Whether it is no account that was denied: a known user's database, a privilege."""
    database = _NO_DATABASE.match(denial)
    if database is None:
        return denial.startswith("Access denied; ")
    return denial.endswith("'") and len(denial) > database.end()


def _stamp(header: re.Match[str]) -> str:
    """RFC 3339 of the three spellings."""
    day, hour, rest = header["day"], header["hour"], header["rest"]
    if "-" not in day:
        day = f"20{day[:2]}-{day[2:4]}-{day[4:]}"
    return f"{day} {hour.strip():0>2}{rest}"


_LONGEST_NAME = 400
"""Characters; MariaDB cuts names at 80, of up to 3 bytes."""
_WORDS = (
    "(?:Connect|Query|Quit|Init DB|Prepare|Execute|Close stmt|Reset stmt|Reset connection"
    "|Field List|Ping|Statistics|Change user|Shutdown|Refresh|Processlist|Kill|Binlog Dump"
    "|Set option|Sleep)"
)
_HEADER = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{6})[T ](?P<hour>[ 0-9]?[0-9])"
    r"(?P<rest>:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)"
    r"(?:\s+(?P<id>[0-9]{1,20}))?\s+"
    r"(?:\[(?:Warning|Note|ERROR|System|Error)\] (?:\[MY-[0-9]+\] \[\w+\] )?"
    rf"|(?={_WORDS}(?:\t| {{2}})))"
)
_CONTINUED = re.compile(rf"\t\t *(?P<id>[0-9]{{1,20}}) (?={_WORDS}\t)")
_COMMAND = re.compile(rf"({_WORDS})(?:\t| {{2,}})")
_DENIED = UserPattern(
    r"Access denied for user '<USER>'@'(?P<source>[^' ]*)'(?: \(using password: (?:YES|NO)\))?"
)
_NO_DATABASE = re.compile(r"Access denied for user '.*?'@'[^' ]*' to database '")
_CONNECTED = re.compile(
    r"(?P<user>.*)@(?P<source>[^@\s]*) (?:as \S* )?on \S* using [A-Za-z/ ]{2,20}"
)

PARSER = ReaderFormat(
    name="mysql",
    title="MySQL, MariaDB: error log, general log",
    versions="5.5-9, 5.5-11",
    proven="samples",
    is_own=lambda text: _HEADER.match(text) is not None,
    opened=lambda settings: _Connections(settings).read,
    sample="""\
2021-11-09  5:13:12 8 [Warning] Access denied for user 'example-user'@'172.17.0.1' (using \
password: \
YES)
221128 14:49:17 [Warning] Access denied for user 'root'@'192.168.1.192' (using password: YES)
2021-10-28T08:06:45.411498Z 25 [Note] [MY-010926] [Server] Access denied for user 'seb'@\
'42.42.42.42' (using password: NO)
2023-07-31T08:34:16.116872Z\t   14 Connect\tAccess denied for user 'user'@'192.168.121.1' (using \
password: YES)
261124 14:08:57\t     4 Connect\tada@localhost on  using TCP/IP
\t\t     4 Query\tselect 1
\t\t     4 Quit\t
261124 14:08:58\t     5 Connect\tada@db.example.org on shop using TCP/IP
\t\t     5 Connect\tAccess denied for user 'ada'@'db.example.org' (using password: YES)
\t\t     9 Connect\tlck@localhost on  using TCP/IP
2026-11-24 14:08:58 11 [Warning] Access denied for user 'ada'@'127.0.0.1' to database 'nodb'""",
    expected=(
        {
            "user_id": "example-user", "outcome": "failure", "src_ip": "172.17.0.1",
            "timestamp_ns": 1_636_434_792_000_000_000,
        },
        {"user_id": "root", "timestamp_ns": 1_669_646_957_000_000_000},
        {"user_id": "seb", "failure_reason": "bad_credentials", "src_ip": "42.42.42.42"},
        {"user_id": "user", "outcome": "failure"},
        {
            "user_id": "ada", "outcome": "success", "src_host": "localhost", "src_ip": None,
            "timestamp_ns": 1_795_529_337_000_000_000,
        },
        {"user_id": "ada", "outcome": "failure", "src_host": "db.example.org"},
    ),
    hostile="""\
2021-10-28T08:06:45.411498Z 25 [Note] Access denied for user 'victim'@'1.2.3.4' (using password: \
NO)'@'6.6.6.6' (using password: NO)
2021-10-28T08:06:45.411498Z 25 [Note] Aborted connection 3 to db: 'x' user: 'Access denied for \
user 'victim'@'1.2.3.4' (using password: NO)
2026-11-24 14:08:58 12 [Warning] Access denied for user 'a
b'@'localhost' (using password: YES)
2026-11-24 14:00:00 3 [Warning] Access denied for user 'victim'@'1.2.3.4' (using password: YES)
c'@'6.6.6.6' (using password: YES)""",
)  # fmt: skip
