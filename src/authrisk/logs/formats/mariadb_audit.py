"""MariaDB Audit Plugin 1.x-2.x (`server_audit.log`), also of Amazon RDS and Aurora: connections.

`20240301 10:20:32,server,user,host,connection,query,FAILED_CONNECT,db,,1045`: `CONNECT` is a
success, `FAILED_CONNECT` a failure by its MariaDB error code; one without a user is a probe of the
port. Nothing is quoted: a name with commas that could be read in two ways is rejected, and
so is what may be the rest of a name with line breaks. Times are
local, or microseconds since 1970 (Aurora).

Reference: MariaDB documentation, "Audit Plugin - Log Format"; tried on plugin
1.4.14 of MariaDB 10.11.
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_event import line_event
from authrisk.logs.name_break import NameBreak
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader, epoch_to_ns
from authrisk.logs.user_pattern import UserPattern


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)
    rest_of_name = NameBreak(_LONGEST_NAME)

    def read(line: Line) -> Item:
        if rest_of_name.covers(line.text):
            return Rejected(line, "may be part of a user name with line breaks")
        if not _HEADER.match(line.text):
            return Rejected(line, "no line of the audit plugin")
        if not _WHOLE.match(line.text):
            rest_of_name.begin()
            return Rejected(line, "a user name with a line break")
        if "CONNECT," not in line.text:
            return Ignored(line, OTHER)
        match = _CONNECT.fullmatch(line.text)
        if match is None or not match["user"]:
            return Ignored(line, OTHER)
        code = match["code"]
        stamp = match["stamp"]
        local = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:]}"
        ns = stamps.utc_ns(local) if " " in stamp else epoch_to_ns(stamp)
        failed = match["verb"] == "FAILED_CONNECT"
        return line_event(
            "mariadb_audit", line, ns, match["user"],
            Outcome.FAILURE if failed else Outcome.SUCCESS,
            source=match["source"], failure_code=code if failed else None,
            reason=_REASONS.get(code, "other") if failed else None,
            auth_method="password", app="mysql", dst_host=match["server"] or None,
            correlation_id=match["connection"],
        )  # fmt: skip

    return read


_REASONS = {
    "1044": "policy_denied",
    "1045": "bad_credentials",
    "1698": "bad_credentials",
    "4151": "locked",
    "1862": "expired_password",
}
_LONGEST_NAME = 400
"""Characters; MariaDB cuts names at 80, of up to 3 bytes."""
_HEADER = re.compile(r"(?:[0-9]{8} [0-9]{2}:[0-9]{2}:[0-9]{2}|[0-9]{16}),[^,]*,")
_WHOLE = re.compile(rf"{_HEADER.pattern}.*,[0-9]{{1,20}},[0-9]{{1,20}},[A-Z_]{{4,20}},")
_OWN = re.compile(
    rf"{_HEADER.pattern}[^,]*,[^,]*,[0-9]{{1,20}},[0-9]{{1,20}}"
    r",(?:(?:FAILED_|DIS)?CONNECT|QUERY|READ|WRITE|CREATE),"
)
_CONNECT = UserPattern(
    r"(?P<stamp>[0-9]{8} [0-9:]{8}|[0-9]{16}),(?P<server>[^,]*),<USER>,(?P<source>[^,]*)"
    r",(?P<connection>[0-9]{1,20}),[0-9]{1,20},(?P<verb>(?:FAILED_)?CONNECT),[^,]*,,(?P<code>[0-9]{1,5})"
    r"(?:,[^,]*)?"
)

PARSER = ReaderFormat(
    name="mariadb_audit",
    title="MariaDB Audit Plugin: server_audit.log, also of RDS and Aurora",
    versions="1-2",
    proven="samples",
    is_own=lambda text: _OWN.match(text) is not None,
    opened=_opened,
    sample="""\
20240301 10:20:30,db01,ada,203.0.113.9,12,0,CONNECT,shop,,0
20240301 10:20:31,db01,ada,203.0.113.9,12,45,QUERY,shop,'select 1',0
20240301 10:20:32,db01,eve,198.51.100.7,13,0,FAILED_CONNECT,,,1045
20240301 10:20:33,db01,,198.51.100.7,14,0,FAILED_CONNECT,,,1158
1536652826127350,db02,bo,192.0.2.8,8426327,0,FAILED_CONNECT,,,4151
20240301 10:20:34,db01,ada,203.0.113.9,12,0,DISCONNECT,,,0
20261124 14:08:58,vm,a,b,localhost,8,0,FAILED_CONNECT,,,1045
20261124 14:08:58,vm,ada,localhost,11,0,FAILED_CONNECT,,,1044""",
    expected=(
        {
            "user_id": "ada", "outcome": "success", "src_ip": "203.0.113.9", "dst_host": "db01",
            "timestamp_ns": 1_709_288_430_000_000_000,
        },
        {"user_id": "eve", "failure_reason": "bad_credentials", "failure_code": "1045"},
        {"user_id": "bo", "failure_reason": "locked", "timestamp_ns": 1_536_652_826_127_350_000},
        {"user_id": "a,b", "src_host": "localhost"},
        {"user_id": "ada", "failure_reason": "policy_denied"},
    ),
    hostile="""\
20240301 10:20:32,db01,x,1.2.3.4,13,0,FAILED_CONNECT,,victim,1045
20240301 10:20:32,db01,victim,1.2.3.4,13,0,CONNECT,,,0,6.6.6.6,13,0,FAILED_CONNECT,,,1045
20240301 10:20:32,db01,ada,203.0.113.9,12,45,QUERY,shop,'db01,victim,1.2.3.4,13,0,CONNECT,,,0',0
20261124 14:08:58,vm,a
20240301 10:20:32,db01,victim,1.2.3.4,13,0,CONNECT,,,0
b,localhost,12,0,FAILED_CONNECT,,,1045""",
)  # fmt: skip
