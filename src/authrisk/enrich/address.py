"""One spelling for each IP address, and what sort of address it is."""

from __future__ import annotations

import enum
import socket
from functools import lru_cache
from typing import NamedTuple

CACHED_ADDRESSES = 16_384
"""How many texts the module remembers the answer for."""

LONGEST_TEXT = 64
"""Longer texts are refused unread; the longest spelling of an address has 47 characters."""


class AddressKind(enum.StrEnum):
    """What the number of an address says by itself (IANA special-purpose registries, RFC 6890)."""

    PUBLIC = "public"
    PRIVATE = "private"
    """RFC 1918, unique local (RFC 4193) and link-local addresses."""
    LOOPBACK = "loopback"
    CGNAT = "cgnat"
    """Shared address space of carriers, 100.64.0.0/10 (RFC 6598)."""
    DOCUMENTATION = "documentation"
    """Examples and benchmarks (RFC 5737, 3849, 2544): well formed, and nobody's."""
    RESERVED = "reserved"
    """No login can come from it: unspecified, multicast, broadcast, discard, class E."""
    INVALID = "invalid"
    """Not an address at all."""


class Address(NamedTuple):
    """A source address as far as its text goes.

    `text` is canonical for an address (dotted quad, RFC 5952 for IPv6) and untouched for what is
    none. `version` is 4, 6 or None. `number` is the address as an integer, None when invalid.
    """

    text: str
    kind: AddressKind
    version: int | None
    number: int | None


@lru_cache(maxsize=CACHED_ADDRESSES)
def normalise(text: str) -> Address:
    """The address that a text spells; never raises, whatever the text.

    IPv4 inside IPv6 (`::ffff:1.2.3.4`) is IPv4. Brackets and outer blanks are dropped. Leading
    zeros in IPv4 (octal to some readers), zone ids, prefix lengths and ports are refused.

    >>> normalise("::FFFF:8.8.8.8").text, normalise("[2001:DB8:0:0::1]").text
    ('8.8.8.8', '2001:db8::1')
    >>> [normalise(t).kind.value for t in ("10.0.0.1", "::1", "100.64.1.1", "1.2.3.04", "a")]
    ['private', 'loopback', 'cgnat', 'invalid', 'invalid']
    """
    packed = pack(text)
    if packed is None:
        return Address(text, AddressKind.INVALID, None, None)
    number = int.from_bytes(packed, "big")
    if len(packed) == 4:
        return Address(text_of(packed), _kind4(number), 4, number)
    return Address(text_of(packed), _kind6(number), 6, number)


@lru_cache(maxsize=CACHED_ADDRESSES)
def prefix_of(src_ip: str) -> str | None:
    """Text of the /24 (IPv4) or /48 (IPv6) that holds the address; None when it is invalid.

    >>> prefix_of("::ffff:1.2.3.4"), prefix_of("2001:4860:4860::8888"), prefix_of("host7")
    ('1.2.3.0/24', '2001:4860:4860::/48', None)
    """
    packed = pack(src_ip)
    if packed is None:
        return None
    if len(packed) == 4:
        return f"{packed[0]}.{packed[1]}.{packed[2]}.0/24"
    return text_of(packed[:6] + bytes(10)) + "/48"


def pack(text: str) -> bytes | None:
    """The 4 or 16 bytes of an address in network order; None when the text is no address.

    >>> pack("1.2.3.4"), pack("::ffff:1.2.3.4"), pack("1.2.3.4/8")
    (b'\\x01\\x02\\x03\\x04', b'\\x01\\x02\\x03\\x04', None)
    """
    if len(text) > LONGEST_TEXT:
        return None
    try:
        text = text.strip(" \t")
        if text[:1] == "[" and text[-1:] == "]":
            text = text[1:-1]
        if ":" not in text:
            return socket.inet_pton(socket.AF_INET, text)
        if "%" in text:
            return None
        packed = socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):  # ValueError: NUL or a lone surrogate in the text
        return None
    return packed[12:] if packed.startswith(_MAPPED) else packed


def text_of(packed: bytes) -> str:
    """Canonical text of 4 or 16 bytes: dotted quad, or RFC 5952 without a dotted tail.

    >>> text_of(bytes([8, 8, 4, 4])), text_of(bytes(15) + b"\\x01")
    ('8.8.4.4', '::1')
    """
    if len(packed) == 4:
        return socket.inet_ntop(socket.AF_INET, packed)
    text = socket.inet_ntop(socket.AF_INET6, packed)
    if "." in text:  # some C libraries write ::102:304 as ::1.2.3.4
        head, _, _ = text.rpartition(":")
        high, low = int.from_bytes(packed[12:14], "big"), int.from_bytes(packed[14:], "big")
        return f"{head}:{high:x}:{low:x}"
    return text


_MAPPED = bytes(10) + b"\xff\xff"


def _ranges(text: str, bits: int) -> tuple[tuple[int, int, AddressKind], ...]:
    """(shift, value, kind) rows of a table of prefixes; the first that fits decides."""
    rows = []
    for line in text.split("\n"):
        prefix, _, kind = line.strip().partition(" ")
        network, _, length = prefix.partition("/")
        packed = socket.inet_pton(socket.AF_INET if bits == 32 else socket.AF_INET6, network)
        shift = bits - int(length)
        rows.append((shift, int.from_bytes(packed, "big") >> shift, AddressKind(kind)))
    return tuple(rows)


SPECIAL4 = _ranges(
    """10.0.0.0/8 private
    192.168.0.0/16 private
    172.16.0.0/12 private
    127.0.0.0/8 loopback
    100.64.0.0/10 cgnat
    169.254.0.0/16 private
    192.0.2.0/24 documentation
    198.51.100.0/24 documentation
    203.0.113.0/24 documentation
    198.18.0.0/15 documentation
    192.0.0.0/24 reserved
    0.0.0.0/8 reserved
    224.0.0.0/3 reserved""",
    32,
)
"""(shift, value, kind): an IPv4 number whose `number >> shift == value` is of that kind."""

SPECIAL6 = _ranges(
    """::1/128 loopback
    fc00::/7 private
    fe80::/10 private
    2001:db8::/32 documentation
    3fff::/20 documentation
    64:ff9b:1::/48 private
    64:ff9b::/96 public
    2000::/3 public
    ::/0 reserved""",
    128,
)
"""As `SPECIAL4`, for IPv6. Only 2000::/3 and NAT64 are in public use."""


def _kind4(number: int) -> AddressKind:
    for shift, value, kind in SPECIAL4:
        if number >> shift == value:
            return kind
    return AddressKind.PUBLIC


def _kind6(number: int) -> AddressKind:
    for shift, value, kind in SPECIAL6:
        if number >> shift == value:
            return kind
    return AddressKind.PUBLIC
