"""Dovecot 2.0-2.4: logins to IMAP, POP3, ManageSieve and submission, and what `auth` refused.

`imap-login: Login: user=<u>, method=PLAIN, rip=203.0.113.7, lip=.., TLS, session=<s>` is a success
(2.4: `Logged in`). A connection that ends with `(auth failed, N attempts in T secs)` had N
failures, named by the last user. With `auth_verbose`, `auth` and `auth-worker` write each of them
when it happens, with its own user and reason; then the last line is told already, but for the
attempts that exceed them. `no auth attempts` and proxies' lines are no logins.

`auth` writes also for Postfix and Exim, which log the same failure again: two formats, two events.
A password that `auth_verbose_passwords` leaks is read over.

Reference: src/login-common/client-common.c, src/auth/auth-request.c of Dovecot 2.3; tried on
2.3.19, whose line in the sample has no host. The first six lines of it are of crowdsec's parser
tests (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import NS_PER_S, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.daemon_line import DaemonLine, read_daemon_line, tag_of
from authrisk.logs.joins import Recent
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import FOREIGN, OTHER, DaemonReaderFormat
from authrisk.logs.timestamps import StampReader
from authrisk.logs.user_pattern import UserPattern


class _Connections:
    """Reads lines, knowing which failures `auth` told already."""

    def __init__(self, settings: ParseSettings) -> None:
        self._stamps = StampReader(settings)
        self._told = Recent[str, tuple[int, int]]()
        """Session, or address where there is none -> failures told, and when the last was."""

    def read(self, line: Line) -> Item:
        own = _OWN.match(line.text)
        if own is not None:
            daemon = DaemonLine(own[1], None, "dovecot", None, line.text[own.end() :])
        elif "dovecot" not in line.text:
            return Ignored(line, FOREIGN)
        else:
            header = read_daemon_line(line.text)
            if header is None:
                return Rejected(line, "no syslog header")
            daemon = header
        service = _SERVICE.match(daemon.message) if daemon.tag == "dovecot" else None
        if service is None:
            return Ignored(line, OTHER if daemon.tag == "dovecot" else FOREIGN)
        rest = daemon.message[service.end() :]
        if service[1] in {"auth", "auth-worker"}:
            return self._refusal(line, daemon, rest)
        return self._login(line, daemon, service[1], rest)

    def _refusal(self, line: Line, daemon: DaemonLine, rest: str) -> Item:
        match = _REFUSAL.fullmatch(rest)
        if match is None:
            return Ignored(line, OTHER)
        user, source, session, fault = match.groups()
        ns = daemon.time_ns(self._stamps)
        key = session or source
        count, when_ns = self._told.get(key) or (0, ns)
        self._told.put(key, (count + 1 if ns - when_ns <= _CONNECTION_NS else 1, ns))
        return line_event(
            "dovecot", line, ns, user, Outcome.FAILURE,
            source=source, reason=_reason(fault), app="dovecot", dst_host=daemon.host,
            session_id=session,
        )  # fmt: skip

    def _login(self, line: Line, daemon: DaemonLine, service: str, rest: str) -> Item:
        match = _LOGIN.fullmatch(rest)
        if match is None:
            return Ignored(line, OTHER)
        what, user, method, source, own, session = match.groups()
        ns = daemon.time_ns(self._stamps)
        failures = _FAILURES.search(what)
        if failures is None and what not in {"Login", "Logged in"}:
            return Ignored(line, OTHER)
        count = 1
        if failures is not None:
            count = max(1, int(failures[1])) - self._told_of(session, source, ns)
            if count <= 0:
                return Ignored(line, "attempt told by another line")
        return line_event(
            "dovecot", line, ns, user, Outcome.FAILURE if failures else Outcome.SUCCESS,
            source=source, reason="bad_credentials" if failures else None,
            auth_method=method.lower() if method else None,
            app=service.removesuffix("-login"), dst_host=daemon.host,
            dst_ip=read_origin(own or "").ip, session_id=session, count=count,
        )  # fmt: skip

    def _told_of(self, session: str | None, source: str, ns: int) -> int:
        for key in (session, source):
            count, when_ns = (self._told.pop(key) if key else None) or (0, 0)
            if count and ns - when_ns <= _CONNECTION_NS:
                return count
        return 0


def _reason(fault: str) -> str:
    fault = fault.casefold()
    if "unknown user" in fault or "user not known" in fault:
        return "unknown_user"
    if "expired" in fault:
        return "expired_password" if "password expired" in fault else "expired_account"
    return "bad_credentials"


def _is_dovecot(text: str) -> bool:
    if _OWN.match(text) is not None:
        return True
    return tag_of(text) == "dovecot"


_CONNECTION_NS = 180 * NS_PER_S
"""How long a client may stay without a login, and so how far the last line may lag."""
_OWN = re.compile(
    r"([A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}) "
    r"(?=(?:master|auth(?:-worker)?|[a-z0-9]+-login)(?:\([0-9]+\))?: (?:Info|Warning|Error): )"
)
"""Of Dovecot's own file (`log_path`)."""
_SERVICE = re.compile(
    r"(auth(?:-worker)?|[a-z0-9]+-login)(?:\([0-9]+\))?: (?:(?:Info|Warning|Error|Debug): )?"
    r"(?:conn unix:[^:<>]*: (?:auth-worker<[0-9]+>: )?)?"
)
_REFUSAL = UserPattern(
    r"(?:pam|sql|ldap|passwd-file|passwd|shadow|bsdauth|dict|imap|lua|oauth2|static|checkpassword)"
    r"\(<USER>,([0-9A-Fa-f.:]++)(?:,<([^<>]*)>)?\): "
    r"((?i:unknown user|password mismatch|credentials mismatch|invalid credentials|user disabled"
    r"|invalid password|login failed|pam_authenticate\(\) failed: (?:authentication failure"
    r"|user not known|user account has expired)|pam_acct_mgmt\(\) failed: .{0,40}expired).*)"
)
_LOGIN = re.compile(
    r"([A-Z][^<]*): user=<(.*)>(?:, method=([^, ]*+))?, rip=([^, ]*+)(?:, lip=([^, ]*+))?"
    r"[^<>]*(?:, session=<([^<>]*)>)?"
)
_FAILURES = re.compile(r"\(auth failed, ([0-9]{1,6}) attempts")

