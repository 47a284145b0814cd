"""Logins at a Linux machine itself, as PAM tells them in syslog: console, display, su, sudo.

Versions: Linux-PAM 0.99 to 1.7 with pam_unix, pam_sss, pam_winbind, pam_faillock, pam_tally(2), in
syslog files (RFC 3164, 3339, 5424) and the journal as JSON; login of util-linux and shadow.

- A refusal of any service is a failure. Of sudo, su and others that raise a user's rights it is
  one of `logon_type` `elevation`, with the caller as actor: somebody guesses a password. Their
  successes are no logins and are ignored with that cause, as are cron, timers and greeters.
- A session opened by a service that people log in with (login, gdm, lightdm, sddm, xrdp, cockpit,
  ...) is a success; of a service that is not known to be one it is ignored with that cause.
- A lock-out is a failure with the reason `locked`, unless a refusal of the same process told the
  attempt. `PAM 2 more authentication failures` is one event with `count` 2.
- Lines of sshd are left to the format `sshd`, which tells the same attempts better.

Assumption: where pam_unix refuses and pam_sss accepts, both in one attempt, the refusal is an event
although the login succeeded. Anyone can write `logger -t login`: of the journal only entries by
root are read.

References: Linux-PAM `pam_unix_auth.c`, `pam_faillock.c`; util-linux `login.c`. The sample holds
lines of crowdsec (MIT) and Beats (Apache-2.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from authrisk.event import NS_PER_S, LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.pam_message import PamMessage, read_pam
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Proven, Rejected
from authrisk.logs.syslog import read_entry
from authrisk.logs.timestamps import StampReader

SAMPLE = """\
Dec  7 14:52:59 vskub1master01p sudo: pam_unix(sudo:auth): authentication failure; logname=zbadguy \
uid=4001 euid=0 tty=/dev/pts/12 ruser=zbadguy rhost=  user=zbadguy
Dec  7 14:53:04 vskub1master01p sudo: pam_tally2(sudo:auth): user zbadguy (4001) tally 6, deny 5
2019-06-14T10:40:20.912134 localhost sudo: pam_unix(sudo-i:session): session opened for user root \
by userauth3(uid=0)
Dec  7 15:00:00 ws1 login[812]: pam_unix(login:auth): authentication failure; logname=LOGIN uid=0 \
euid=0 tty=/dev/tty1 ruser= rhost=  user=ann
Dec  7 15:00:02 ws1 login[812]: FAILED LOGIN (1) on '/dev/tty1' FOR 'ann', Authentication failure
Dec  7 15:00:09 ws1 login[812]: pam_unix(login:session): session opened for user ann by LOGIN(uid=0)
Dec  7 15:01:00 ws1 gdm-password][900]: pam_unix(gdm-password:session): session opened for user \
bo(uid=1001) by (uid=0)
Dec  7 15:02:00 ws1 CRON[99]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)
{"__REALTIME_TIMESTAMP":"1700000000123456","_HOSTNAME":"ws2","SYSLOG_IDENTIFIER":"su","_PID":"9",\
"_UID":"0","MESSAGE":"pam_unix(su:auth): authentication failure; logname=bo uid=1001 euid=0 \
tty=pts/1 ruser=bo rhost=  user=root"}
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "zbadguy", "outcome": "failure", "failure_reason": "bad_credentials",
        "app": "sudo", "logon_type": "elevation", "actor_name": "zbadguy",
        "dst_host": "vskub1master01p",
    },
    {"user_id": "zbadguy", "outcome": "failure", "failure_reason": "locked", "app": "sudo"},
    {"user_id": "ann", "outcome": "failure", "app": "login", "logon_type": "interactive"},
    {"user_id": "ann", "outcome": "success", "app": "login", "correlation_id": "ws1/812"},
    {"user_id": "bo", "outcome": "success", "app": "gdm-password"},
    {"user_id": "root", "actor_name": "bo", "app": "su", "outcome": "failure", "dst_host": "ws2"},
)  # fmt: skip

