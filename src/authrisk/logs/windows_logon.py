"""Which records of the Windows Security log are logins, and what each says.

4624 and 4625 at the computer itself; 4768, 4771 (Kerberos) and 4776 (NTLM) at a domain controller;
4648, credentials used at another computer; AD FS 1202, 1203 and 411. Subject is who asks, Target
is whose account it is.
"""

from __future__ import annotations

from typing import NamedTuple

from authrisk.event import Outcome
from authrisk.logs.address import NOWHERE, Origin, read_origin
from authrisk.logs.adfs import read_audit, read_refusal
from authrisk.logs.windows_record import WindowsRecord
from authrisk.logs.windows_status import PREAUTH_NEEDED, kerberos_reason, nt_reason, status_code


class Decision(NamedTuple):
    """What one record says about one login. Absent is None."""

    outcome: Outcome
    user: str | None
    domain: str | None = None
    reason: str | None = None
    code: str | None = None
    origin: Origin = NOWHERE
    host: str | None = None
    method: str | None = None
    protocol: str | None = None
    actor: str | None = None
    target: str | None = None
    """The computer that was logged in to, where it is not the one that wrote the record."""
    app: str | None = None
    user_agent: str | None = None
    mfa: bool | None = None
    session: str | None = None


def decide(record: WindowsRecord) -> Decision | str:
    """The login that a record tells, or the reason why it tells none.

    Raises ValueError saying what is missing in a record of a login.
    """
    rule = _RULES.get(record.code or 0)
    return why_no_login(record.code or 0) if rule is None else rule(record)


def why_no_login(code: int) -> str:
    """Why an event of this id is no login.

    >>> why_no_login(4634), why_no_login(5156)
    ('log-off', 'another event')
    """
    return _NO_LOGIN.get(code, "another event")


def short_host(host: str | None) -> str:
    """A computer's name without its domain, in one case, to compare by.

    >>> short_host("DC1.corp.example"), short_host(None)
    ('DC1', '')
    """
    return (host or "").partition(".")[0].upper()


def joined_name(user: str | None, domain: str | None) -> str | None:
    """`name@domain` where Windows names a domain and the name holds none.

    >>> joined_name("ann", "CORP"), joined_name("ann@corp.example", "CORP"), joined_name("", "CORP")
    ('ann@CORP', 'ann@corp.example', None)
    """
    return f"{user}@{domain}" if user and domain and "@" not in user else user or None


def _logon(record: WindowsRecord) -> Decision | str:
    package = (record.said("AuthenticationPackageName") or "").lower()
    method = "ntlm" if package.startswith("microsoft_auth") else package or None
    spoken = record.said("LmPackageName") or (method if method in ("kerberos", "ntlm") else None)
    failed = record.code == 4625
    status, sub_status = status_code(record.said("Status")), status_code(record.said("SubStatus"))
    code = (sub_status if sub_status not in (None, "0x0") else status) if failed else None
    session = None if failed else record.said("TargetLogonId")
    return Decision(
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        user=record.said("TargetUserName"),
        domain=record.said("TargetDomainName"),
        reason=nt_reason(code),
        code=code,
        origin=read_origin(record.said("IpAddress") or ""),
        host=record.said("WorkstationName"),
        method=method,
        protocol=spoken.lower().replace(" ", "_") if spoken else None,
        session=None if session in (None, "0x0") else session,
    )


def _ticket(record: WindowsRecord) -> Decision | str:
    code = status_code(record.said("Status", "FailureCode", "ResultCode"))
    if code is None:
        raise ValueError("a ticket without a status")
    if code == PREAUTH_NEEDED:
        return "first step of a Kerberos login"
    failed = record.code == 4771 or code != "0x0"
    return Decision(
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        user=record.said("TargetUserName"),
        domain=record.said("TargetDomainName"),
        reason=kerberos_reason(code) if failed else None,
        code=code if failed else None,
        origin=read_origin(record.said("IpAddress") or ""),
        method="cert" if record.said("PreAuthType") in _PKINIT else "kerberos",
        protocol="kerberos",
    )


def _ntlm(record: WindowsRecord) -> Decision | str:
    code = status_code(record.said("Status"))
    if code is None:
        raise ValueError("a check of credentials without a status")
    failed = code != "0x0"
    return Decision(
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        user=record.said("TargetUserName"),
        domain=record.said("TargetDomainName"),
        reason=nt_reason(code) if failed else None,
        code=code if failed else None,
        host=(record.said("Workstation") or "").lstrip("\\") or None,
        method="ntlm",
        protocol="ntlm",
    )


def _explicit(record: WindowsRecord) -> Decision | str:
    target = (record.said("TargetServerName") or "").rstrip("$") or None
    here = short_host(record.computer)
    if target is None or short_host(target) in (here, "LOCALHOST"):
        return "credentials used at the same computer, told by 4624 or 4625"
    return Decision(
        outcome=Outcome.UNKNOWN,
        user=record.said("TargetUserName"),
        domain=record.said("TargetDomainName"),
        host=record.computer,
        actor=joined_name(record.said("SubjectUserName"), record.said("SubjectDomainName")),
        target=target,
    )


def _federated(record: WindowsRecord) -> Decision | str:
    audit = read_audit(record.all_texts())
    if audit is None:
        raise ValueError("an AD FS audit without its document")
    address = audit.get("IpAddress", "").partition(",")[0].strip()
    failed = record.code == 1203
    failure = audit.get("ErrorCode") or audit.get("FailureType") if failed else None
    performed = audit.get("MfaPerformed", "").lower()
    return Decision(
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        user=audit.get("UserId"),
        reason=_ADFS_REASONS.get(failure or "", "other") if failed else None,
        code=failure,
        origin=read_origin(address or ""),
        method=audit.get("PrimaryAuth", "").rpartition("/")[2] or None,
        protocol=audit.get("AuthProtocol", "").lower() or None,
        app=audit.get("RelyingParty"),
        user_agent=audit.get("UserAgentString"),
        mfa={"true": True, "false": False}.get(performed),
    )


def _refused(record: WindowsRecord) -> Decision | str:
    found = read_refusal(record.all_texts())
    if found is None:
        return "a token that was refused, not a password"
    user, reason, address = found
    return Decision(Outcome.FAILURE, user, reason=reason, origin=read_origin(address or ""))


_PKINIT = ("15", "16", "17")
_ADFS_REASONS = {
    "0x8007052e": "bad_credentials",
    "0x80070775": "locked",
    "CredentialValidationError": "bad_credentials",
    "InvalidCredentials": "bad_credentials",
    "AccountLockedOut": "locked",
    "ExtranetLockout": "locked",
    "ExtranetLockoutError": "locked",
    "PasswordExpired": "expired_password",
}
_NO_LOGIN = {
    4634: "log-off",
    4647: "log-off",
    4672: "special privileges of a logon",
    4769: "a service ticket of an earlier login",
    4770: "a service ticket of an earlier login",
    4778: "a session that goes on",
    4779: "a session that goes on",
    4800: "a locked screen",
    4801: "an unlocked screen",
    1200: "a token of an earlier login",
    1201: "a token that was refused, not a password",
    412: "a token of an earlier login",
}
_RULES = {
    4624: _logon,
    4625: _logon,
    4768: _ticket,
    4771: _ticket,
    4776: _ntlm,
    4648: _explicit,
    1202: _federated,
    1203: _federated,
    411: _refused,
}
LOGIN_CODES = frozenset(_RULES)
"""Ids of the events that may be logins."""
