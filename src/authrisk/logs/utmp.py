"""The records of utmp, wtmp and btmp: who came on which line, in binary.

`struct utmp` of glibc (utmp(5)): 384 bytes where times are 32 bits wide for the sake of old
programs (x86_64 and most others), 400 bytes on aarch64. Little-endian; times end in 2106.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import NamedTuple

import msgspec

RECORD_SIZES = (384, 400)


class UtmpRecord(msgspec.Struct, frozen=True):
    """One record, named after the C structure, as one JSON object a line."""

    ut_type: int
    ut_pid: int
    ut_line: str
    ut_user: str
    ut_host: str
    ut_time_us: int
    """Microseconds since 1970-01-01 UTC."""
    ut_addr: str | None
    """Canonical address, None when the record has none."""


def record_size(head: bytes) -> int | None:
    """The size of the records of a file that begins so, None when it is no such file.

    >>> record_size(b"Feb  9 11:44:56 web1 sshd[71]: hello") is None
    True
    """
    return next((size for size in RECORD_SIZES if _fits(head, size)), None)


def read_utmp(record: bytes) -> UtmpRecord:
    """The record in exactly 384 or 400 bytes; raises ValueError when it is none."""
    parts = _unpack(record)
    if parts.type not in range(10):
        raise ValueError("no utmp record")
    return UtmpRecord(
        ut_type=parts.type,
        ut_pid=parts.pid,
        ut_line=_text(parts.line),
        ut_user=_text(parts.user),
        ut_host=_text(parts.host),
        ut_time_us=parts.second * 1_000_000 + min(max(parts.us, 0), 999_999),
        ut_addr=_address(parts.address),
    )


def utmp_line(record: UtmpRecord) -> str:
    """The record as one line of JSON."""
    return msgspec.json.encode(record).decode()


class _Parts(NamedTuple):
    type: int
    pid: int
    line: bytes
    user: bytes
    host: bytes
    second: int
    us: int
    address: bytes


def _unpack(record: bytes) -> _Parts:
    layout = _LAYOUTS.get(len(record))
    if layout is None:
        raise ValueError("no utmp record")
    return _Parts(*layout.unpack(record))


def _fits(head: bytes, size: int) -> bool:
    if len(head) < size:
        return False
    parts = _unpack(head[:size])
    return (
        head[2:4] == b"\0\0"
        and parts.type in range(10)
        and all(_padded(field) for field in (parts.line, parts.user, parts.host))
        and _EARLIEST <= parts.second < 2**32
        and 0 <= parts.us < 1_000_000
    )


def _padded(field: bytes) -> bool:
    """Whether a field is text and then nothing but NUL bytes."""
    return not field.partition(b"\0")[2].strip(b"\0")


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


def _address(field: bytes) -> str | None:
    if not any(field):
        return None
    if not any(field[4:]):
        return str(ipaddress.IPv4Address(field[:4]))
    address = ipaddress.IPv6Address(field)
    return str(address.ipv4_mapped or address)


_EARLIEST = 315_532_800
"""1980: a file from before Linux is none."""
_LAYOUTS = {
    384: struct.Struct("<h2xi32s4x32s256s4x4xIi16s20x"),
    400: struct.Struct("<h2xi32s4x32s256s4x8xqq16s20x4x"),
}