HOSTILE = """\
Dec  7 15:00:00 ws1 login[1]: pam_unix(login:auth): authentication failure; logname= uid=0 euid=0 \
tty=tty1 ruser= rhost=  user=x rhost=6.6.6.6  user=victim
Dec  7 15:00:00 ws1 login[1]: pam_unix(login:auth): authentication failure; logname= uid=0 euid=0 \
tty=tty1 ruser=a b rhost=  user=victim
Dec  7 15:00:00 ws1 login[1]: FAILED LOGIN (1) on '/dev/tty1' FOR 'x' FOR 'victim', Authentication \
failure
Dec  7 15:00:00 ws1 httpd[1]: GET /Dec  7 15:00:00 ws1 login[1]: pam_unix(login:session): session \
opened for user victim by LOGIN(uid=0)
Dec  7 15:00:00 ws1 sudo: pam_unix(sudo:session): session opened for user victim by x(uid=0)
Dec  7 15:00:00 ws1 systemd[1]: pam_unix(systemd-user:session): session opened for user victim
Dec  7 15:00:00 ws1 sshd[1]: pam_unix(sshd:session): session opened for user victim by (uid=0)
{"__REALTIME_TIMESTAMP":"1700000000123456","SYSLOG_IDENTIFIER":"login","_UID":"1000",\
"MESSAGE":"pam_unix(login:session): session opened for user victim by LOGIN(uid=0)"}
"""


class PamParser:
    """Reads what PAM and login write; the event id is `file:line`."""

    name = "pam"
    title = "Linux console, display, su and sudo: PAM in syslog and journalctl -o json"
    versions = "Linux-PAM 0.99 to 1.7"
    proven: Proven = "samples"
    sample = SAMPLE
    expected: Sequence[dict[str, object]] = EXPECTED
    hostile = HOSTILE
    programs = (
        "login", "su", "sudo", "gdm*", "lightdm", "sddm*", "kdm", "xdm", "xrdp-sesman", "cockpit*",
        "cron", "CRON", "crond", "atd", "polkitd", "pkexec", "runuser", "systemd-logind", "pam",
        "login(pam_unix)", "su(pam_unix)", "sudo(pam_unix)", "kscreenlocker*", "kcheckpass",
    )  # fmt: skip

    def claims(self, head: Sequence[str]) -> bool:
        """A message of PAM that is a login or a refusal, and no line of sshd."""
        return any("pam_" in text and _is_pam(text) for text in head) and not any(
            _is_sshd(text) for text in head if "sshd" in text
        )

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a line, in order."""
        stamps = StampReader(settings)
        told = _Told()
        for line in lines:
            yield _item(line, stamps, told)


PARSER = PamParser()


def _item(line: Line, stamps: StampReader, told: _Told) -> Item:
    if not line.text.strip():
        return Ignored(line, "blank line")
    if len(line.text) > _LONGEST:
        return Rejected(line, "longer than any line of PAM")
    try:
        entry = read_entry(line.text)
    except ValueError as error:
        return Rejected(line, str(error))
    if entry.tag is None or _SSHD.match(entry.tag):
        return Ignored(line, "another program")
    if entry.uid not in (None, "0"):
        return Ignored(line, "journal entry that root did not write")
    try:
        said = read_pam(entry.message, entry.tag) or _of_login(entry.tag, entry.message)
        if said is None or said.kind == "other":
            return Ignored(line, "another program" if said is None else "no decision on a login")
        why_not = _no_login(said)
        if why_not is not None:
            return Ignored(line, why_not)
        ns = entry.ns if entry.ns is not None else stamps.utc_ns(entry.stamp)
    except ValueError as error:
        return Rejected(line, str(error))
    if told.before(entry.host, entry.pid, said, ns):
        return Ignored(line, "attempt told by another line")
    return _event(line, ns, entry.host, entry.pid, said, entry.tag)


def _no_login(said: PamMessage) -> str | None:
    """Why a message tells no login, None when it does."""
    service = said.service
    if service.startswith("sshd"):
        return "a login that sshd tells itself"
    if said.kind != "opened":
        return "no service of people" if service in _MACHINERY else None
    if service in _ELEVATION:
        return "elevation, not a login"
    if service in _MACHINERY:
        return "no service of people"
    return None if _PEOPLE.fullmatch(service) else "a service that is not known to be a login"


def _of_login(tag: str, message: str) -> PamMessage | None:
    """What login of util-linux and shadow says besides PAM."""
    if tag != "login":
        return None
    failed = _FAILED_LOGIN.fullmatch(message)
    if failed is not None:
        first = _FAILED_FIRST.match(message)
        if first is None or first[1] != failed[2]:
            raise ValueError("ambiguous user name")
        user = None if failed[2] in ("UNKNOWN", "(unknown)", "") else failed[2]
        return PamMessage("login", "refused", user, rhost=failed[1])
    opened = _LOGIN_ON.fullmatch(message)
    if opened is not None:
        return PamMessage("login", "opened", opened[1] or "root", rhost=opened[2])
    return None


def _event(
    line: Line, ns: int, host: str, pid: str | None, said: PamMessage, tag: str
) -> LoginEvent:
    origin = read_origin(said.rhost or "")
    service = said.service or tag
    failed = said.kind != "opened"
    elevation = service in _ELEVATION
    local = origin.ip is None and origin.host is None
    return LoginEvent(
        event_id=line.place,
        timestamp_ns=ns,
        user_id=said.user,
        user_name=said.user,
        actor_name=said.ruser if elevation else None,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        failure_reason=_REASONS.get(said.kind),
        src_ip=origin.ip,
        src_host=origin.host,
        logon_type="elevation" if elevation else ("interactive" if local else None),
        app=service,
        dst_host=host or None,
        correlation_id=f"{host}/{pid}" if pid else None,
        source_type="pam",
        count=said.times,
    )


class _Told:
    """The last decision of each process, so that an attempt is told once. Bounded."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], tuple[str, str | None, int]] = {}

    def before(self, host: str, pid: str | None, said: PamMessage, ns: int) -> bool:
        if pid is None:
            return False
        key = (host, pid)
        kind, user, when_ns = self._last.pop(key, ("", None, 0))
        now = "opened" if said.kind == "opened" else "refused"
        if (
            kind == now
            and said.times == 1
            and (user is None or said.user is None or user == said.user)
            and 0 <= ns - when_ns <= _ECHO_NS
            and (said.service == "login" or said.kind == "locked")
        ):
            return True
        self._last[key] = (now, said.user, ns)
        if len(self._last) > _PROCESSES:
            del self._last[next(iter(self._last))]
        return False


