"""The user's own databases stand before the package's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from authrisk.enrich.address import normalise
from authrisk.enrich.geo import AddressTables
from authrisk.enrich.place import Place

CITY = {
    "8.8.8.0/24": {
        "country": {"iso_code": "NO", "names": {"en": "Norway"}},
        "subdivisions": [{"iso_code": "46", "names": {"en": "Vestland"}}],
        "city": {"names": {"en": "Bergen"}},
        "location": {"latitude": 60.39, "longitude": 0.0},
    },
    "10.1.0.0/16": {"country": {"iso_code": "SE"}},
    "2001:4860::/32": {"country_code": "fi", "state1": "Uusimaa", "city": "Helsinki",
                       "latitude": 60.17, "longitude": 24.94},
}  # fmt: skip
ASN = {
    "8.8.8.0/24": {"autonomous_system_number": 64500, "autonomous_system_organization": "Home"},
    "2001:4860::/32": {"asn": "AS64501", "as_name": "Example Hosting Ltd"},
}


def lookup(tables: AddressTables, text: str) -> Place:
    return tables.lookup(normalise(text))


def test_the_users_place_wins_and_the_rest_stays(write_mmdb: Any) -> None:
    """A city database replaces the whole location; AS and kind still come from the tables."""
    tables = AddressTables.load([write_mmdb("city.mmdb", CITY)])
    mine, theirs = lookup(tables, "8.8.8.8"), lookup(AddressTables.load(), "8.8.8.8")
    assert mine[:5] == ("NO", "Vestland", "Bergen", 60.39, 0.0)
    assert mine[5:] == theirs[5:]
    assert lookup(tables, "1.1.1.1") == lookup(AddressTables.load(), "1.1.1.1")


def test_flat_records_and_ipv6_are_understood(write_mmdb: Any) -> None:
    """The flat layouts give the same fields; a country code is put in capitals."""
    tables = AddressTables.load([write_mmdb("c.mmdb", CITY), write_mmdb("a.mmdb", ASN)])
    assert lookup(tables, "2001:4860:4860::8888") == Place(
        "FI", "Uusimaa", "Helsinki", 60.17, 24.94, 64501, "Example Hosting Ltd", "hosting"
    )


def test_the_users_as_decides_the_kind(write_mmdb: Any) -> None:
    """An AS of the user's that is no hosting firm makes the address public."""
    found = lookup(AddressTables.load([write_mmdb("asn.mmdb", ASN)]), "8.8.8.8")
    assert (found.asn, found.as_name, found.network) == (64500, "Home", "public")
    assert found.country == "US"


def test_a_private_network_of_the_users_has_a_place(write_mmdb: Any) -> None:
    """Offices may be mapped: the place is the user's, the kind stays private."""
    found = lookup(AddressTables.load([write_mmdb("city.mmdb", CITY)]), "10.1.2.3")
    assert found == Place(country="SE", network="private")


def test_the_first_database_that_knows_wins(write_mmdb: Any) -> None:
    """Order of the paths is order of precedence."""
    first = write_mmdb("one.mmdb", {"8.8.8.0/25": {"country": {"iso_code": "IS"}}})
    tables = AddressTables.load([first, write_mmdb("two.mmdb", CITY)])
    assert lookup(tables, "8.8.8.8").country == "IS"
    assert lookup(tables, "8.8.8.200").country == "NO"


def test_flags_of_an_anonymous_database_set_the_kind(write_mmdb: Any) -> None:
    """Tor, VPN and hosting flags stand before what the AS suggests."""
    flags = {
        "81.2.69.0/25": {"is_anonymous_vpn": True},
        "81.2.69.128/25": {"traits": {"is_tor_exit_node": True}},
        "84.160.0.0/16": {"is_hosting_provider": True},
    }
    tables = AddressTables.load([write_mmdb("anonymous.mmdb", flags), write_mmdb("asn.mmdb", ASN)])
    texts = ("81.2.69.1", "81.2.69.142", "84.160.0.1")
    assert [lookup(tables, t).network for t in texts] == ["vpn", "tor", "hosting"]


@pytest.mark.parametrize(
    "record",
    [{"country": {"iso_code": 7}}, {"country": "Germany"}, {"country": {}}, {"asn": "ASX"},
     {"asn": True}, {"asn": "AS99999999999"}, {"autonomous_system_number": 0}, {"city": "Nowhere"},
     {"location": {"latitude": 60.0}}, "text", {"subdivisions": [], "traits": "x"}],
)  # fmt: skip
def test_odd_records_are_passed_over(write_mmdb: Any, record: Any) -> None:
    """A record without a usable country or AS changes nothing."""
    tables = AddressTables.load([write_mmdb("odd.mmdb", {"8.8.8.0/24": record})])
    assert lookup(tables, "8.8.8.8") == lookup(AddressTables.load(), "8.8.8.8")


def test_coordinates_off_the_globe_are_unknown(write_mmdb: Any) -> None:
    """A latitude of 900 is dropped together with its longitude; 0.0 is a place."""
    records = {
        "8.8.8.0/24": {"country_code": "GH", "latitude": 0.0, "longitude": 0.0},
        "8.8.4.0/24": {"country_code": "GH", "latitude": 900.0, "longitude": 0.0},
    }
    tables = AddressTables.load([write_mmdb("odd.mmdb", records)])
    assert lookup(tables, "8.8.8.8")[3:5] == (0.0, 0.0)
    assert lookup(tables, "8.8.4.4")[3:5] == (None, None)


def test_many_at_once_is_each_alone(write_mmdb: Any) -> None:
    """The table path applies the same databases in the same order."""
    tables = AddressTables.load([write_mmdb("c.mmdb", CITY), write_mmdb("a.mmdb", ASN)])
    texts = ["8.8.8.8", "1.1.1.1", "10.1.2.3", "::ffff:8.8.8.9", "2001:4860::1", "x", "::1"]
    rows = tables.lookup_many(texts).rows()
    assert rows == [(normalise(t).text, *lookup(tables, t)) for t in texts]


def test_versions_name_the_users_databases(write_mmdb: Any) -> None:
    """File name, type and build time stand beside the package's own sources."""
    path: Path = write_mmdb("city.mmdb", CITY, "My-City")
    versions = AddressTables.load([path]).versions
    assert versions["city.mmdb"] == "My-City 1700000000"
    assert versions.items() >= AddressTables.load().versions.items()
