"""Status codes of Windows logons -> why a login failed.

NTSTATUS codes are those of [MS-ERREF] 2.3, Kerberos codes those of RFC 4120, 7.5.9, as the events
4625, 4776 (NTSTATUS), 4768 and 4771 (Kerberos) print them.
"""

from __future__ import annotations

import re


def status_code(value: str | None) -> str | None:
    """One spelling of a status, hexadecimal in lower case; None for none and for text.

    >>> status_code("0xC000006D"), status_code("-1073741715"), status_code("0x00000000")
    ('0xc000006d', '0xc000006d', '0x0')
    """
    if value is None or not _CODE.fullmatch(value):
        return None
    number = int(value, 16) if value[:2].lower() == "0x" else int(value)
    return hex(number & 0xFFFF_FFFF)


def nt_reason(code: str | None) -> str | None:
    """The reason of an NTSTATUS code as `status_code` spells it.

    >>> nt_reason("0xc0000064"), nt_reason("0xc000010b")
    ('unknown_user', 'other')
    """
    return None if code is None else _NT.get(code, "other")


def kerberos_reason(code: str | None) -> str | None:
    """The reason of a Kerberos error as `status_code` spells it.

    >>> kerberos_reason("0x18"), kerberos_reason("0x25")
    ('bad_credentials', 'client_error')
    """
    return None if code is None else _KERBEROS.get(code, "other")


def named_reason(name: str) -> str:
    """The reason of an NTSTATUS by name, as Samba writes it.

    >>> named_reason("NT_STATUS_WRONG_PASSWORD")
    'bad_credentials'
    """
    return _NAMED.get(name.removeprefix("NT_STATUS_"), "other")


PREAUTH_NEEDED = "0x19"
"""The first half of every Kerberos login, no failure."""

_CODE = re.compile(r"0[xX][0-9A-Fa-f]{1,16}|-?[0-9]{1,11}")
_NT = {
    "0xc0000064": "unknown_user",
    "0xc000006a": "bad_credentials",
    "0xc000006d": "bad_credentials",
    "0xc000006e": "policy_denied",
    "0xc000006f": "policy_denied",  # outside of the allowed hours
    "0xc0000070": "policy_denied",  # not from this workstation
    "0xc0000071": "expired_password",
    "0xc0000072": "disabled",
    "0xc0000133": "client_error",  # clocks too far apart
    "0xc000015b": "policy_denied",  # lacks the right to this type of logon
    "0xc0000193": "expired_account",
    "0xc0000224": "expired_password",  # must be changed first
    "0xc0000234": "locked",
    "0xc0000413": "policy_denied",  # authentication firewall
    "0xc000005e": "other",  # no domain controller
}
_KERBEROS = {
    "0x1": "expired_account",
    "0x6": "unknown_user",
    "0xc": "policy_denied",
    "0x12": "locked",  # revoked: locked out, disabled or expired; the code does not say which
    "0x17": "expired_password",
    "0x18": "bad_credentials",
    "0x25": "client_error",  # clocks too far apart
}
_NAMED = {
    "NO_SUCH_USER": "unknown_user",
    "WRONG_PASSWORD": "bad_credentials",
    "LOGON_FAILURE": "bad_credentials",
    "ACCOUNT_RESTRICTION": "policy_denied",
    "INVALID_LOGON_HOURS": "policy_denied",
    "INVALID_WORKSTATION": "policy_denied",
    "LOGON_TYPE_NOT_GRANTED": "policy_denied",
    "PASSWORD_EXPIRED": "expired_password",
    "PASSWORD_MUST_CHANGE": "expired_password",
    "ACCOUNT_DISABLED": "disabled",
    "ACCOUNT_EXPIRED": "expired_account",
    "ACCOUNT_LOCKED_OUT": "locked",
    "TIME_DIFFERENCE_AT_DC": "client_error",
}
