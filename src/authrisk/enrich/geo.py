"""Addresses to places, from the tables of the package and the user's own .mmdb files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from authrisk.enrich.address import SPECIAL4, SPECIAL6, Address, AddressKind, pack, text_of
from authrisk.enrich.columns import read_columns
from authrisk.enrich.mmdb import UserDatabases
from authrisk.enrich.place import NETWORK_KINDS, NETWORK_OF_KIND, Place
from authrisk.enrich.ranges import RangeTable

if TYPE_CHECKING:
    import polars as pl

TABLES = Path(__file__).parent / "tables"
_PUBLIC = NETWORK_KINDS.index("public")
_PLACE_OF_KIND = {kind: Place(network=network) for kind, network in NETWORK_OF_KIND.items()}


class AddressTables:
    """Country, region, city, coordinates, AS and network kind of addresses. Immutable.

    A user's database wins over the package's tables wherever it knows the address: place and AS
    each come whole from one source. `versions` names what answers, for bundles and reports.

    >>> from authrisk.enrich.address import normalise
    >>> place = AddressTables.load().lookup(normalise("8.8.8.8"))
    >>> place.country, place.asn, place.network
    ('US', 15169, 'hosting')
    """

    def __init__(self, names: _Names, families: tuple[_Family, _Family], user: UserDatabases,
                 versions: dict[str, str]) -> None:  # fmt: skip
        self._names, self._user, self.versions = names, user, versions
        self._four, self._six = families

    @classmethod
    def load(cls, databases: Sequence[Path] = ()) -> AddressTables:
        """The package's tables, and before them the user's .mmdb files (city, country, asn,
        anonymous), the first that knows an address winning.

        The package's part is read once in a process. Raises InputError for a missing or damaged
        file.
        """
        names, families, versions = _vendored(TABLES)
        user = UserDatabases.open(databases)
        return cls(names, families, user, versions | user.versions)

    def lookup(self, address: Address) -> Place:
        """The place of a normalised address; a `Place` of Nones where nothing is known."""
        place = _PLACE_OF_KIND[address.kind]
        if address.kind is AddressKind.PUBLIC and address.number is not None:
            family = self._four if address.version == 4 else self._six
            number = address.number if address.version == 4 else address.number >> 64
            place = self._names.place(
                family.place.at(number), family.systems.at(number), family.listed.at(number)
            )
        if self._user and address.version is not None:
            return self._user.overlay(address.text, place)
        return place

    def lookup_many(self, addresses: Sequence[str]) -> pl.DataFrame:
        """The same for N texts at once: `src_ip` (canonical) and the seven `src_` columns, plus
        `src_network`, shape (N, 9), in the order given. Give it unique texts.

        >>> AddressTables.load().lookup_many(["::ffff:8.8.8.8", "x"])["src_ip"].to_list()
        ['8.8.8.8', 'x']
        """
        packed = [pack(text) for text in addresses]
        lengths = np.fromiter((len(p) if p else 0 for p in packed), np.uint8, len(packed))
        place = np.zeros(len(packed), dtype=np.uint32)
        system, network = place.copy(), np.full(len(packed), NETWORK_KINDS.index("invalid"))
        for length, family in ((4, self._four), (16, self._six)):
            rows = np.flatnonzero(lengths == length)
            numbers, kinds = _numbers(b"".join(p for p in packed if p and len(p) == length), length)
            public = kinds < 0
            rows_public, numbers = rows[public], numbers[public]
            network[rows] = np.where(public, 0, kinds)
            place[rows_public] = family.place.at_many(numbers)
            system[rows_public] = family.systems.at_many(numbers)
            listed = family.listed.at_many(numbers)
            as_kind = self._names.as_kinds[system[rows_public]]
            network[rows_public] = np.where(listed > 0, listed, as_kind)
        texts = [
            text if p is None else text_of(p) for text, p in zip(addresses, packed, strict=True)
        ]
        frame = self._names.frame(texts, place, system, network)
        return self._user.overlay_frame(frame, lengths > 0) if self._user else frame

    def networks(self) -> dict[str, NDArray[Any]]:
        """Every known IPv4 network of one AS and one place, ascending and disjoint, for sampling.

        `first`, `last` (inclusive) and `asn` uint32, `country` S2, `latitude` and `longitude`
        float32 degrees, `kind` uint8 (a row of `place.NETWORK_KINDS`). About 3 M rows; the
        user's own databases have no part in it.
        """
        family, names = self._four, self._names
        tables = (family.place, family.systems, family.listed)
        first = np.sort(np.concatenate([t.starts for t in tables]), kind="stable")
        first = first[np.append(True, first[1:] != first[:-1])]
        last = np.append(first[1:] - 1, np.uint32(0xFFFFFFFF)).astype(np.uint32)
        place, system, listed = (t.at_many(first) for t in tables)
        public = _numbers(first.astype(">u4").tobytes(), 4)[1] < 0
        keep = (place > 0) & (system > 0) & public
        place, system, listed = place[keep], system[keep], listed[keep]
        return {
            "first": first[keep],
            "last": last[keep],
            "asn": names.as_numbers[system],
            "country": names.country_codes[place],
            "latitude": names.latitude[place].astype(np.float32),
            "longitude": names.longitude[place].astype(np.float32),
            "kind": np.where(listed > 0, listed, names.as_kinds[system]).astype(np.uint8),
        }


class _Family(NamedTuple):
    """The three range tables of one address family; IPv6 by its upper 64 bits."""

    place: RangeTable
    systems: RangeTable
    listed: RangeTable


class _Names(NamedTuple):
    """What the numbers in the range tables stand for; row 0 is unknown everywhere."""

    countries: list[str | None]
    regions: list[str | None]
    cities: list[str | None]
    country_codes: NDArray[np.bytes_]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    as_numbers: NDArray[np.uint32]
    as_kinds: NDArray[np.uint8]
    as_names: list[str | None]

    def place(self, place: int, system: int, listed: int) -> Place:
        kind = NETWORK_KINDS[listed or self.as_kinds[system]]
        asn = int(self.as_numbers[system]) if system else None
        if not place:
            return Place(asn=asn, as_name=self.as_names[system], network=kind)
        return Place(
            self.countries[place], self.regions[place], self.cities[place],
            self.latitude[place].item(), self.longitude[place].item(),
            asn, self.as_names[system], kind,
        )  # fmt: skip

    def frame(
        self, texts: list[str], place: NDArray[Any], system: NDArray[Any], network: NDArray[Any]
    ) -> pl.DataFrame:
        import polars as pl

        def pick(values: list[str | None] | NDArray[Any], index: NDArray[Any]) -> pl.Series:
            series = pl.Series(values=values)
            return series.gather(pl.Series(index)).set(pl.Series(index == 0), None)

        return pl.DataFrame(
            {
                "src_ip": pl.Series(texts, dtype=pl.String),
                "src_country": pick(self.countries, place),
                "src_region": pick(self.regions, place),
                "src_city": pick(self.cities, place),
                "src_latitude": pick(self.latitude, place),
                "src_longitude": pick(self.longitude, place),
                "src_asn": pick(self.as_numbers, system).cast(pl.Int64),
                "src_as_name": pick(self.as_names, system),
                "src_network": pl.Series(list(NETWORK_KINDS)).gather(pl.Series(network)),
            }
        )


def _numbers(packed: bytes, length: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Numbers (upper half for IPv6) of packed addresses, and the network kind that the number
    itself decides (-1 where it is public and the tables decide)."""
    raw = np.frombuffer(packed, dtype=np.uint8).reshape(-1, length)
    if length == 4:
        numbers = raw.view(">u4").reshape(-1).astype(np.uint32)
        return numbers, _special(numbers, None, 32)
    halves = raw.view(">u8").reshape(-1, 2).astype(np.uint64)
    return halves[:, 0].copy(), _special(halves[:, 0], halves[:, 1], 64)