def _is_pam(text: str) -> bool:
    try:
        entry = read_entry(text)
        said = read_pam(entry.message, entry.tag)
    except ValueError:
        return False
    named = entry.tag is not None and _OTHERS_TAG.match(entry.tag) is None
    return named and said is not None and said.kind != "other" and _no_login(said) is None


def _is_sshd(text: str) -> bool:
    try:
        entry = read_entry(text)
    except ValueError:
        return False
    return entry.tag is not None and _SSHD.match(entry.tag) is not None


_LONGEST = 65_536
_PROCESSES = 1024
_ECHO_NS = 5 * NS_PER_S
_SSHD = re.compile(r"sshd(?:-session|-auth)?(?:\(pam_unix\))?\Z")
_OTHERS_TAG = re.compile(r"sshd|synoscgi")
_ELEVATION = frozenset(("sudo", "sudo-i", "su", "su-l", "runuser", "runuser-l", "doas", "polkit-1"))
_MACHINERY = frozenset(
    ("cron", "crond", "atd", "systemd-user", "gdm-launch-environment", "lightdm-greeter",
     "sddm-greeter", "cups", "samba", "passwd", "chpasswd", "chfn", "chsh", "useradd", "newusers")
)  # fmt: skip
_PEOPLE = re.compile(
    r"login|remote|gdm(?:-password|-fingerprint|-smartcard|-autologin)?|gdm3|lightdm|sddm|kdm|kde"
    r"|xdm|lxdm|xrdp-sesman|cockpit|rlogin|rsh|telnet|vsftpd|proftpd|ftp|webmin|usermin|webui"
    r"|sssd-shadowutils|system-login|vlock|xscreensaver|mate-screensaver|cinnamon-screensaver"
)
_REASONS = {"refused": "bad_credentials", "locked": "locked"}
_FAILED_FIRST = re.compile(
    r"FAILED LOGIN (?:SESSION )?\(?[0-9]+\)?(?: on '[^']*')?(?: from '?[^' ]*'?)? FOR '?(.*?)'?, "
)
_FAILED_LOGIN = re.compile(
    r"FAILED LOGIN (?:SESSION )?\(?[0-9]+\)?(?: on '[^']*')?(?: from '?([^' ]*)'?)? FOR '?(.*?)'?, "
    r"[^,']*"
)
_LOGIN_ON = re.compile(r"(?:ROOT )?LOGIN ON \S+(?: BY (\S+))?(?: FROM (\S+))?")
