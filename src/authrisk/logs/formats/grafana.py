"""Grafana 6-12 server log: logfmt (console, file) or JSON.

`msg="Successful Login" User=u` is a success, without an address. Failures name an address and no
user: `msg="Invalid username or password"` (to 9), `msg=Unauthorized error="[password-auth.failed]
..` (10), `msg="Request Completed" .. path=/login status=401` (also beside the former; within two
seconds it tells the same attempt).

Reference: pkg/services/contexthandler and pkg/middleware/logger.go of Grafana 10-12. Most of the
sample is of crowdsec's parser tests (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import NS_PER_S, Outcome
from authrisk.logs.joins import Recent
from authrisk.logs.json_object import object_of, read_object
from authrisk.logs.line_event import line_event
from authrisk.logs.logfmt import read_logfmt
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)
    told = Recent[str, tuple[int, bool]]()
    """Address -> when it failed last, and whether a completed request told so."""

    def read(line: Line) -> Item:
        fields = _fields(line.text)
        if "msg" not in fields or "t" not in fields:
            return Rejected(line, "no entry of Grafana")
        message = fields["msg"]
        if message == "Successful Login":
            return line_event(
                "grafana", line, stamps.utc_ns(fields["t"]), fields.get("User"), Outcome.SUCCESS,
                app="grafana",
            )  # fmt: skip
        fault, completed = fields.get("error", ""), message == "Request Completed"
        if completed:
            refused = fields.get("path") == "/login" and fields.get("status") == "401"
        else:
            refused = message == "Invalid username or password" or (
                message == "Unauthorized" and "password-auth." in fault
            )
        if not refused:
            return Ignored(line, OTHER)
        ns = stamps.utc_ns(fields["t"])
        source = fields.get("remote_addr", "")
        before_ns, by_request = told.get(source) or (-NS_PER_S * 9, completed)
        told.put(source, (ns, completed))
        if completed != by_request and 0 <= ns - before_ns <= 2 * NS_PER_S:
            return Ignored(line, "attempt told by another line")
        return line_event(
            "grafana", line, ns, None, Outcome.FAILURE,
            source=source, reason=_reason(fault), auth_method="password", app="grafana",
        )  # fmt: skip

    return read


def _fields(text: str) -> dict[str, str]:
    if not text.startswith("{"):
        return read_logfmt(text)
    content = read_object(text)
    return {
        key: value if isinstance(value, str) else str(value)
        for key, value in content.items()
        if isinstance(value, str) or (isinstance(value, int) and key == "status")
    }


def _reason(fault: str) -> str:
    if "not found" in fault or "identity.not-found" in fault:
        return "unknown_user"
    return "locked" if "too many" in fault else "bad_credentials"


_OWN = re.compile(r"logger=\S+ (?:.{0,200} )?t=[0-9]{4}-\S+ level=|t=[0-9]{4}-\S+ lvl=\w+ msg=")


def _is_grafana(text: str) -> bool:
    if not text.startswith("{"):
        return _OWN.match(text) is not None
    return {"logger", "level", "msg", "t"} <= (object_of(text) or {}).keys()


PARSER = ReaderFormat(
    name="grafana",
    title="Grafana: logfmt, JSON",
    versions="6-12",
    proven="samples",
    is_own=_is_grafana,
    opened=_opened,
    sample="""\
logger=context userId=0 orgId=0 uname= t=2023-03-14T06:10:23.366875297+02:00 level=error \
msg="Invalid username or password" error="user not found" remote_addr=192.168.1.1 traceID=
logger=context userId=0 orgId=0 uname= t=2023-03-14T06:10:23.466875297+02:00 level=info \
msg="Request Completed" method=POST path=/login status=401 remote_addr=192.168.1.1 time_ms=10
logger=http.server t=2023-03-14T06:11:09.073590975+02:00 level=info msg="Successful Login" \
User=admin@localhost
{"error":"invalid username or password","level":"error","logger":"context","msg":"Invalid \
username or password","orgId":0,"remote_addr":"192.168.1.2","t":"2024-02-07T09:33:35.0353436+02:0\
0","traceID":"","uname":"","userId":0}
logger=context userId=0 orgId=0 uname= t=2025-07-17T13:08:44.734245376Z level=info msg="Request \
Completed" method=POST path=/login status=401 remote_addr=192.168.1.1 \
errorMessageID=password-auth.failed error="failed to authenticate identity: [identity.not-found] \
no user found: user not found"
logger=context userId=1 orgId=1 uname=ada t=2025-07-17T13:08:45.734245376Z level=info \
msg="Request Completed" method=GET path=/api/live status=401 remote_addr=192.168.1.1""",
    expected=(
        {
            "user_id": None, "outcome": "failure", "failure_reason": "unknown_user",
            "src_ip": "192.168.1.1", "timestamp_ns": 1_678_767_023_366_875_297,
        },
        {"user_id": "admin@localhost", "outcome": "success", "src_ip": None},
        {"outcome": "failure", "failure_reason": "bad_credentials", "src_ip": "192.168.1.2"},
        {"outcome": "failure", "failure_reason": "unknown_user", "src_ip": "192.168.1.1"},
    ),
    hostile="""\
logger=http.server t=2023-03-14T06:11:09.073590975+02:00 level=info msg="Successful Login" \
User="x" User=victim
logger=http.server t=2023-03-14T06:11:09.073590975+02:00 level=info msg="Successful Login" \
User="x\\" msg=\\"Successful Login\\" User=victim"
logger=context t=2023-03-14T06:11:09.073590975+02:00 level=info msg="Request Completed" \
path="/login\\" msg=\\"Successful Login\\" User=victim" status=401 remote_addr=6.6.6.6""",
)  # fmt: skip
