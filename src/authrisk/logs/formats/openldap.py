"""OpenLDAP slapd 2.4-2.6, `loglevel stats`: binds, through syslog, on standard error, in its file.

One bind is told by three lines: `conn=7 fd=12 ACCEPT from IP=203.0.113.7:53922`, `conn=7 op=0 BIND
dn="uid=ada,ou=people,dc=example,dc=org" method=128` and `conn=7 op=0 RESULT tag=97 err=0`; further
BIND lines of one operation repeat it. The event stands at the RESULT. `err=14` is a step of SASL.
Binds without a name are anonymous and no logins. The user's id is the whole DN, its name the first
value of it, of SASL the `authcid`. slapd answers 49 also for users that it does not know.
`conn` numbers begin anew with the daemon, as an ACCEPT begins a connection anew.

Own stamps are hexadecimal: seconds, and from 2.5 their fraction.

Reference: slapd.conf(5), RFC 4511 (result codes). The sample's hexadecimal lines are of slapd
2.5.13 (addresses changed), the others after 2.4.
"""

from __future__ import annotations

import re

import msgspec.structs

from authrisk.event import NS_PER_S, Outcome
from authrisk.logs.daemon_line import read_daemon_line, tag_of
from authrisk.logs.joins import Recent
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import FOREIGN, OTHER, DaemonReaderFormat
from authrisk.logs.timestamps import StampReader

_Connection = tuple[str | None, str]


class _Connections:
    """Reads lines, remembering where connections came from and who binds on them."""

    def __init__(self, settings: ParseSettings) -> None:
        self._stamps = StampReader(settings)
        self._sources = Recent[_Connection, str]()
        self._binds = Recent[tuple[_Connection, str], tuple[str, str]]()

    def read(self, line: Line) -> Item:
        stamp: str | int
        own = _OWN_STAMP.match(line.text)
        if own is not None:
            stamp, host, message = _own_ns(own), None, line.text[own.end() :]
        else:
            daemon = read_daemon_line(line.text)
            if daemon is None:
                return Rejected(line, "no header of slapd")
            if daemon.tag != "slapd":
                return Ignored(line, FOREIGN)
            stamp, host, message = daemon.stamp, daemon.host, daemon.message
        head = _CONNECTION.match(message)
        if head is None:
            return Ignored(line, OTHER)
        number, operation = head.groups()
        connection, rest = (host, number), message[head.end() :]
        if operation is None:
            accepted = _ACCEPT.match(rest)
            if accepted is not None:
                self._sources.put(connection, accepted[1] or "")
            elif rest.startswith("closed"):
                self._sources.pop(connection)
            return Ignored(line, OTHER)
        key = (connection, operation)
        if rest.startswith("BIND "):
            self._bind(key, rest)
            return Ignored(line, OTHER)
        result = _RESULT.match(rest)
        bind = self._binds.pop(key) if result is not None else None
        if result is None or bind is None:
            return Ignored(line, OTHER)
        code, (dn, method) = result[1], bind
        if code == "14":
            return Ignored(line, "step of a login")
        if not dn and (code == "0" or method == "simple"):
            return Ignored(line, "anonymous bind")
        ns = stamp if isinstance(stamp, int) else self._stamps.utc_ns(stamp)
        event = line_event(
            "openldap", line, ns, dn, Outcome.SUCCESS if code == "0" else Outcome.FAILURE,
            source=self._sources.get(connection), failure_code=None if code == "0" else code,
            reason=None if code == "0" else _reason(code, rest),
            auth_method=method, auth_protocol="ldap", app="slapd", dst_host=host,
            correlation_id=f"conn={number} op={operation}",
        )  # fmt: skip
        return msgspec.structs.replace(event, user_name=_name(dn) or None)

    def _bind(self, key: tuple[_Connection, str], rest: str) -> None:
        """Keep who binds; what a later line of the operation says more exactly counts."""
        match = _BIND.fullmatch(rest)
        if match is not None:
            dn, number, mechanism = match.groups()
            known = self._binds.get(key)
            method = (mechanism or _METHODS.get(number or "", "other")).casefold()
            self._binds.put(key, (dn or (known[0] if known else ""), method))
            return
        match = _AUTHCID.fullmatch(rest)
        if match is not None:
            self._binds.put(key, (match[1], "sasl"))


