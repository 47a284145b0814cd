"""The systemd journal as `journalctl -o json` prints it, in the parts of a syslog line."""

from __future__ import annotations

from typing import Any, NamedTuple

from authrisk.logs.json_object import read_object
from authrisk.logs.timestamps import epoch_to_ns


class JournalEntry(NamedTuple):
    """One journal entry. `uid` and `unit` are set by journald itself and cannot be forged."""

    timestamp_ns: int
    host: str
    tag: str | None
    pid: str | None
    message: str
    uid: str | None
    unit: str | None


def read_journal(text: str) -> JournalEntry:
    """The entry of one JSON line; raises ValueError saying what is wrong with it.

    MESSAGE may be text, an array of bytes (not UTF-8) or a list of texts (a repeated field; the
    first counts). The time is the sender's where there is one, else journald's own.

    >>> read_journal('{"__REALTIME_TIMESTAMP":"1589912560607000","_HOSTNAME":"web1",'
    ...              '"SYSLOG_IDENTIFIER":"sshd","_PID":"7","MESSAGE":[104,105]}').message
    'hi'
    """
    fields = read_object(text)
    stamp = _text(fields, "_SOURCE_REALTIME_TIMESTAMP") or _text(fields, "__REALTIME_TIMESTAMP")
    if stamp is None:
        raise ValueError("no journal time")
    message = _message(fields.get("MESSAGE"))
    if message is None:
        raise ValueError("no journal message")
    return JournalEntry(
        timestamp_ns=epoch_to_ns(stamp),
        host=_text(fields, "_HOSTNAME") or "",
        tag=_text(fields, "SYSLOG_IDENTIFIER"),
        pid=_text(fields, "_PID"),
        message=message,
        uid=_text(fields, "_UID"),
        unit=_text(fields, "_SYSTEMD_UNIT"),
    )


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, str) else None


def _message(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        if isinstance(value[0], str):
            return value[0]
        if all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
            return bytes(value).decode("utf-8", "replace")
    return None
