"""Kinds of autonomous systems, by number and by name."""

from __future__ import annotations

import pytest

from authrisk.enrich.as_kinds import HOSTING_AS, TOR_AS, VPN_AS, kind_of_as
from authrisk.enrich.geo import AddressTables
from authrisk.enrich.place import NETWORK_KINDS


def test_no_number_has_two_kinds() -> None:
    """The three lists are disjoint."""
    assert not HOSTING_AS & VPN_AS
    assert not HOSTING_AS & TOR_AS
    assert not VPN_AS & TOR_AS


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Example Web Hosting Ltd", "hosting"), ("DREAM VPS LTD", "hosting"), ("Big CDN", "hosting"),
     ("Ace Data Centers, Inc.", "hosting"), ("Alibaba Cloud (Singapore)", "hosting"),
     ("Mullvad VPN AB", "vpn"), ("Bullet Proof VPN Ltd", "vpn"), ("Deutsche Telekom AG", None),
     ("Africa on Cloud", None), ("Ghostnet Telecom", None), ("University Data Center", None),
     ("VPN de Mexico, S.A. de C.V.", None), ("", None), (None, None)],
)  # fmt: skip
def test_names_tell_and_mislead_in_known_ways(name: str | None, kind: str | None) -> None:
    """Names of an unknown number decide; access providers are not hosting for a word in them."""
    assert kind_of_as(None, name) == kind
    assert kind_of_as(64500, name) == kind


def test_a_listed_number_needs_no_name() -> None:
    """The number stands before the name."""
    assert kind_of_as(16509, None) == "hosting"
    assert kind_of_as(60729, "Example Web Hosting Ltd") == "tor"


def test_the_tables_were_built_with_these_rules() -> None:
    """The kind stored for each AS is the kind that the rules give today."""
    names = AddressTables.load()._names
    for row in range(1, len(names.as_numbers)):
        kind = kind_of_as.__wrapped__(int(names.as_numbers[row]), names.as_names[row]) or "public"
        assert NETWORK_KINDS[names.as_kinds[row]] == kind