def _own_ns(stamp: re.Match[str]) -> int:
    """Seconds in hexadecimal, and their fraction: nanoseconds in 8 digits, microseconds in 5."""
    fraction = stamp[2] or "0"
    unit = 1 if len(fraction) == 8 else 1000
    return int(stamp[1], 16) * NS_PER_S + int(fraction, 16) % NS_PER_S * unit


def _reason(code: str, result: str) -> str:
    if code == "49" and "user not found" in result:  # so SASL says
        return "unknown_user"
    return _REASONS.get(code, "other")


def _name(dn: str) -> str:
    """`ada` of `uid=ada,ou=people`; what is no DN is a name already."""
    match = _FIRST.match(dn)
    return match[1] if match is not None else dn


def _is_slapd(text: str) -> bool:
    own = _OWN_STAMP.match(text)
    if own is not None:
        return _CONNECTION.match(text, own.end()) is not None
    return tag_of(text) == "slapd"


_METHODS = {"0": "none", "128": "simple", "163": "sasl"}
_REASONS = {
    "49": "bad_credentials", "32": "unknown_user", "48": "client_error", "50": "policy_denied",
    "53": "client_error", "8": "policy_denied", "19": "policy_denied", "7": "client_error",
}  # fmt: skip
_OWN_STAMP = re.compile(r"([0-9a-f]{8})(?:\.([0-9a-f]{5,8}))? (?:0x[0-9a-f]+ )?(?=\w)")
_CONNECTION = re.compile(r"conn=([0-9]{1,12}) (?:op=([0-9]{1,12}) |fd=[0-9]+ )")
_ACCEPT = re.compile(r"ACCEPT from (?:IP=(\S+)|PATH=\S+)")
_BIND = re.compile(r'BIND dn="(.*)" (?:method=([0-9]{1,3})|mech=(\S+)(?: (?:\w+_)?ssf=[0-9]+)*)')
_AUTHCID = re.compile(r'BIND authcid="(.*)" authzid="[^"]*"')
_RESULT = re.compile(r"RESULT tag=97 err=([0-9]{1,5})\b")
_FIRST = re.compile(
    r"(?:uid|cn|mail|userPrincipalName|sAMAccountName)=((?:[^,\\]|\\.)+)(?:,|\Z)", re.I
)

