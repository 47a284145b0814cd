"""Logins that Linux keeps in binary: wtmp (who came), btmp (who was refused), utmp.

Versions: glibc 2 on little-endian machines, 384 and 400 byte records. The reader makes of each
record a line of JSON (`authrisk.logs.utmp`); such lines are read, too.

A record of type 7 is a login. In a file whose name begins with `btmp` every record is a failure;
elsewhere one of type 6 with a user (sshd and login write those into btmp only) is, too. Terminal
windows of a session that began before (xterm, tmux, screen) are no logins. The line says how:
`tty1`, `:0` and `seat0` at the machine, `pts/0` from afar. A user name is cut to 32 bytes and a
host name to 256 by the format itself; in btmp the user may be a password typed too early.

Not read: utmpx of macOS and the BSDs, wtmpdb and lastlog2 (SQLite), big-endian files.
Reference: utmp(5), OpenSSH `loginrec.c`.
"""

from __future__ import annotations

import msgspec

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import NOWHERE, Origin, read_origin
from authrisk.logs.parser import Ignored, Item, Line, Rejected
from authrisk.logs.reader_format import UniformReaderFormat
from authrisk.logs.utmp import UtmpRecord

SAMPLE = """\
{"ut_type":2,"ut_pid":0,"ut_line":"~","ut_user":"reboot","ut_host":"6.1.0-18-amd64",\
"ut_time_us":1714640400000000,"ut_addr":null}
{"ut_type":6,"ut_pid":600,"ut_line":"tty1","ut_user":"LOGIN","ut_host":"",\
"ut_time_us":1714640401000000,"ut_addr":null}
{"ut_type":7,"ut_pid":901,"ut_line":"pts/0","ut_user":"ann","ut_host":"198.51.100.7",\
"ut_time_us":1714640460123456,"ut_addr":"198.51.100.7"}
{"ut_type":7,"ut_pid":950,"ut_line":"pts/1","ut_user":"ann","ut_host":"tmux(950).%0",\
"ut_time_us":1714640470000000,"ut_addr":null}
{"ut_type":7,"ut_pid":980,"ut_line":"tty1","ut_user":"root","ut_host":"",\
"ut_time_us":1714640480000000,"ut_addr":null}
{"ut_type":6,"ut_pid":990,"ut_line":"ssh:notty","ut_user":"oracle","ut_host":"203.0.113.9",\
"ut_time_us":1714640490000000,"ut_addr":"203.0.113.9"}
{"ut_type":8,"ut_pid":901,"ut_line":"pts/0","ut_user":"","ut_host":"",\
"ut_time_us":1714640500000000,"ut_addr":null}
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "timestamp_ns": 1_714_640_460_123_456_000, "user_id": "ann", "outcome": "success",
        "src_ip": "198.51.100.7", "src_host": None, "logon_type": "remote_interactive",
    },
    {"user_id": "root", "src_ip": None, "logon_type": "interactive"},
    {"user_id": "oracle", "outcome": "failure", "src_ip": "203.0.113.9", "app": "sshd"},
)  # fmt: skip

HOSTILE = """\
{"ut_type":6,"ut_pid":1,"ut_line":"ssh:notty","ut_user":"x\\",\\"ut_user\\":\\"victim",\
"ut_host":"a","ut_time_us":1714640400000000,"ut_addr":null}
{"ut_type":7,"ut_pid":1,"ut_line":"pts/9","ut_user":"victim","ut_host":":0",\
"ut_time_us":1714640400000000,"ut_addr":null}
{"ut_type":8,"ut_pid":1,"ut_line":"pts/9","ut_user":"victim","ut_host":"",\
"ut_time_us":1714640400000000,"ut_addr":null}
{"ut_type":7,"ut_pid":1,"ut_line":"pts/9","ut_user":"victim","ut_host":"",\
"ut_time_us":-1,"ut_addr":null}
{"ut_type":7,"ut_user":"victim","ut_host":""}
"""


def _read(line: Line) -> Item:
    """The event of a login or a refusal; its id is `file:record`."""
    record = _record(line.text)
    if record is None:
        return Rejected(line, "no utmp record")
    if not 0 <= record.ut_time_us < _LATEST_US:
        return Rejected(line, "a time that is none")
    refused = line.file.rpartition("/")[2].startswith("btmp")
    failed = refused or (record.ut_type == _LOGIN_PROCESS and record.ut_user not in ("", "LOGIN"))
    if record.ut_type not in (_LOGIN_PROCESS, _USER_PROCESS) or not (
        failed or record.ut_type == _USER_PROCESS
    ):
        return Ignored(line, "no login")
    remote = record.ut_line.startswith("pts/")
    host = record.ut_host.partition(" ")[0]
    if remote and not failed and (not host or host.startswith((":", "tmux(")) or ":S." in host):
        return Ignored(line, "a terminal window of a session")
    return LoginEvent(
        event_id=line.place,
        timestamp_ns=record.ut_time_us * 1000,
        user_id=record.ut_user or None,
        user_name=record.ut_user or None,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        src_ip=(origin := _origin(record, host)).ip,
        src_host=origin.host,
        app="sshd" if record.ut_line == "ssh:notty" else None,
        logon_type="remote_interactive" if remote or origin != NOWHERE else "interactive",
        source_type="utmp",
    )


def _record(text: str) -> UtmpRecord | None:
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _origin(record: UtmpRecord, host: str) -> Origin:
    if record.ut_addr is not None:
        return read_origin(record.ut_addr)
    return NOWHERE if not host or host.startswith(":") else read_origin(host)


_DECODER = msgspec.json.Decoder(UtmpRecord)
_LATEST_US = 2**32 * 1_000_000
_LOGIN_PROCESS, _USER_PROCESS = 6, 7

PARSER = UniformReaderFormat(
    name="utmp",
    title="Linux wtmp, btmp and utmp, binary",
    versions="glibc 2, records of 384 and 400 bytes",
    proven="documentation",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    is_own=lambda text: _record(text) is not None,
    opened=lambda _settings: _read,
)
