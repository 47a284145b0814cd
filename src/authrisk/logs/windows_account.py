"""Which accounts of Windows and Kerberos are people's, by their names."""

from __future__ import annotations

import re


def account_kind(user_name: str | None, domain: str | None = None) -> str | None:
    """machine, system, service or anonymous; None for what may be a person.

    >>> [account_kind(name) for name in ("WS5$", "SYSTEM", "DWM-1", "host/web1", "ann")]
    ['machine', 'system', 'system', 'service', None]
    >>> account_kind("MSSQL", "NT SERVICE")
    'service'
    """
    if not user_name:
        return None
    name = user_name[:_LONGEST].upper()
    if name.partition("@")[0].endswith("$"):
        return "machine"
    if name in _NAMED:
        return _NAMED[name]
    if _DESKTOP.fullmatch(name):
        return "system"
    if name.startswith("HEALTHMAILBOX") or "/" in name or (domain or "").upper() in _SERVICES:
        return "service"
    return None


_LONGEST = 1024
_NAMED = {
    "ANONYMOUS LOGON": "anonymous",
    "ANONYMOUS": "anonymous",
    "SYSTEM": "system",
    "LOCAL SERVICE": "system",
    "NETWORK SERVICE": "system",
    "IUSR": "service",
}
_DESKTOP = re.compile(r"(?:DWM|UMFD)-[0-9]{1,5}")
_SERVICES = frozenset(("NT SERVICE", "IIS APPPOOL", "NT VIRTUAL MACHINE"))
