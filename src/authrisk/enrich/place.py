"""What is known about an address, whoever knows it."""

from __future__ import annotations

from typing import Final, NamedTuple

from authrisk.enrich.address import AddressKind

NETWORK_KINDS: Final = ("public", "hosting", "vpn", "tor", "private", "loopback", "invalid")
"""Every value of `LoginEvent.src_network`; tables store the position. The first means that the
address is routable and none of the others is known."""


class Place(NamedTuple):
    """Where an address is and whose it is; None where nobody knows.

    Country is ISO 3166-1 alpha-2, coordinates are degrees, of the city or coarser.
    """

    country: str | None = None
    region: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    asn: int | None = None
    as_name: str | None = None
    network: str = "public"


NETWORK_OF_KIND: Final = {
    AddressKind.PUBLIC: "public",
    AddressKind.DOCUMENTATION: "public",
    AddressKind.PRIVATE: "private",
    AddressKind.CGNAT: "private",
    AddressKind.LOOPBACK: "loopback",
    AddressKind.RESERVED: "invalid",
    AddressKind.INVALID: "invalid",
}
"""`src_network` of an address that is in no table. A reserved address is well formed, but no
login comes from it."""
