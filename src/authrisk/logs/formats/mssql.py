"""Microsoft SQL Server 2005-2022 ERRORLOG: lines of `Logon`.

`Login failed for user 'u'. Reason: .. [CLIENT: 203.0.113.7]` is a failure, `Login succeeded` a
success (where both are audited). The line `Error: 18456, Severity: 14, State: n.` stands before a
failure and tells why. Names are `login` or `DOMAIN\\\\login`. Local time without zone. ERRORLOG is
UTF-16 on Windows.

Reference: MSSQLSERVER_18456, SQL Server documentation. Sample of crowdsec's parser tests (MIT).
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
    state: str | None = None

    def read(line: Line) -> Item:
        nonlocal state
        header = _HEADER.match(line.text)
        if header is None:
            return Rejected(line, "no header of SQL Server")
        stamp, source = header.groups()
        message = line.text[header.end() :]
        error = _ERROR.fullmatch(message)
        before, state = state, error[1] if error is not None else None
        if source != "Logon" or error is not None:
            return Ignored(line, OTHER)
        said, mark, client = message.rpartition(_CLIENT)
        match = _LOGIN.fullmatch(said) if mark and message.endswith("]") else None
        if match is None:
            return Ignored(line, OTHER)
        failed = match["verb"] == "failed"
        domain = match["user"].rpartition("\\")[0]
        client = client[:-1]
        return line_event(
            "mssql", line, stamps.utc_ns(stamp), match["user"],
            Outcome.FAILURE if failed else Outcome.SUCCESS,
            source=None if client.startswith("<") else client,
            reason=_reason(before, match["why"]) if failed else None,
            failure_code=before if failed else None, user_domain=domain or None,
            auth_method="windows" if domain else "password", app="mssql",
        )  # fmt: skip

    return read


def _reason(state: str | None, why: str) -> str:
    if state is not None and state in _STATES:
        return _STATES[state]
    for phrase, reason in _PHRASES:
        if phrase in why:
            return reason
    return "bad_credentials"


_STATES = {
    "2": "unknown_user", "5": "unknown_user", "6": "client_error", "7": "disabled",
    "8": "bad_credentials", "9": "bad_credentials", "11": "policy_denied", "12": "policy_denied",
    "18": "expired_password", "38": "policy_denied", "40": "policy_denied", "58": "policy_denied",
}  # fmt: skip
_PHRASES = (
    ("Could not find a login", "unknown_user"),
    ("is disabled", "disabled"),
    ("locked out", "locked"),
    ("must be changed", "expired_password"),
    ("expired", "expired_password"),
    ("Failed to open", "policy_denied"),
    ("validation failed", "policy_denied"),
    ("Windows authentication only", "policy_denied"),
)
_HEADER = re.compile(
    r"\ufeff?([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{2,7})"
    r" (Logon|spid[0-9]{1,6}s?|Server|Backup) {1,12}"
)
_ERROR = re.compile(r"Error: 18[0-9]{3}, Severity: [0-9]{1,2}, State: ([0-9]{1,3})\.")
_CLIENT = " [CLIENT: "
_LOGIN = UserPattern(
    r"Login (?P<verb>failed|succeeded) for user '<USER>'\."
    r"(?P<why>(?: (?:Reason: |Connection made |Connection: ).*)?)"
)

PARSER = ReaderFormat(
    name="mssql",
    title="Microsoft SQL Server: ERRORLOG",
    versions="2005-2022",
    proven="samples",
    is_own=lambda text: _HEADER.match(text) is not None,
    opened=_opened,
    sample="""\
2022-12-20 12:36:54.17 Logon       Error: 18456, Severity: 14, State: 8.
2022-12-20 12:36:54.17 Logon       Login failed for user 'SA'. Reason: Password did not match that \
for the login provided. [CLIENT: 172.17.0.3]
2022-12-20 12:37:15.23 Logon       Login failed for user 'ROOT'. Reason: Could not find a login \
matching the name provided. [CLIENT: 172.17.0.3]
2022-12-20 12:38:00.00 Logon       Login succeeded for user 'CORP\\ada'. Connection made using \
Windows authentication. [CLIENT: <local machine>]
2022-12-20 12:39:00.00 spid5s      Starting up database 'msdb'.""",
    expected=(
        {
            "user_id": "SA", "outcome": "failure", "failure_reason": "bad_credentials",
            "failure_code": "8", "src_ip": "172.17.0.3", "timestamp_ns": 1_671_539_814_170_000_000,
        },
        {"user_id": "ROOT", "failure_reason": "unknown_user"},
        {"user_id": "CORP\\ada", "user_domain": "CORP", "outcome": "success", "src_ip": None},
    ),
    hostile="""\
2022-12-20 12:36:54.17 Logon       Login failed for user 'victim'. Reason: x. [CLIENT: 1.2.3.4]'. \
Reason: Could not find a login matching the name provided. [CLIENT: 6.6.6.6]
2022-12-20 12:36:54.17 spid51      Login succeeded for user 'victim'. [CLIENT: 1.2.3.4]""",
)  # fmt: skip
