"""What the messages of the OpenSSH server say about login attempts.

User names are the attacker's text. A message is read from its fixed beginning and from its right
end, so a user called `root from 1.2.3.4 port 22 ssh2` stays a user of that name. Every expression
is anchored at both ends and costs linear time.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from authrisk.event import Outcome


class Attempt(NamedTuple):
    """What one message of sshd says about one login attempt."""

    outcome: Outcome
    user: str
    source: str
    port: str | None = None
    method: str | None = None
    reason: str | None = None
    kind: str = "decided"
    """decided, refused (before a method was tried), pam (said again by Failed), exceeded."""
    times: int = 1
    """How many equal attempts the message stands for."""


def read_message(message: str) -> Attempt | str:
    """The attempt that a message of sshd decides, or the reason why it is none.

    Raises ValueError when the message can be read in two ways.

    >>> read_message("Failed password for invalid user a b from 1.2.3.4 port 22 ssh2").user
    'a b'
    >>> read_message("Connection closed by 1.2.3.4 port 33594 [preauth]")
    'no decision on a login'
    """
    message = message.removesuffix(" [preauth]")
    if message.startswith(("Accepted ", "Failed ")):
        return _read_decision(message)
    if message.startswith("message repeated "):
        match = _REPEATED.fullmatch(message)
        if match is not None:
            text = match[2].strip()
            if text.startswith("message repeated "):
                return "repetition of a repetition"
            inner = read_message(text)
            if isinstance(inner, Attempt):
                return inner._replace(times=max(1, int(match[1])))
            return inner
    for expression, kind, reason in _REFUSALS:
        match = expression.fullmatch(message)
        if match is not None:
            parts = match.groupdict()
            unknown = parts.get("invalid") is not None
            return Attempt(
                Outcome.FAILURE,
                user=parts.get("user", "root"),
                source=parts.get("source") or "",
                port=parts.get("port"),
                reason="unknown_user" if unknown else _refusal_reason(message, reason),
                kind=kind,
            )
    if message.startswith(("Postponed ", "Partial ")):
        return "step of a login"
    if message.startswith(_SECONDARY):
        return "attempt told by another line"
    return "no decision on a login"


def _read_decision(message: str) -> Attempt | str:
    strict = _DECISION.fullmatch(message)
    if strict is None:
        first, last = _FIRST.fullmatch(message), _LAST.fullmatch(message)
        if first is None or last is None:
            return "no decision on a login"
        if first.groups() != last.groups() and message.startswith("Failed "):
            # The user name or a certificate's id holds ` from ... port ... `, both the attacker's.
            raise ValueError("ambiguous user name")
        strict = first  # an account that was let in exists, so it is the id that lies
    verb, method, user, source, port = strict.groups()
    if method == "none":
        return "probe without a method"
    if verb == "Accepted":
        return Attempt(Outcome.SUCCESS, user, source, port, method)
    reason = "bad_credentials"
    for prefix in ("invalid user", "illegal user"):
        if user.startswith(prefix) and user[12:13] in {"", " "}:
            user, reason = user[13:], "unknown_user"
            break
    return Attempt(Outcome.FAILURE, user, source, port, method, reason)


def _refusal_reason(message: str, reason: str) -> str:
    if message.endswith("account is locked"):
        return "locked"
    if "User account has expired" in message[:60]:
        return "expired_account"
    return "unknown_user" if message.startswith("error: PAM: User not known") else reason


_FROM = r" from (\S++) port ([0-9]{1,5})"
_DECISION = re.compile(
    r"(Accepted|Failed) (\S++) for (.*)" + _FROM + r"(?: +ssh[12])?(?:: \S++(?: \S++)?)?\s*"
)
_FIRST = re.compile(r"(Accepted|Failed) (\S++) for (.*?)" + _FROM + r" +ssh[12]: .*")
_LAST = re.compile(r"(Accepted|Failed) (\S++) for (.*)" + _FROM + r" +ssh[12]: .*")
_REPEATED = re.compile(r"message repeated ([0-9]{1,6}) times: \[ (.*)\]")
_REFUSALS = (
    (
        re.compile(
            r"User (?P<user>.*?)(?: from (?P<source>\S++))? not allowed because"
            r" (?:not listed in AllowUsers|listed in DenyUsers|not in any group"
            r"|a group is listed in DenyGroups"
            r"|none of user's groups are listed in AllowGroups|account is locked"
            r"|(?:its )?(?:login )?shell \S+ (?:does not exist|is not executable))"
        ),
        "refused",
        "policy_denied",
    ),
    (
        re.compile(r"ROOT LOGIN REFUSED FROM (?P<source>\S++)(?: port (?P<port>[0-9]{1,5}))?"),
        "refused",
        "policy_denied",
    ),
    (
        re.compile(
            r"(?:error: )?maximum authentication attempts exceeded for (?P<invalid>invalid user )?"
            r"(?P<user>.*) from (?P<source>\S++) port (?P<port>[0-9]{1,5}) ssh2"
        ),
        "exceeded",
        "policy_denied",
    ),
    (
        re.compile(
            r"error: PAM: (?:Authentication (?:failure|error)|User account has expired"
            r"|User not known to the underlying authentication module) for"
            r" (?P<invalid>(?:illegal|invalid) user )?(?P<user>.*) from (?P<source>\S++)"
        ),
        "pam",
        "bad_credentials",
    ),
)
_SECONDARY = (
    "Invalid user ", "Connection closed by authenticating user ", "Connection closed by invalid ",
    "Connection reset by authenticating user ", "Connection reset by invalid ",
    "Disconnected from authenticating user ", "Disconnected from invalid user ",
    "Disconnecting authenticating user ", "Disconnecting invalid user ", "pam_unix(", "pam_sss(",
    "input_userauth_request: invalid user ", "Disconnecting: Too many authentication failures",
)  # fmt: skip
