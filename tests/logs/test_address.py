"""Addresses have one spelling; host names are not addresses."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.logs.address import Origin, read_origin


@given(st.ip_addresses(), st.integers(1, 65_535))
def test_every_spelling_of_an_address_reads_alike(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int
) -> None:
    """Long forms, brackets, ports, zones and IPv4 in IPv6 give the canonical text."""
    mapped = getattr(address, "ipv4_mapped", None)
    canonical = str(mapped or address)
    spellings = [str(address), address.exploded, str(address).upper(), f" {address} "]
    if address.version == 6:
        with_port = [f"[{address}]:{port}"]
        spellings += [f"[{address}]", f"{address}%eth0"]
    else:
        with_port = [f"{address}:{port}", f"[::ffff:{address}]:{port}"]
        spellings += [f"::ffff:{address}"]
    assert {read_origin(text) for text in spellings} == {Origin(canonical, None, None)}
    assert {read_origin(text) for text in with_port} == {Origin(canonical, None, port)}


@pytest.mark.parametrize("text", ["", "-", "UNKNOWN", "N/A", "null", "LOCAL", " "])
def test_words_for_nothing_are_none(text: str) -> None:
    """What a log writes when it does not know is unknown."""
    assert read_origin(text) == Origin(None, None, None)


@pytest.mark.parametrize("text", ["192.030.0.6", "999.1.1.1", "1.2.3.4/8", "a b", "<script>"])
def test_what_is_neither_is_kept_as_written(text: str) -> None:
    """Octets with leading zeros are never read as octal, and nothing is thrown away."""
    assert read_origin(text).ip == text


def test_a_name_is_a_host() -> None:
    """A resolved name (UseDNS) is a host, with or without a port."""
    assert read_origin("dsl-1.example.org") == Origin(None, "dsl-1.example.org", None)
    assert read_origin("gate:2222") == Origin(None, "gate", 2222)


@given(st.text(max_size=600))
def test_nothing_raises(text: str) -> None:
    """Any text gives an origin."""
    assert isinstance(read_origin(text), Origin)
