"""Proxmox: Virtual Environment (pvedaemon in syslog) and Backup Server (auth.log and syslog).

Versions: PVE 4 to 9, PBS 1 to 4. Assumptions: a user is `name@realm`; a success names no address
(pveproxy's access log would, but for each request), so it is read without one.

Reference: Proxmox `PVE/API2/AccessControl.pm`, `proxmox-rest-server`. The sample holds lines of
crowdsec (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_format import DaemonFormat, LineLogin, Said, entry_of, when_of

SAMPLE = """\
Jan  4 17:34:01 hypervisor pvedaemon[3663339]: authentication failure; rhost=2001:bc8:628:1811::1 \
user=toor@pam msg=no such user ('toor@pam')
Jan  4 17:34:07 hypervisor pvedaemon[3483744]: authentication failure; rhost=::ffff:172.21.10.2 \
user=root@pam msg=Authentication failure
Jan  4 17:35:00 hypervisor pvedaemon[3483744]: <root@pam> successful auth for user 'root@pam'
Jan  4 17:36:00 hypervisor pvedaemon[3483744]: <root@pam> end task UPID:hypervisor:1:2: OK
2026-02-25T11:07:18+01:00: authentication failure; rhost=[::ffff:31.54.38.23]:47414 \
user=rootasdasdasd@pbs msg=user account disabled or expired.
2026-02-25T11:07:24+01:00: successful auth for user 'root@pam'
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "toor@pam", "user_name": "toor", "user_domain": "pam", "outcome": "failure",
        "failure_reason": "unknown_user", "src_ip": "2001:bc8:628:1811::1",
        "dst_host": "hypervisor", "app": "pvedaemon",
    },
    {"user_id": "root@pam", "failure_reason": "bad_credentials", "src_ip": "172.21.10.2"},
    {"user_id": "root@pam", "outcome": "success", "src_ip": None},
    {
        "user_id": "rootasdasdasd@pbs", "failure_reason": "disabled", "src_ip": "31.54.38.23",
        "src_port": 47414, "app": "proxmox-backup", "timestamp_ns": 1_772_014_038_000_000_000,
    },
    {"user_id": "root@pam", "outcome": "success"},
)  # fmt: skip

HOSTILE = """\
Jan  4 17:34:01 h pvedaemon[1]: authentication failure; rhost=6.6.6.6 user=x msg=a user=victim msg=b
Jan  4 17:34:01 h pvedaemon[1]: authentication failure; rhost=6.6.6.6 user=victim msg=x msg=no
Jan  4 17:34:01 h pvedaemon[1]: <root@pam> starting task successful auth for user 'victim'
2026-02-25T11:07:24+01:00: authentication failure; rhost=6.6.6.6 user=x msg=successful auth for \
user 'victim'
"""


def _read(text: str) -> Said:
    own = _OWN.match(text)
    if own is not None:
        when: str | int = own[1]
        host, app, message = None, "proxmox-backup", text[own.end() :].rstrip()
    else:
        entry = entry_of(text, "pvedaemon") or entry_of(text, "proxmox-backup")
        if entry is None:
            return None
        when, host, message = when_of(entry), entry.host, entry.message
        app = "pvedaemon" if entry.tag == "pvedaemon" else "proxmox-backup"
    failed = _FAILURE.fullmatch(message)
    match = failed or _SUCCESS.fullmatch(message)
    if match is None:
        return "no decision on a login"
    user = match["user"]
    if failed is not None and " msg=" in f" {user}{failed['why']}":
        raise ValueError("ambiguous user name")
    name, _, realm = user.rpartition("@")
    return LineLogin(
        when=when,
        user=user,
        name=name or user,
        domain=realm if name else None,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        reason=_reason(failed["why"]) if failed else None,
        source=failed["source"] if failed else "",
        app=app,
        dst_host=host,
    )


def _reason(why: str) -> str:
    return next((reason for text, reason in _REASONS if text in why[:200]), "bad_credentials")


_OWN = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:Z|[+-][0-9]{2}:[0-9]{2})): ")
_FAILURE = re.compile(
    r"authentication failure; rhost=(?P<source>\S{0,80}) user=(?P<user>.*?) msg=(?P<why>.*)"
)
_SUCCESS = re.compile(r"(?:<[^<>]{0,255}> )?successful auth for user '(?P<user>[^']*)'")
_REASONS = (
    ("no such user", "unknown_user"),
    ("disabled or expired", "disabled"),
    ("account expired", "expired_account"),
    ("locked", "locked"),
    ("TFA", "mfa_failed"),
)

PARSER = DaemonFormat(
    name="proxmox",
    title="Proxmox VE (pvedaemon in syslog) and Backup Server (auth.log)",
    versions="PVE 4 to 9, PBS 1 to 4",
    proven="samples",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    read=_read,
    programs=("pvedaemon", "proxmox-backup-*"),
)
