"""The user's own .mmdb files: what they know stands before the package's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import maxminddb
from numpy.typing import NDArray

from authrisk.enrich.as_kinds import kind_of_as
from authrisk.enrich.place import Place
from authrisk.errors import InputError

if TYPE_CHECKING:
    import polars as pl


class UserDatabases:
    """Several .mmdb files in order of precedence; false when there are none.

    Understood are the layouts of GeoIP2 / GeoLite2 / DB-IP (nested), ip-location-db (flat) and
    IPinfo (flat); other records are passed over.
    """

    def __init__(self, readers: Sequence[maxminddb.Reader], versions: Mapping[str, str]) -> None:
        self._readers = tuple((reader, reader.metadata().ip_version) for reader in readers)
        self.versions = dict(versions)

    def __bool__(self) -> bool:
        return bool(self._readers)

    @classmethod
    def open(cls, paths: Sequence[Path]) -> UserDatabases:
        """Open the files, memory-mapped; raises InputError naming the one that cannot be."""
        readers, versions = [], {}
        for path in paths:
            try:
                reader = maxminddb.open_database(path)
            except (OSError, maxminddb.InvalidDatabaseError, ValueError) as error:
                remedy = "give the path of a MaxMind DB file"
                raise InputError(str(error), where=str(path), remedy=remedy) from None
            built = reader.metadata()
            versions[path.name] = f"{built.database_type} {built.build_epoch}"
            readers.append(reader)
        return cls(readers, versions)

    def overlay(self, text: str, place: Place) -> Place:
        """`place` with what the files know of a canonical address; location and AS are each
        taken whole from the first file that has them."""
        located = assigned = marked = False
        for reader, ip_version in self._readers:
            if ip_version == 4 and ":" in text:
                continue
            record = _record(reader, text)
            if record is None:
                continue
            country = _country(record)
            if country is not None and not located:
                located = True
                latitude, longitude = _point(record)
                place = place._replace(
                    country=country, region=_region(record), city=_city(record),
                    latitude=latitude, longitude=longitude,
                )  # fmt: skip
            asn, name = _system(record)
            if asn is not None and not assigned:
                assigned = True
                place = place._replace(asn=asn, as_name=name)
                kind = kind_of_as(asn, name)
                if place.network in _FROM_AS and not marked:
                    place = place._replace(network=kind or "public")
            network = _network(record)
            if network is not None and not marked:
                marked = True
                place = place._replace(network=network)
        return place

    def overlay_frame(self, frame: pl.DataFrame, valid: NDArray[Any]) -> pl.DataFrame:
        """`overlay` for the rows of `AddressTables.lookup_many` that hold an address."""
        import polars as pl

        columns = frame.columns
        rows = [
            (row[0], *self.overlay(row[0], Place(*row[1:]))) if known else row
            for row, known in zip(frame.iter_rows(), valid.tolist(), strict=True)
        ]
        return pl.DataFrame(
            rows, schema=dict(zip(columns, frame.dtypes, strict=True)), orient="row"
        )


_FROM_AS = frozenset(("public", "hosting"))
"""Network kinds that an AS decides and a user's AS record may replace."""


def _record(reader: maxminddb.Reader, text: str) -> Mapping[str, Any] | None:
    try:
        record = reader.get(text)
    except maxminddb.InvalidDatabaseError as error:
        raise InputError(f"damaged database: {error}") from None
    return record if isinstance(record, dict) else None


def _name(value: Any) -> str | None:
    """English name of a nested record, or the text itself."""
    if isinstance(value, Mapping):
        names = value.get("names")
        value = names.get("en") if isinstance(names, Mapping) else value.get("name")
    return value.strip() or None if isinstance(value, str) else None


def _country(record: Mapping[str, Any]) -> str | None:
    country = record.get("country")
    code = country.get("iso_code") if isinstance(country, Mapping) else None
    for text in (code, record.get("country_code"), country):
        if isinstance(text, str) and len(text) == 2 and text.isascii() and text.isalpha():
            return text.upper()
    return None


def _region(record: Mapping[str, Any]) -> str | None:
    divisions = record.get("subdivisions")
    if isinstance(divisions, Sequence) and divisions and not isinstance(divisions, str):
        return _name(divisions[0])
    return _name(record.get("region")) or _name(record.get("state1"))


def _city(record: Mapping[str, Any]) -> str | None:
    return _name(record.get("city"))


def _point(record: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Latitude and longitude, both or neither."""
    inner = record.get("location")
    source = inner if isinstance(inner, Mapping) else record
    latitude = _number(source.get("latitude", source.get("lat")), 90)
    longitude = _number(source.get("longitude", source.get("lng")), 180)
    return (None, None) if latitude is None or longitude is None else (latitude, longitude)


def _number(value: Any, limit: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) <= limit else None  # false for NaN too


def _system(record: Mapping[str, Any]) -> tuple[int | None, str | None]:
    number = record.get("autonomous_system_number", record.get("asn"))
    if isinstance(number, str):
        digits = number.upper().removeprefix("AS")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 11 else None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 1 << 32:
        return None, None
    name = record.get("autonomous_system_organization", record.get("as_name", record.get("name")))
    return number, _name(name)


def _network(record: Mapping[str, Any]) -> str | None:
    """Kind from the flags of an anonymous-IP database."""
    inner = record.get("traits")
    source = inner if isinstance(inner, Mapping) else record
    for flag, kind in _FLAGS:
        if source.get(flag) is True:
            return kind
    return None


_FLAGS = (
    ("is_tor_exit_node", "tor"),
    ("is_anonymous_vpn", "vpn"),
    ("is_hosting_provider", "hosting"),
)
