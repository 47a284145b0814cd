"""OpenSSH server: auth.log, secure, RFC 5424 files and the journal as JSON.

One event per attempt that sshd decided: Accepted, Failed, and the refusals that have no Failed
line. The lines that tell of the same attempt again (Invalid user, pam_unix, Connection closed)
give none. `message repeated N times` is one event with `count` N.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from authrisk.logs.columnar import ColumnarBatch
from authrisk.logs.journal import read_journal
from authrisk.logs.openssh_columns import read_columns
from authrisk.logs.openssh_log import MARKS, SshdReading
from authrisk.logs.parser import Item, Line, ParseSettings, Proven
from authrisk.logs.reader import Source
from authrisk.logs.syslog import split_syslog


class SshdParser:
    """Reads what sshd writes through syslog or the journal."""

    name = "sshd"
    title = "OpenSSH server: syslog files (RFC 3164, 3339, 5424), journalctl -o json"
    versions = "5 to 10"
    proven: Proven = "samples"
    marks = MARKS
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
        reading = SshdReading(settings)
        for line in lines:
            yield reading.item(line)

    def parse_columns(self, source: Source, settings: ParseSettings) -> Iterator[ColumnarBatch]:
        """The same by blocks."""
        return read_columns(source, settings)


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


_TAG = re.compile(r"sshd(?:-session|-auth)?(?:\(pam_unix\))?")

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
