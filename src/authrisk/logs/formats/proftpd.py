"""ProFTPD: its own log (SystemLog) and syslog.

Versions: 1.3. Assumptions: local time without a zone; of `(name[address])` the address is the
client's; the name may be what the client's own name server says.

Reference: ProFTPD `mod_auth.c`. The sample holds lines of crowdsec (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_format import DaemonFormat, LineLogin, Said, entry_of, when_of

SAMPLE = """\
2021-05-28 18:08:01,124 mantis proftpd[498625] mantis (192.168.1.142[192.168.1.142]): USER asd: no \
such user found from 192.168.1.142 [192.168.1.142] to ::ffff:192.168.1.23:21
Jan  7 18:26:52 amazing-ishizaka proftpd[80686]: 172.31.39.97 (1.1.1.1[1.1.1.1]) - USER \
unruffled-feynman (Login failed): Incorrect password
Jan  7 18:26:54 amazing-ishizaka proftpd[80687]: 172.31.39.97 (cl.example[1.1.1.1]) - USER ann: \
Login successful.
Jan  7 18:26:55 amazing-ishizaka proftpd[80687]: 172.31.39.97 (cl.example[1.1.1.1]) - FTP session \
closed.
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "asd", "outcome": "failure", "failure_reason": "unknown_user",
        "src_ip": "192.168.1.142", "timestamp_ns": 1_622_225_281_124_000_000, "dst_host": "mantis",
    },
    {
        "user_id": "unruffled-feynman", "failure_reason": "bad_credentials", "src_ip": "1.1.1.1",
        "dst_host": "amazing-ishizaka", "app": "proftpd",
    },
    {"user_id": "ann", "outcome": "success", "src_host": "cl.example"},
)  # fmt: skip

HOSTILE = """\
Jan  7 18:26:52 h proftpd[1]: 172.31.39.97 (6.6.6.6[6.6.6.6]) - USER victim: Login successful. \
(Login failed): Incorrect password
Jan  7 18:26:52 h proftpd[1]: 172.31.39.97 (6.6.6.6[6.6.6.6]) - USER x (1.2.3.4[1.2.3.4]) - USER \
victim: Login successful.
Jan  7 18:26:52 h crond[1]: proftpd[1]: 172.31.39.97 (1.2.3.4[1.2.3.4]) - USER victim: Login \
successful.
"""


def _read(text: str) -> Said:
    own = _OWN.match(text)
    if own is not None:
        when: str | int = own[1]
        host, pid, said = own[2], own[3], text[own.end() :]
    else:
        entry = entry_of(text, "proftpd")
        if entry is None:
            return None
        when, host, pid, said = when_of(entry), entry.host, entry.pid or "", entry.message
    client = _CLIENT.match(said)
    if client is None:
        return "no decision on a login"
    message = said[client.end() :].strip()
    for expression, outcome, fixed in _MESSAGES:
        match = expression.fullmatch(message)
        if match is not None:
            why = match.groupdict().get("why")
            name, address = client.groups()
            return LineLogin(
                when=when,
                user=match["user"],
                outcome=outcome,
                reason=fixed if why is None else _REASONS.get(why.casefold(), "other"),
                source=address,
                src_host=None if name == address else name,
                app="proftpd",
                dst_host=host,
                correlation=f"{host}/{pid}" if pid else None,
            )
    return "no decision on a login"


_OWN = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?:,[0-9]{1,6})?) (\S{1,255})"
    r" proftpd\[([0-9]{1,10})\]:? "
)
_CLIENT = re.compile(r"\S{1,255} \(([^\s\[\]()]{1,255})\[([0-9A-Fa-f.:]{1,45})\]\)(?:: | - )")
_MESSAGES = (
    (re.compile(r"(?:USER|ANON) (?P<user>.*): Login successful\."), Outcome.SUCCESS, None),
    (re.compile(r"USER (?P<user>.*): no such user found from \S+ \[\S+\] to \S+"),
     Outcome.FAILURE, "unknown_user"),
    (re.compile(r"USER (?P<user>.*) \(Login failed\): (?P<why>[^:()]{1,80}?)\.?"),
     Outcome.FAILURE, None),
)  # fmt: skip
_REASONS = {
    "incorrect password": "bad_credentials",
    "no such user found": "unknown_user",
    "account disabled": "disabled",
    "password expired": "expired_password",
    "limit access denies login": "policy_denied",
    "limit configuration denies login": "policy_denied",
    "invalid shell": "policy_denied",
    "user in /etc/ftpusers": "policy_denied",
}

PARSER = DaemonFormat(
    name="proftpd",
    title="ProFTPD: its own log and syslog",
    versions="1.3",
    proven="samples",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    read=_read,
    programs=("proftpd",),
)
