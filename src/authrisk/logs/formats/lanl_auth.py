"""auth.txt of the LANL comprehensive cyber-security data set (Kent, 2015).

`time,source user@domain,destination user@domain,source computer,destination computer,
authentication type,logon type,orientation,Success|Fail`; `?` is unknown. There are no dates: the
time counts seconds from the start of the collection and is taken as seconds since 1970-01-01 UTC
(1 is 00:00:01). Only `LogOn` is a login; tickets, log-offs, locks and mappings are ignored.
The user is the destination user; the source user is the actor where it is another.
"""

from __future__ import annotations

from authrisk.event import NS_PER_S, LoginEvent, Outcome
from authrisk.logs.parser import Ignored, Item, Line
from authrisk.logs.reader_format import UniformReaderFormat

SAMPLE = """\
1,U101@DOM1,U101@DOM1,C1862,C1862,Negotiate,Interactive,LogOn,Success
2,C608$@DOM1,C608$@DOM1,C608,C612,Kerberos,Network,LogOn,Success
3,U7@DOM1,U8@DOM1,C17693,C728,MICROSOFT_AUTHENTICATION_PACKAGE_V1_0,NetworkCleartext,LogOn,Fail
4,ANONYMOUS LOGON@C586,ANONYMOUS LOGON@C586,?,C586,?,?,LogOn,Success
5,U101@DOM1,U101@DOM1,C1862,C1862,?,Interactive,LogOff,Success
6,U10@DOM1,U10@DOM1,C229,C457,?,?,TGS,Success
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "log:1",
        "timestamp_ns": NS_PER_S,
        "user_id": "U101@DOM1",
        "user_name": "U101",
        "user_domain": "DOM1",
        "account_kind": None,
        "actor_name": None,
        "src_host": "C1862",
        "dst_host": "C1862",
        "src_ip": None,
        "auth_method": "negotiate",
        "auth_protocol": None,
        "logon_type": "interactive",
        "outcome": "success",
        "source_type": "lanl_auth",
    },
    {
        "user_id": "C608$@DOM1",
        "account_kind": "machine",
        "auth_method": "kerberos",
        "auth_protocol": "kerberos",
        "logon_type": "network",
    },
    {
        "user_id": "U8@DOM1",
        "actor_name": "U7@DOM1",
        "auth_method": "ntlm",
        "auth_protocol": "ntlm",
        "logon_type": "network_cleartext",
        "outcome": "failure",
    },
    {
        "user_id": "ANONYMOUS LOGON@C586",
        "account_kind": "anonymous",
        "src_host": None,
        "auth_method": None,
        "logon_type": None,
    },
)

HOSTILE = """\
1,U1@DOM1,victim,C1,C2,Kerberos,Network,LogOn,Success,LogOn,Success
1,U1@DOM1,x,victim@DOM1,victim@DOM1,C1,C1,?,?,LogOn,Success
1,U1@DOM1,victim,C1,C2,Kerberos,Network,LogOff,Success
-1,U1@DOM1,victim,C1,C2,Kerberos,Network,LogOn,Success
99999999999999999999,U1@DOM1,victim,C1,C2,Kerberos,Network,LogOn,Success
x 1,U1@DOM1,victim,C1,C2,Kerberos,Network,LogOn,Success
1,U1@DOM1,victim,C1,C2,Kerberos,Network,LogOn,Success 
"""  # noqa: W291 - lines as the log has them

NO_LOGINS = frozenset(
    ("LogOff", "TGT", "TGS", "AuthMap", "ScreenLock", "ScreenUnlock", "?"),
)
"""Orientations that are no login of a user at a computer."""

LOGON_TYPES = {
    "Interactive": "interactive",
    "Network": "network",
    "Batch": "batch",
    "Service": "service",
    "Unlock": "unlock",
    "NetworkCleartext": "network_cleartext",
    "NewCredentials": "new_credentials",
    "RemoteInteractive": "remote_interactive",
    "CachedInteractive": "cached_interactive",
}


def _read(line: Line) -> Item:
    seconds, actor, user, src_host, dst_host, package, logon_type, orientation, outcome = _fields(
        line.text
    )
    if orientation in NO_LOGINS:
        return Ignored(line, f"{orientation} is not a login")
    user_name, _, user_domain = user.rpartition("@") if "@" in user else (user, "", "")
    method = _method(package)
    return LoginEvent(
        event_id=line.place,
        timestamp_ns=int(seconds) * NS_PER_S,
        user_id=_said(user),
        user_name=_said(user_name),
        user_domain=_said(user_domain),
        account_kind=_account_kind(user_name),
        actor_name=_said(actor) if actor != user else None,
        src_host=_said(src_host),
        dst_host=_said(dst_host),
        auth_method=method,
        auth_protocol=method if method in ("kerberos", "ntlm") else None,
        logon_type=LOGON_TYPES.get(logon_type, _said(logon_type.lower())),
        outcome=Outcome.SUCCESS if outcome == "Success" else Outcome.FAILURE,
        source_type="lanl_auth",
    )


def _fields(text: str) -> list[str]:
    """The nine fields; raises ValueError with the cause why the line has none."""
    fields = text.split(",")
    if len(fields) != 9:
        raise ValueError("not 9 fields")
    seconds, *_, orientation, outcome = fields
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 9):
        raise ValueError("the time is no number of seconds")
    if orientation != "LogOn" and orientation not in NO_LOGINS:
        raise ValueError("unknown orientation")
    if outcome not in ("Success", "Fail"):
        raise ValueError("neither Success nor Fail")
    return fields


def _is_row(text: str) -> bool:
    try:
        _fields(text)
    except ValueError:
        return False
    return True


def _said(text: str) -> str | None:
    return None if text in ("?", "") else text


def _account_kind(user_name: str) -> str | None:
    if user_name.endswith("$"):
        return "machine"
    return _SPECIAL.get(user_name.upper())


def _method(package: str) -> str | None:
    if package.startswith("MICROSOFT_AUTH"):  # cut short in places; the package MSV1_0 is NTLM
        return "ntlm"
    return _said(package.lower())


_SPECIAL = {
    "ANONYMOUS LOGON": "anonymous",
    "SYSTEM": "system",
    "LOCAL SERVICE": "system",
    "NETWORK SERVICE": "system",
}

PARSER = UniformReaderFormat(
    name="lanl_auth",
    title="LANL auth.txt: nine comma-separated fields, seconds from the start",
    versions="2015",
    proven="samples",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    is_own=_is_row,
    opened=lambda _settings: _read,
)
