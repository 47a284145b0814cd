"""Spelling laws of addresses."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.enrich.address import AddressKind, normalise, pack, prefix_of

LAW = settings(max_examples=150, derandomize=True)
V4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
V6 = st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)


@LAW
@given(V4)
def test_an_ipv4_address_inside_ipv6_is_the_same_address(address: ipaddress.IPv4Address) -> None:
    """Mapped, bracketed and padded spellings give what the dotted quad gives."""
    plain = normalise(str(address))
    halves = f"::ffff:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"
    for text in (f"::ffff:{address}", f"::FFFF:{address}", halves, f"[::ffff:{address}]",
                 f"0:0:0:0:0:ffff:{address}", f"0000:0000:0000:0000:0000:FFFF:{address}",
                 f" {address} ", f"[{address}]"):  # fmt: skip
        assert normalise(text) == plain
        assert prefix_of(text) == prefix_of(str(address))
    assert plain.text == str(address)
    assert plain.version == 4


@LAW
@given(V6)
def test_every_spelling_of_an_ipv6_address_is_one_address(address: ipaddress.IPv6Address) -> None:
    """Upper case, written-out zeros, a dotted tail and brackets change nothing."""
    if address.ipv4_mapped is not None:
        return
    groups = [f"{int(address) >> (112 - 16 * i) & 0xFFFF:x}" for i in range(8)]
    tail = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    spellings = {
        str(address), str(address).upper(), address.exploded, address.exploded.upper(),
        ":".join(groups), ":".join(groups).upper(), f"[{address}]",
        ":".join(groups[:6]) + f":{tail}",
    }  # fmt: skip
    assert {normalise(text) for text in spellings} == {normalise(str(address))}
    assert normalise(str(address)).number == int(address)


@LAW
@given(st.one_of(V4, V6).map(str))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    """The canonical text is its own canonical text, kind and prefix."""
    once = normalise(text)
    assert normalise(once.text) == once
    assert prefix_of(once.text) == prefix_of(text)


@LAW
@given(st.one_of(V4, V6))
def test_an_address_lies_in_its_own_prefix(address: ipaddress.IPv4Address) -> None:
    """/24 for IPv4 and /48 for IPv6, as the standard library counts them."""
    prefix = prefix_of(str(address))
    assert prefix is not None
    network = ipaddress.ip_network(prefix)
    canonical = ipaddress.ip_address(normalise(str(address)).text)
    assert canonical in network
    assert network.prefixlen == (24 if canonical.version == 4 else 48)


@LAW
@given(st.text(max_size=80))
def test_any_text_whatever_has_an_answer(text: str) -> None:
    """No text raises; what is invalid keeps its text, has no number and no prefix."""
    address = normalise(text)
    assert (address.kind is AddressKind.INVALID) == (address.number is None)
    if address.number is None:
        assert address.text == text
        assert prefix_of(text) is None
        assert pack(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "a", "999.1.1.1", "1.2.3.4/8", "::1%eth0", "fe80::1%eth0", "1.2.3", "1.2.3.04", "01.2.3.4",
     "192.030.0.6", "0x7f.0.0.1", "2130706433", "1.2.3.4:80", "[::1]:80", "::1::", "1.2.3.4\0", "-",
     "\ud800", "１.2.3.4", "1.2.3.4\n", "g::1", ":" * 500, "1" * 100_000, "[", "[]", "[[::1]]"],
)  # fmt: skip
def test_what_is_no_address_is_invalid(text: str) -> None:
    """Leading zeros, zones, prefix lengths, ports, other digits and plain junk are refused."""
    assert normalise(text).kind is AddressKind.INVALID


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("8.8.8.8", "public"), ("2001:4860:4860::8888", "public"), ("64:ff9b::808:808", "public"),
        ("10.1.2.3", "private"), ("172.31.255.255", "private"), ("172.32.0.0", "public"),
        ("192.168.0.1", "private"), ("169.254.1.1", "private"), ("fd00::1", "private"),
        ("fe80::1", "private"), ("127.8.8.8", "loopback"), ("::1", "loopback"),
        ("100.64.0.0", "cgnat"), ("100.127.255.255", "cgnat"), ("100.128.0.0", "public"),
        ("192.0.2.7", "documentation"), ("203.0.113.9", "documentation"),
        ("198.19.0.1", "documentation"), ("2001:db8::7", "documentation"),
        ("0.0.0.0", "reserved"), ("224.0.0.1", "reserved"), ("255.255.255.255", "reserved"),
        ("::", "reserved"), ("ff02::1", "reserved"), ("::1.2.3.4", "reserved"),
    ],
)  # fmt: skip
def test_kinds_follow_the_registries(text: str, kind: str) -> None:
    """IANA's special-purpose ranges each have their own value."""
    assert normalise(text).kind == kind