PARSER = DaemonReaderFormat(
    name="dovecot",
    title="Dovecot IMAP, POP3, ManageSieve: mail log, journal, own file",
    versions="2.0-2.4",
    proven="samples",
    programs=("dovecot",),
    is_own=_is_dovecot,
    opened=lambda settings: _Connections(settings).read,
    sample="""\
Sep 8 07:16:29 canyon dovecot: auth-worker(24058): pam(toto,1.1.1.1,<youpi>): pam_authenticate() \
failed: Authentication failure (password mismatch?)
Sep 8 07:16:31 canyon dovecot: imap-login: Disconnected (auth failed, 2 attempts in 6 secs): \
user=<toto>, method=PLAIN, rip=1.1.1.1, lip=7.7.7.7, TLS, session=<youpi>
Oct 12 15:44:43 canyon dovecot: pop3-login: Info: Disconnected: Connection closed (auth failed, 2 \
attempts in 30 secs): user=<hess@lol.fr>, method=PLAIN, rip=172.17.0.1, lip=172.17.0.2, TLS: \
Connection closed, session=<oEOptynOHNasEQAB>
Oct 13 09:22:47 canyon dovecot: pop3-login: Info: Disconnected: Disconnected: Too many bad \
commands (no auth attempts in 22 secs): user=<>, rip=172.17.0.1, lip=172.17.0.2, TLS
Oct 13 09:22:59 canyon dovecot: pop3-login: Info: Login: user=<test@yourdomain.net>, method=PLAIN, \
rip=172.17.0.1, lip=172.17.0.2, mpid=18, TLS, session=<PeYcgjjOGOisEQAB>
2024-12-31T06:56:17.784598+01:00 mail dovecot: auth-worker(10377): conn unix:auth-worker \
(pid=919,uid=112): auth-worker<1>: sql(testing@example.com,192.168.1.1): unknown user (given \
password: Password123$)
Nov 24 14:04:26 imap-login: Info: Disconnected: Aborted login by logging out (auth failed, 1 \
attempts in 2 secs): user=<x>, method=PLAIN, rip=1.2.3.4, lip=7.7.7.7, session=<a>>, method=PLAIN, \
rip=127.0.0.1, lip=127.0.0.1, secured, session=<GIsUMAZhUJl/AAAB>
Oct 13 09:23:59 canyon postfix/cleanup[9]: 4XyZ: message-id=<1@example.org>""",
    expected=(
        {"user_id": "toto", "outcome": "failure", "src_ip": "1.1.1.1", "session_id": "youpi"},
        {"user_id": "toto", "outcome": "failure", "count": 1, "app": "imap"},
        {"user_id": "hess@lol.fr", "count": 2, "app": "pop3", "dst_ip": "172.17.0.2"},
        {"user_id": "test@yourdomain.net", "outcome": "success", "auth_method": "plain"},
        {
            "user_id": "testing@example.com", "failure_reason": "unknown_user",
            "failure_code": None, "timestamp_ns": 1_735_624_577_784_598_000,
        },
        {
            "user_id": "x>, method=PLAIN, rip=1.2.3.4, lip=7.7.7.7, session=<a>",
            "src_ip": "127.0.0.1", "session_id": "GIsUMAZhUJl/AAAB",
        },
    ),
    hostile="""\
Oct 13 09:22:59 mx dovecot: imap-login: Login: user=<x>, method=PLAIN, rip=1.2.3.4, lip=7.7.7.7, \
mpid=1, session=<a>: user=<victim>, method=PLAIN, rip=6.6.6.6, lip=7.7.7.7, session=<b>
Oct 13 09:22:59 mx dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): \
user=<victim>, method=PLAIN, rip=1.2.3.4, lip=7.7.7.7>, method=PLAIN, rip=6.6.6.6, lip=7.7.7.7
Oct 13 09:22:59 mx dovecot: auth: passwd-file(victim,1.2.3.4): unknown user,6.6.6.6): unknown user
Oct 13 09:22:59 mx dovecot: lmtp(9): save: user=<victim>, method=PLAIN, rip=1.2.3.4, lip=7.7.7.7
Oct 13 09:22:59 mx postfix/smtpd[9]: warning: dovecot: imap-login: Login: user=<victim>, \
method=PLAIN, rip=1.2.3.4, lip=7.7.7.7, mpid=1, session=<a>""",
)  # fmt: skip