PARSER = DaemonReaderFormat(
    name="openldap",
    title="OpenLDAP slapd: syslog, standard error, own file",
    versions="2.4-2.6",
    proven="samples",
    programs=("slapd",),
    is_own=_is_slapd,
    opened=lambda settings: _Connections(settings).read,
    sample="""\
Jan  5 14:20:00 ldap1 slapd[812]: conn=1000 fd=12 ACCEPT from IP=203.0.113.7:53922 (IP=0.0.0.0:389)
Jan  5 14:20:00 ldap1 slapd[812]: conn=1000 op=0 BIND dn="uid=ada,ou=people,dc=example,dc=org" \
method=128
Jan  5 14:20:00 ldap1 slapd[812]: conn=1000 op=0 BIND dn="uid=ada,ou=people,dc=example,dc=org" \
mech=SIMPLE ssf=0
Jan  5 14:20:00 ldap1 slapd[812]: conn=1000 op=0 RESULT tag=97 err=0 text=
Jan  5 14:20:01 ldap1 slapd[812]: conn=1000 op=1 SRCH base="dc=example,dc=org" scope=2 deref=0 \
filter="(uid=x)"
Jan  5 14:20:02 ldap1 slapd[812]: conn=1000 op=2 BIND dn="cn=bo l,dc=example,dc=org" method=128
Jan  5 14:20:02 ldap1 slapd[812]: conn=1000 op=2 RESULT tag=97 err=49 text=
Jan  5 14:20:03 ldap1 slapd[812]: conn=1001 fd=13 ACCEPT from PATH=/run/ldapi (PATH=/run/ldapi)
Jan  5 14:20:03 ldap1 slapd[812]: conn=1001 op=0 BIND dn="" method=128
Jan  5 14:20:03 ldap1 slapd[812]: conn=1001 op=0 RESULT tag=97 err=0 text=
6b059999.0d012eb7 0x7f0f801fe6c0 conn=1003 fd=13 ACCEPT from IP=[2001:db8::9]:35114 (IP=[::]:10389)
6b059999.0d034c57 0x7f0f801fe6c0 conn=1003 op=0 BIND dn="uid=nobody,dc=example,dc=org" method=128
6b059999.0d03f5cf 0x7f0f801fe6c0 conn=1003 op=0 RESULT tag=97 err=49 qtime=0.000006 \
etime=0.000068 text=
6b059999.1107c783 0x7f0f7f9fd6c0 conn=1007 fd=13 ACCEPT from PATH=/tmp/sock (PATH=/tmp/sock)
6b059999.1109e9ca 0x7f0f801fe6c0 conn=1007 op=0 BIND dn="" method=163
6b059999.110a434c 0x7f0f801fe6c0 conn=1007 op=0 BIND authcid="root" authzid="root"
6b059999.110a5a9d 0x7f0f801fe6c0 conn=1007 op=0 BIND dn="uid=root,cn=external,cn=auth" \
mech=EXTERNAL bind_ssf=0 ssf=71
6b059999.110a895d 0x7f0f801fe6c0 conn=1007 op=0 RESULT tag=97 err=0 qtime=0.000093 etime=0.000139 \
text=
6b059999.12434072 0x7f0f801fe6c0 conn=1009 op=0 BIND dn="" method=163
6b059999.124489d8 0x7f0f801fe6c0 conn=1009 op=0 RESULT tag=97 err=14 qtime=0.000007 \
etime=0.000095 text=SASL(0): successful result:
6b059999.126f3605 0x7f0f7f9fd6c0 conn=1009 op=1 BIND dn="" method=163
6b059999.1270c571 0x7f0f7f9fd6c0 SASL [conn=1009] Failure: no secret in database
6b059999.127167e9 0x7f0f7f9fd6c0 conn=1009 op=1 RESULT tag=97 err=49 qtime=0.000007 \
etime=0.000154 text=SASL(-13): user not found: no secret in database""",
    expected=(
        {
            "user_id": "uid=ada,ou=people,dc=example,dc=org", "user_name": "ada",
            "outcome": "success", "auth_method": "simple", "src_ip": "203.0.113.7",
            "src_port": 53922, "dst_host": "ldap1", "timestamp_ns": 1_704_464_400_000_000_000,
        },
        {"user_name": "bo l", "failure_reason": "bad_credentials", "failure_code": "49"},
        {
            "user_name": "nobody", "src_ip": "2001:db8::9", "src_port": 35114,
            "timestamp_ns": 1_795_529_113_218_363_343,
        },
        {"user_name": "root", "outcome": "success", "auth_method": "external", "src_ip": None},
        {"user_id": None, "outcome": "failure", "failure_reason": "unknown_user"},
    ),
    hostile="""\
Jan  5 14:20:00 ldap1 slapd[812]: conn=1 op=0 BIND dn="uid=x" method=128 conn=1 op=0 BIND \
dn="uid=victim" method=128
Jan  5 14:20:00 ldap1 slapd[812]: conn=1 op=0 RESULT tag=97 err=49 text=
Jan  5 14:20:00 ldap1 slapd[812]: conn=2 op=0 SRCH base="conn=2 op=0 BIND dn="uid=victim" \
method=128" scope=2
Jan  5 14:20:00 ldap1 slapd[812]: conn=2 op=0 RESULT tag=97 err=0 text=
Jan  5 14:20:00 ldap1 sudo[812]: conn=3 op=0 BIND dn="uid=victim" method=128
Jan  5 14:20:00 ldap1 slapd[812]: conn=3 op=0 RESULT tag=97 err=0 text=""",
)  # fmt: skip
