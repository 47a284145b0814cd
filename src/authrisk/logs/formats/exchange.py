"""Microsoft Exchange 2013-2019 protocol logs: IMAP, POP3 and SMTP receive (CSV).

IMAP and POP3: the column `command` is `authenticate`, `auth` or `login`/`pass`, the user stands in
its own column; `R=OK` or `+OK` is a success, `AuthFailed` or `-ERR` a failure. SMTP: only the
answers `535 5.7.3` (failure) and `235 2.7.0` (success), without a user. Times are UTC. Lines that
begin with `#` are headers.

Reference: "Protocol logging", Exchange Server documentation. Sample of crowdsec's parser tests
(MIT).
"""

from __future__ import annotations

import csv
import re

from authrisk.event import Outcome
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        text = line.text.removeprefix("\ufeff")
        if text.startswith("#"):
            return Ignored(line, "header of the log")
        if not _HEADER.match(text):
            return Rejected(line, "no protocol log of Exchange")
        try:
            row = next(csv.reader([text], strict=True))
        except csv.Error:
            raise ValueError("damaged CSV") from None
        told = _read_mailbox(row) or _read_receive(row)
        if told is None:
            return Ignored(line, OTHER)
        user, outcome, source, app, method = told
        return line_event(
            "exchange", line, stamps.utc_ns(row[0]), user, outcome,
            source=source, reason="bad_credentials" if outcome is Outcome.FAILURE else None,
            auth_method=method, app=app, session_id=row[1] if app != "smtp" else row[2],
        )  # fmt: skip

    return read


_Told = tuple[str | None, Outcome, str, str, str | None]


def _read_mailbox(row: list[str]) -> _Told | None:
    """dateTime, sessionId, seqNumber, sIp, cIp, user, duration, rqsize, rpsize, command, .."""
    if len(row) < 12 or not row[2].isdigit():
        return None
    command, parameters, context = row[9].strip().casefold(), row[10].strip(), row[11]
    if command not in {"authenticate", "auth", "login", "pass"}:
        return None
    answer = _ANSWER.match(context)
    if answer is None:
        return None
    app = "pop3" if row[3].endswith((":110", ":995")) or command in {"auth", "pass"} else "imap"
    good = answer[1] is not None and "AuthFailed" not in context
    method = parameters.casefold() if _WORD.fullmatch(parameters) else None
    return row[5] or None, Outcome.SUCCESS if good else Outcome.FAILURE, row[4], app, method


def _read_receive(row: list[str]) -> _Told | None:
    """date-time, connector-id, session-id, sequence-number, local, remote, event, data, context"""
    if len(row) < 9 or row[6] != ">":
        return None
    if row[7].startswith("535 5.7."):
        return None, Outcome.FAILURE, row[5], "smtp", None
    if row[7].startswith("235 2.7.0"):
        return None, Outcome.SUCCESS, row[5], "smtp", None
    return None


_HEADER = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z,[^,]{1,200},[^,]*,")
_ANSWER = re.compile(r'(?i)R="?(?:(\+?ok\b|\S{1,20} ok\b)|-err\b|\S{1,20} (?:no|bad)\b)')
_WORD = re.compile(r"[A-Za-z0-9-]{1,20}")
_OWN = re.compile(_HEADER.pattern + r"(?:[^,]*,){2,3}[0-9A-Fa-f.:\[\]]+:[0-9]+,")

PARSER = ReaderFormat(
    name="exchange",
    title="Microsoft Exchange protocol logs: IMAP4, POP3, SMTP receive",
    versions="2013-2019",
    proven="samples",
    is_own=lambda text: _OWN.match(text) is not None,
    opened=_opened,
    sample="""\
#Fields: dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,command,parameters,cont\
ext,puid
2022-07-20T21:28:50.530Z,000000000000000E,2,192.168.9.241:143,192.168.9.212:35070,testuser,168,31\
,31,\
authenticate,PLAIN,"R=""2 NO AUTHENTICATE failed."";Msg=""AuthFailed:LogonDenied,User: testuser"";\
ErrMsg=AuthFailed:LogonDenied",
2022-07-20T21:23:48.514Z,0000000000000005,1,192.168.9.241:110,192.168.9.212:55576,testuser,193,21\
,69,\
auth, PLAIN,"R=""-ERR Authentication failure: unknown user name or bad \
password."";Msg=""AuthFailed:\
LogonDenied,User: testuser"";ErrMsg=AuthFailed:LogonDenied",
2022-07-20T21:12:06.270Z,EXCHANGE-1\\Default Frontend EXCHANGE-1,08DA4F7C11473A60,9,192.168.9.241\
:25,\
192.168.9.212:53722,>,535 5.7.3 Authentication unsuccessful,
2022-07-20T21:30:00.000Z,000000000000000F,2,192.168.9.241:143,192.168.9.213:35071,ada,90,31,31,lo\
gin,\
ada *****,R=ok,
2022-07-20T21:30:01.000Z,000000000000000F,3,192.168.9.241:143,192.168.9.213:35071,ada,3,9,31,noop\
,,R=ok,""",
    expected=(
        {
            "user_id": "testuser", "outcome": "failure", "src_ip": "192.168.9.212",
            "src_port": 35070, "app": "imap", "auth_method": "plain",
            "timestamp_ns": 1_658_352_530_530_000_000,
        },
        {"user_id": "testuser", "outcome": "failure", "app": "pop3"},
        {"user_id": None, "outcome": "failure", "app": "smtp", "src_ip": "192.168.9.212"},
        {"user_id": "ada", "outcome": "success", "app": "imap", "auth_method": None},
    ),
    hostile="""\
2022-07-20T21:28:50.530Z,0E,2,192.168.9.241:143,6.6.6.6:35070,"x,168,31,31,login,victim",168,31,31,\
login,"victim *****,R=ok","R=""2 NO LOGIN failed."";Msg=""AuthFailed:LogonDenied,User: victim""\",
2022-07-20T21:12:06.270Z,EX\\Default,08DA4F7C11473A60,9,192.168.9.241:25,6.6.6.6:53722,<,"AUTH \
LOGIN \
victim 235 2.7.0",""",
)  # fmt: skip
