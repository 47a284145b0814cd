"""Where a login came from, in the spellings that logs use."""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import NamedTuple


class Origin(NamedTuple):
    """An address or a host name; both None when the log does not say."""

    ip: str | None
    """Canonical IPv4 or IPv6 text, or what stood there when it only looks like an address."""
    host: str | None
    port: int | None


NOWHERE = Origin(None, None, None)
"""The log does not say."""


@functools.lru_cache(maxsize=16_384)
def read_origin(text: str) -> Origin:
    """Reads an address or host name with what may stand around it: brackets, port, zone.

    IPv4 inside IPv6 becomes IPv4. Octets with leading zeros are no address (RFC 6943, 3.1.1) and
    are kept as written. Never raises.

    >>> read_origin("::ffff:1.2.3.4").ip, read_origin("[2001:DB8::1]:22"), read_origin("-").ip
    ('1.2.3.4', Origin(ip='2001:db8::1', host=None, port=22), None)
    >>> read_origin("fe80::1%eth0").ip, read_origin("vpn.example.org")
    ('fe80::1', Origin(ip=None, host='vpn.example.org', port=None))
    >>> read_origin("1.2.3.4:99")
    Origin(ip='1.2.3.4', host=None, port=99)
    """
    if _V4.fullmatch(text):  # by far the most frequent spelling
        return Origin(text, None, None)
    text = text.strip()
    if text.casefold() in _UNSAID:
        return NOWHERE
    bare, port = _without_port(text)
    ip = canonical_ip(bare)
    if ip is not None:
        return Origin(ip, None, port)
    name = _PORT.sub("", text)
    if _HOST.fullmatch(name) and not _DIGITS.fullmatch(name):
        return Origin(None, name, port)
    return Origin(text[:_LONGEST], None, None)


def canonical_ip(text: str) -> str | None:
    """The one spelling of an address, None when it is none.

    >>> canonical_ip("001:db8::1"), canonical_ip("192.030.0.6")
    ('1:db8::1', None)
    """
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(address if mapped is None else mapped)


def port_of(said: str | int | None) -> int | None:
    """The port that a log writes, None when it is none.

    >>> port_of("22"), port_of(0), port_of("65536"), port_of("ssh")
    (22, None, None, None)
    """
    if isinstance(said, str):
        said = int(said) if said.isascii() and said.isdigit() and len(said) <= 5 else None
    return said if said is not None and 0 < said < 65_536 else None


def _without_port(text: str) -> tuple[str, int | None]:
    match = _BRACKETS.fullmatch(text) or _V4_PORT.fullmatch(text)
    if match is None:
        host_port = _PORT.search(text) if text.count(":") == 1 else None
        return text, port_of(host_port[1]) if host_port else None
    return match[1], port_of(match[2])


_LONGEST = 255
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
V4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
"""An IPv4 address in its one spelling, for any engine."""
_V4 = re.compile(V4)
_UNSAID = frozenset(
    ("", "-", "n/a", "na", "null", "none", "unknown", "local", "not_available", "?", "(null)")
)
_BRACKETS = re.compile(r"\[([0-9A-Fa-f:.]+(?:%\w+)?)\](?::([0-9]{1,5}))?")
_V4_PORT = re.compile(r"([0-9.]{7,15})(?::([0-9]{1,5}))?")
_PORT = re.compile(r":([0-9]{1,5})\Z")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253})")
_DIGITS = re.compile(r"[0-9.]+")
