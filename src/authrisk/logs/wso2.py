"""The lines of WSO2 Identity Server: which of its two grammars, and the fields in it.

- Publisher: `... {...LoggerEventAdapter} - Unique ID: <any>, Event: {"event":{...}}`, or the
  JSON alone.
- Audit: `... {AUDIT_LOG} - Initiator : u | Action : Login | Target : t | Data : {..} | Result : r`
  and, from IS 5.9 on, `Initiator=u Action=Login Target=t Data={..} Outcome=r`.
- JSON of IS 7 and Asgardeo (`wso2_json`): webhooks, and audit records alone or after `{AUDIT_LOG}`.

The prefix of a line is read from its left end and the JSON to its right end, so neither a
correlation id nor a user name can carry a second line. An audit line that can be split in two
ways is refused.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authrisk.logs.json_object import read_object
from authrisk.logs.wso2_json import audit_parts, webhook_payload

Fields = Mapping[str, str]
"""Names in lower case letters and digits alone (`User-Agent` is `useragent`); absent is unsaid."""


@dataclass(frozen=True, slots=True)
class Published:
    """The payload of one publisher line."""

    stamp: str | None
    """Local time of the line; the payload's own time is better."""
    fields: Fields


@dataclass(frozen=True, slots=True)
class Audited:
    """One line of the audit log."""

    stamp: str | None
    initiator: str | None
    action: str
    succeeded: bool
    fields: Fields


def read_wso2(text: str) -> Published | Audited | None:
    """The record of a line; None when another logger wrote it. Raises ValueError with the cause.

    >>> read_wso2('[2023-01-19 20:53:33,901]  INFO {AUDIT_LOG}-  Initiator : ann | Action : Login'
    ...           ' | Target : X | Data : {"User-Agent" : "a b"} | Result : Success').fields
    {'useragent': 'a b'}
    """
    if text.startswith("{"):
        return _of_json(None, text)
    prefix = _PREFIX.match(text)
    if prefix is None:
        return None
    brackets, logger = prefix.groups()
    stamp = next(iter(_STAMP.findall(brackets)), None)
    rest = text[prefix.end() :].rstrip()
    if logger.endswith("LoggerEventAdapter"):
        head, found, content = rest.partition(", Event: ")
        if not found or not head.startswith("Unique ID:"):
            raise ValueError("publisher line without an event")
        return Published(stamp, _payload(content))
    if logger == "AUDIT_LOG":
        return _of_json(stamp, rest) if rest.startswith("{") else _audited(stamp, rest)
    return None


def user_of(name: str | None, store: str | None, tenant: str | None) -> str | None:
    """One name per user, however the stream spells it.

    The primary user store and the tenant carbon.super are left out, others are written as WSO2
    does: `STORE/name@tenant`.

    >>> user_of("PRIMARY/ann@carbon.super", None, None), user_of("ann", "LDAP", "acme.com")
    ('ann', 'LDAP/ann@acme.com')
    """
    if name is None:
        return None
    name = name.strip()
    if name[:8].upper() == "PRIMARY/":
        name = name[8:]
    name = name.removesuffix("@carbon.super")
    if store and store.upper() != "PRIMARY" and "/" not in name:
        name = f"{store}/{name}"
    if tenant and tenant != "carbon.super" and not name.endswith("@" + tenant):
        name = f"{name}@{tenant}"
    return name or None


def authenticators_of(token: str | None) -> list[str]:
    """The authenticators that `AuthenticatedIdPs` names, in order; empty when it names none.

    It is a JWT without signature: header, payload `{"idps":[{"idp":..,"authenticator":..}]}`.
    """
    if token is None or len(token) > 16_384:
        return []
    parts = token.split(".")
    if len(parts) < 2 or not parts[1].isascii():
        return []
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        content = read_object(payload.decode())
    except (binascii.Error, ValueError):
        return []
    idps = content.get("idps")
    if not isinstance(idps, list):
        return []
    found = (idp.get("authenticator") for idp in idps if isinstance(idp, dict))
    return [name for name in found if isinstance(name, str)]


def _of_json(stamp: str | None, text: str) -> Published | Audited | None:
    if text.startswith('{"event"'):
        return Published(stamp, _payload(text))
    record = read_object(text)
    if "events" in record:
        return Published(stamp, _fields(webhook_payload(record)))
    if "initiatorType" not in record:
        return None
    initiator, action, succeeded, data = audit_parts(record)
    recorded = record.get("recordedAt")
    own = recorded if isinstance(recorded, str) else stamp
    return Audited(own, initiator, action, succeeded, _fields(data))


def _payload(content: str) -> Fields:
    event = read_object(content).get("event")
    payload = event.get("payloadData") if isinstance(event, dict) else None
    if not isinstance(payload, dict):
        raise ValueError("event without payloadData")
    return _fields(payload)


def _audited(stamp: str | None, rest: str) -> Audited | None:
    for mark, first, last in _AUDIT:
        head, _, result = rest.rpartition(mark)
        match = first.fullmatch(head) if head.endswith("}") else None
        if match is None:
            continue
        again = last.fullmatch(head)
        if again is None or again.groups() != match.groups():
            raise ValueError("audit line that reads in two ways")
        initiator, action, data = match.groups()
        try:
            content = read_object(data)
        except ValueError:
            if not data.endswith("}}"):
                raise
            content = read_object(data[:-1])  # some versions close one brace too many
        said = None if initiator.strip().casefold() in _UNSAID else initiator.strip()
        succeeded = result.strip(" :").casefold() == "success"
        return Audited(stamp, said, action, succeeded, _fields(content))
    return None


def _fields(content: Mapping[str, Any]) -> Fields:
    fields: dict[str, str] = {}
    for name, value in content.items():
        if isinstance(value, str):
            text = value.strip()
        elif isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, int | float):
            text = repr(value)
        else:
            continue
        said = text.casefold() not in _UNSAID
        if said and fields.setdefault(_plain_name(name), text) != text:
            raise ValueError("a field said twice")
    return fields


@functools.lru_cache(maxsize=1024)
def _plain_name(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


_UNSAID = frozenset(("", "null", "not_available", "n/a", "none", "undefined", "[]"))
_PREFIX = re.compile(
    r"(?:TID:? *+)?((?:\[[^\[\]]{0,512}+\] *+){1,6}+)(?:(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) *+)?"
    r"\{([\w.$]{1,256}+)\} *+[-–—]+ *+"
)
_STAMP = re.compile(r"\[([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(?:[.,][0-9]+)?[^\s\]]*)\]")
_OLD = r"Initiator *: *({any}) \| Action *: *(\S++) \| Target *: *\S*+ \| Data *: *(\{{.*)"
_NEW = r"Initiator=({any}) Action=(\S++) Target=\S*+ Data=(\{{.*)"
_AUDIT = tuple(
    (mark, re.compile(layout.format(any=".{0,512}?")), re.compile(layout.format(any=".*")))
    for mark, layout in ((" | Result", _OLD), (" Outcome=", _NEW), (" Result=", _NEW))
)
"""What stands before the result at the right end, and the first and the last way to read the rest.
Once the result is off, an expression that reaches `Data` has matched, so the cost is linear."""
