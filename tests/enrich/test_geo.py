"""The package's address tables: known addresses, both families, one and many."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.enrich.address import normalise, text_of
from authrisk.enrich.geo import TABLES, AddressTables
from authrisk.enrich.place import NETWORK_KINDS, Place
from authrisk.errors import InputError

LAW = settings(max_examples=150, derandomize=True)
V4 = st.integers(0, 2**32 - 1).map(lambda n: text_of(n.to_bytes(4, "big")))
V6 = st.one_of(
    st.integers(0, 2**128 - 1),
    st.integers(0x2001 << 112, (0x2C10 << 112) - 1),
    st.integers(0, 2**70),
).map(lambda n: text_of(n.to_bytes(16, "big")))


@pytest.fixture(scope="module")
def tables() -> AddressTables:
    return AddressTables.load()


def place(tables: AddressTables, text: str) -> Place:
    return tables.lookup(normalise(text))


@pytest.mark.parametrize(
    ("text", "country", "asn", "network"),
    [
        ("8.8.8.8", "US", 15169, "hosting"),
        ("1.1.1.1", None, 13335, "hosting"),
        ("2001:4860:4860::8888", None, 15169, "hosting"),
        ("2606:4700:4700::1111", None, 13335, "hosting"),
        ("193.0.6.139", "NL", 3333, "public"),
        ("81.2.69.142", "GB", 20712, "public"),
        ("84.160.0.1", "DE", 3320, "public"),
        ("2003:c0::1", "DE", 3320, "public"),
        ("2601::1", "US", 7922, "public"),
        ("185.220.101.1", "DE", 60729, "tor"),
        ("185.65.135.1", "SE", 39351, "vpn"),
        ("52.95.110.1", "US", 16509, "hosting"),
        ("2a01:4f8::1", "DE", 24940, "hosting"),
    ],
)
def test_well_known_addresses_are_known(
    tables: AddressTables, text: str, country: str | None, asn: int, network: str
) -> None:
    """AS, kind and, where the address does not live everywhere at once, country."""
    found = place(tables, text)
    assert (found.asn, found.network) == (asn, network)
    assert found.country is not None
    assert country in (None, found.country)
    assert found.as_name
    assert found.latitude is not None
    assert found.longitude is not None


def test_a_city_and_its_coordinates_are_known(tables: AddressTables) -> None:
    """London is London, and within twenty kilometres of it."""
    found = place(tables, "81.2.69.142")
    assert found.city == "London"
    assert found.latitude == pytest.approx(51.5, abs=0.2)
    assert found.longitude == pytest.approx(-0.1, abs=0.2)


@pytest.mark.parametrize(
    ("text", "network"),
    [("10.0.0.1", "private"), ("fd00::1", "private"), ("100.64.1.1", "private"),
     ("127.0.0.1", "loopback"), ("::1", "loopback"), ("0.0.0.0", "invalid"), ("a", "invalid"),
     ("1.2.3.4/8", "invalid"), ("203.0.113.5", "public"), ("2001:db8::1", "public"),
     ("2d00::1", "public")],
)  # fmt: skip
def test_nothing_is_invented_for_addresses_that_are_nowhere(
    tables: AddressTables, text: str, network: str
) -> None:
    """Private, loopback, invalid and example addresses have their kind and no AS or place."""
    found = place(tables, text)
    assert found.network == network
    assert found.asn is None
    assert text == "2d00::1" or found == Place(network=network)


@LAW
@given(st.lists(st.one_of(V4, V6, V4.map(lambda t: f"::ffff:{t}"), st.text(max_size=12)),
                unique=True, max_size=30))  # fmt: skip
def test_many_at_once_is_each_alone(texts: list[str]) -> None:
    """`lookup_many` answers exactly what `lookup` answers, text by text."""
    tables = AddressTables.load()
    rows = tables.lookup_many(texts).rows()
    assert rows == [(normalise(t).text, *tables.lookup(normalise(t))) for t in texts]


def test_special_ranges_agree_at_their_borders() -> None:
    """The vectorised kinds agree with the scalar ones at each edge of each special range."""
    from authrisk.enrich.address import SPECIAL4, SPECIAL6

    texts = []
    for rows, bits in ((SPECIAL4, 32), (SPECIAL6, 128)):
        for shift, value, _ in rows:
            edges = (value << shift, (value + 1 << shift) - 1)
            numbers = {n for e in edges for n in (e - 1, e, e + 1) if 0 <= n < 1 << bits}
            texts += [text_of(n.to_bytes(bits // 8, "big")) for n in sorted(numbers)]
    tables, texts = AddressTables.load(), list(dict.fromkeys(texts))
    rows = tables.lookup_many(texts).rows()
    assert rows == [(normalise(t).text, *tables.lookup(normalise(t))) for t in texts]


def test_no_addresses_is_an_empty_table(tables: AddressTables) -> None:
    """The columns and their types are there even for no rows."""
    empty, one = tables.lookup_many([]), tables.lookup_many(["8.8.8.8"])
    assert empty.schema == one.schema
    assert empty.height == 0


def test_networks_are_sampled_to_what_lookup_says(tables: AddressTables) -> None:
    """Ascending, disjoint, public; an address of a network has that network's AS and place."""
    networks = tables.networks()
    assert np.all(networks["first"] <= networks["last"])
    assert np.all(networks["last"][:-1] < networks["first"][1:])
    rows = np.random.default_rng(3).integers(0, len(networks["first"]), 200)
    for row in rows.tolist():
        first, last = (int(networks[side][row]) for side in ("first", "last"))
        for number in (first, (first + last) // 2, last):
            found = place(tables, socket.inet_ntoa(number.to_bytes(4, "big")))
            assert found.asn == networks["asn"][row]
            assert found.country == networks["country"][row].decode()
            assert found.network == NETWORK_KINDS[networks["kind"][row]]
            assert found.latitude == pytest.approx(float(networks["latitude"][row]), abs=1e-4)
            assert found.longitude == pytest.approx(float(networks["longitude"][row]), abs=1e-4)


def test_countries_and_coordinates_are_possible(tables: AddressTables) -> None:
    """Every country is two capitals, every coordinate on the globe, every kind a known one."""
    networks = tables.networks()
    assert all(
        c.isalpha() and c.isupper() and len(c) == 2 for c in set(networks["country"].tolist())
    )
    assert np.all(np.abs(networks["latitude"]) <= 90)
    assert np.all(np.abs(networks["longitude"]) <= 180)
    assert set(networks["kind"].tolist()) == {0, 1, 2, 3}


def test_the_tables_are_small_and_name_their_sources(tables: AddressTables) -> None:
    """At most 8 MB, all sources openly licensed and answered by `versions`."""
    assert sum(p.stat().st_size for p in TABLES.iterdir()) <= 8_000_000
    sources = json.loads((TABLES / "sources.json").read_text())["sources"]
    assert {s["name"]: s["version"] for s in sources} == tables.versions
    assert all(s["licence"].startswith(("CC BY 4.0", "CC0", "PDDL")) for s in sources)
    notice = (Path(__file__).parents[2] / "NOTICE").read_text()
    assert all(s["name"] in notice for s in sources)


def test_a_lookup_takes_microseconds(tables: AddressTables) -> None:
    """Both families stay below 50 us even on a busy machine (3 us on a quiet one)."""
    for text in ("84.160.0.1", "2003:c0::1"):
        address = normalise(text)
        best = min(_seconds(tables, address) for _ in range(5))
        assert best < 50e-6


def _seconds(tables: AddressTables, address: object) -> float:
    start = time.perf_counter()
    for _ in range(200):
        tables.lookup(address)
    return (time.perf_counter() - start) / 200


def test_a_missing_database_is_refused_by_name(tmp_path: Path) -> None:
    """The error names the file that cannot be opened."""
    with pytest.raises(InputError, match=r"gone\.mmdb"):
        AddressTables.load([tmp_path / "gone.mmdb"])
    (tmp_path / "bad.mmdb").write_bytes(b"not a database")
    with pytest.raises(InputError, match=r"bad\.mmdb"):
        AddressTables.load([tmp_path / "bad.mmdb"])
