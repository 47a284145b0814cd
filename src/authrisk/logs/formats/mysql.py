"""MySQL 5.5-9 and MariaDB 5.5-11: the error log's refusals, the general log's connections.

`Access denied for user 'u'@'203.0.113.7' (using password: YES)` is a failure, whatever stands
before it: `2020-04-16T05:13:40.861934Z 344 [Note] `, `2021-11-09  5:13:12 8 [Warning] ` (MariaDB),
`221128 14:49:17 [Warning] ` (5.5). Successes stand in the general log only (`Connect u@host on db
using TCP/IP`). A refused database (`to database 'd'`) is no refused login. Stamps without Z are
local time.

Reference: MySQL 8.4 manual, 7.4.2 and 7.4.3; tried on MariaDB 10.11. Sample of crowdsec's parser
tests (MIT), but for the last two lines.
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader
from authrisk.logs.user_pattern import UserPattern


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        header = _HEADER.match(line.text)
        if header is None:
            return Rejected(line, "no header of MySQL")
        message = line.text[header.end() :]
        command = _CONNECT.match(message)
        outcome, reason = Outcome.FAILURE, "bad_credentials"
        if message.startswith("Access denied "):
            match = _DENIED.fullmatch(message)
        elif command is not None and message.startswith("Access denied ", command.end()):
            match = _DENIED.fullmatch(message[command.end() :])
        elif command is not None:
            match = _CONNECTED.fullmatch(message[command.end() :])
            outcome, reason = Outcome.SUCCESS, ""
        else:
            match = None
        if match is None:
            return Ignored(line, OTHER)
        return line_event(
            "mysql", line, stamps.utc_ns(_stamp(header)), match["user"], outcome,
            source=match["source"], reason=reason or None, auth_method="password", app="mysql",
        )  # fmt: skip

    return read


def _stamp(header: re.Match[str]) -> str:
    """RFC 3339 of the three spellings."""
    day, hour, rest = header["day"], header["hour"], header["rest"]
    if "-" not in day:
        day = f"20{day[:2]}-{day[2:4]}-{day[4:]}"
    return f"{day} {hour.strip():0>2}{rest}"


_HEADER = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{6})[T ](?P<hour>[ 0-9]?[0-9])"
    r"(?P<rest>:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)"
    r"(?:\s+[0-9]{1,20})?\s+(?:\[(?:Warning|Note|ERROR|System|Error)\] (?:\[MY-[0-9]+\] \[\w+\] )?"
    r"|(?=Connect\s|Query\s|Quit\s|Init DB\s))"
)
_CONNECT = re.compile(r"Connect\s+")
_DENIED = UserPattern(
    r"Access denied for user '<USER>'@'(?P<source>[^' ]*)'(?: \(using password: (?:YES|NO)\))?"
)
_CONNECTED = re.compile(r"(?P<user>.*?)@(?P<source>[^@\s]*) (?:as \S* )?on \S* using [\w/ ]{2,20}")

PARSER = ReaderFormat(
    name="mysql",
    title="MySQL, MariaDB: error log, general log",
    versions="5.5-9, 5.5-11",
    proven="samples",
    is_own=lambda text: _HEADER.match(text) is not None,
    opened=_opened,
    sample="""\
2021-11-09  5:13:12 8 [Warning] Access denied for user 'example-user'@'172.17.0.1' (using \
password: \
YES)
221128 14:49:17 [Warning] Access denied for user 'root'@'192.168.1.192' (using password: YES)
2021-10-28T08:06:45.411498Z 25 [Note] [MY-010926] [Server] Access denied for user 'seb'@\
'42.42.42.42' (using password: NO)
2023-07-31T08:34:16.116872Z\t   14 Connect\tAccess denied for user 'user'@'192.168.121.1' (using \
password: YES)
2023-07-31T08:35:16.116872Z\t   15 Connect\tada@db.example.org on shop using TCP/IP
2023-07-31T08:35:17.116872Z\t   15 Query\tselect 1""",
    expected=(
        {
            "user_id": "example-user", "outcome": "failure", "src_ip": "172.17.0.1",
            "timestamp_ns": 1_636_434_792_000_000_000,
        },
        {"user_id": "root", "timestamp_ns": 1_669_646_957_000_000_000},
        {"user_id": "seb", "failure_reason": "bad_credentials", "src_ip": "42.42.42.42"},
        {"user_id": "user", "outcome": "failure"},
        {"user_id": "ada", "outcome": "success", "src_host": "db.example.org", "src_ip": None},
    ),
    hostile="""\
2021-10-28T08:06:45.411498Z 25 [Note] Access denied for user 'victim'@'1.2.3.4' (using password: \
NO)'@'6.6.6.6' (using password: NO)
2021-10-28T08:06:45.411498Z 25 [Note] Aborted connection 3 to db: 'x' user: 'Access denied for \
user \
'victim'@'1.2.3.4' (using password: NO)
2023-07-31T08:35:17.116872Z\t   15 Query\tselect 'Connect\tvictim@1.2.3.4 on d using TCP/IP""",
)  # fmt: skip