def _special(high: NDArray[Any], low: NDArray[Any] | None, bits: int) -> NDArray[np.int64]:
    """The first row of SPECIAL4 / SPECIAL6 that fits, as its network kind, else -1."""
    kinds = np.full(len(high), -1, dtype=np.int64)
    for shift, value, kind in reversed(SPECIAL4 if low is None else SPECIAL6):
        code = -1 if kind is AddressKind.PUBLIC else NETWORK_KINDS.index(NETWORK_OF_KIND[kind])
        if low is None:
            fits = high >> np.uint32(shift) == value
        elif shift >= 128:
            fits = np.ones(len(high), dtype=bool)
        elif shift >= bits:
            fits = high >> np.uint64(shift - bits) == value
        else:
            fits = (high == value >> (bits - shift)) & (
                low >> np.uint64(shift) == value & ((1 << (bits - shift)) - 1)
            )
        kinds[fits] = code
    return kinds


@lru_cache(maxsize=2)
def _vendored(folder: Path) -> tuple[_Names, tuple[_Family, _Family], dict[str, str]]:
    families = []
    for version in (4, 6):
        a = read_columns(folder / f"ipv{version}.columns").arrays
        families.append(
            _Family(
                *(RangeTable(a[f"{t}_starts"], a[f"{t}_values"]) for t in ("place", "as", "listed"))
            )
        )
    a = read_columns(folder / "names.columns").arrays
    codes = np.stack([a["place_country"] >> 8, a["place_country"] & 0xFF], axis=1).astype(np.uint8)
    country_codes = codes.reshape(-1).view("S2")
    region_names, city_names = _lines(a["region_names"]), _lines(a["city_names"])
    names = _Names(
        countries=[c.decode() or None for c in country_codes.tolist()],
        regions=[region_names[i] for i in a["place_region"].tolist()],
        cities=[city_names[i] for i in a["place_city"].tolist()],
        country_codes=country_codes,
        latitude=np.round(a["place_latitude"] / 100 - 90, 2),
        longitude=np.round(a["place_longitude"] / 100 - 180, 2),
        as_numbers=a["as_numbers"],
        as_kinds=a["as_kinds"],
        as_names=_lines(a["as_names"]),
    )
    sources = json.loads((folder / "sources.json").read_text(encoding="utf-8"))["sources"]
    return names, (families[0], families[1]), {s["name"]: s["version"] for s in sources}


def _lines(text: NDArray[Any]) -> list[str | None]:
    """The lines of a text column; an empty one is unknown."""
    return [line or None for line in text.tobytes().decode().split("\n")]
