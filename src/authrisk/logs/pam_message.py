"""What Pluggable Authentication Modules say in syslog, whatever program they serve.

Linux-PAM and its relatives (pam_sss, pam_winbind, pam_ldap) share the wording. The user's name
stands last and is the visitor's text; a message is read from its fixed beginning, each field in
its place, so a name that holds `rhost=` stays a name.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class PamMessage(NamedTuple):
    """One message of a module. What it does not say is None."""

    service: str
    """The file in /etc/pam.d: `login`, `sudo`, `gdm-password`."""
    kind: str
    """refused, locked, opened, or other."""
    user: str | None = None
    ruser: str | None = None
    """Who asked, where another program knows: the caller of sudo and su."""
    rhost: str | None = None
    tty: str | None = None
    times: int = 1


def read_pam(message: str, tag: str | None = None) -> PamMessage | None:
    """The message of a module, None when the text is none.

    Old systems put the module into the program's tag, `login(pam_unix)`. Raises ValueError when a
    failure does not have its fields in their places.

    >>> read_pam("pam_unix(login:auth): authentication failure; logname=LOGIN uid=0 euid=0 "
    ...          "tty=/dev/tty1 ruser= rhost=  user=ann").user
    'ann'
    >>> read_pam("pam_tally2(sudo:auth): user bo (4001) tally 6, deny 5").kind
    'locked'
    """
    head = _HEAD.match(message)
    if head is not None:
        service, said = head[1], message[head.end() :]
    elif tag is not None and (old := _OLD_TAG.fullmatch(tag)):
        service, said = old[1], message
    else:
        repeat = _REPEAT.match(message)
        if repeat is None:
            return None
        # "PAM 2 more authentication failures; ..." names no service.
        return _refused("", message[repeat.end() :], int(repeat[1]))
    failure = _FAILURE.match(said)
    if failure is not None:
        return _refused(service, said[failure.end() :], 1)
    for expression, kind in _OTHERS:
        match = expression.fullmatch(said)
        if match is not None:
            return PamMessage(service, kind, user=match[1] or None)
    return PamMessage(service, "other")


def _refused(service: str, said: str, times: int) -> PamMessage:
    fields = _FIELDS.fullmatch(said)
    if fields is None:
        raise ValueError("a PAM failure without its fields")
    tty, ruser, rhost, user = fields.groups()
    if user and _ANOTHER.search(user):
        raise ValueError("ambiguous user name")
    return PamMessage(service, "refused", user or None, ruser or None, rhost or None,
                      tty or None, times)  # fmt: skip


_HEAD = re.compile(r"pam_[a-z0-9_]{1,32}\(([^:()\s]{1,64})(?::[a-z]{1,16})?\): ?")
_OLD_TAG = re.compile(r"([^()\s]{1,64})\(pam_[a-z0-9_]{1,32}\)")
_REPEAT = re.compile(r"PAM ([0-9]{1,4}) more authentication failures?; ")
_FAILURE = re.compile(r"authentication failure; ")
_FIELDS = re.compile(
    r"logname=\S* uid=[0-9]* euid=[0-9]* tty=(\S*) ruser=(\S*) rhost=(\S*)(?: {1,2}user=(.*))?\s*"
)
_ANOTHER = re.compile(r" (?:rhost|user)=")
_OTHERS = (
    (re.compile(r"session opened for user ([^()\s]+?)(?:\(uid=[0-9]+\))? by .*"), "opened"),
    (re.compile(r"session opened for user ([^()\s]+)(?:\(uid=[0-9]+\))?"), "opened"),
    (re.compile(r"user (.*) \([0-9]+\) tally [0-9]+, deny [0-9]+"), "locked"),
    # The name runs straight into the next word where a build lacks the space.
    (re.compile(r"Consecutive login failures for user (.*?) ?account temporarily locked"),
     "locked"),
)  # fmt: skip
