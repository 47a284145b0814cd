"""Audits of Active Directory Federation Services, as the Security log holds them.

Since Windows Server 2016 the events 1200 to 1206 carry an `AuditBase` document in XML; before, 411
says in text who was refused. References: Microsoft, "AD FS auditing enhancements"; the samples of
Azure Sentinel's AD FS solution.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from authrisk.logs.xml_element import read_element

FAILED = "The user name or password is incorrect"
LOCKED = "The referenced account is currently locked out"


def read_audit(texts: Iterable[str]) -> Mapping[str, str] | None:
    """The leaves of the first `AuditBase` document in the texts, by element name; None without.

    `N/A` and empty leaves are not there; of a name that comes twice the first counts. Raises
    ValueError for a document that is damaged.
    """
    for text in texts:
        start = text.find("<AuditBase")
        end = text.rfind(_END)
        if start < 0 or end < start:
            continue
        root = read_element(text[start : end + len(_END)], damage="damaged AD FS audit")
        leaves: dict[str, str] = {}
        for element in root.iter():
            said = (element.text or "").strip()
            if said and said != "N/A" and len(element) == 0:
                leaves.setdefault(element.tag.rpartition("}")[2], said)
        return leaves
    return None


def read_refusal(texts: Iterable[str]) -> tuple[str, str, str | None] | None:
    """User, reason and client address that event 411 names; None when it names no user.

    >>> read_refusal(["id", "urn:x", "ann@corp.example-The user name or password is incorrect",
    ...               "203.0.113.9,10.0.0.1"])
    ('ann@corp.example', 'bad_credentials', '203.0.113.9')
    """
    user = reason = address = None
    for text in texts:
        for line in text[:_LONGEST].splitlines():
            part = line.strip().removeprefix("Client IP:").strip()
            if address is None and _ADDRESSES.fullmatch(part):
                address = part.partition(",")[0].strip()
            for said, meaning in ((FAILED, "bad_credentials"), (LOCKED, "locked")):
                name, found, rest = part.rpartition(f"-{said}")
                if user is None and found and name and len(rest) < _TAIL:
                    user, reason = name, meaning
    return None if user is None or reason is None else (user, reason, address)


_END = "</AuditBase>"
_LONGEST = 65_536
_TAIL = 60
_ADDRESSES = re.compile(r"[0-9A-Fa-f.:]{2,45}(?:\s?,\s?[0-9A-Fa-f.:]{2,45}){0,20}")
