"""Events filled in: one by one, as a table, offline, and never against the source."""

from __future__ import annotations

import socket
from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.enrich.enricher import Enricher, default_enricher
from authrisk.event import LoginEvent

CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
FILLED = (
    "src_ip", "src_country", "src_region", "src_city", "src_latitude", "src_longitude", "src_asn",
    "src_as_name", "src_network", "browser", "browser_version", "os", "os_version", "device_type",
)  # fmt: skip


def event(**fields: Any) -> LoginEvent:
    return LoginEvent(event_id="1", timestamp_ns=0, user_id="7", **fields)


@pytest.fixture(scope="module")
def enricher() -> Enricher:
    return default_enricher()


def test_an_event_without_address_and_agent_is_untouched(enricher: Enricher) -> None:
    """Nothing known, nothing added: the very same object."""
    bare = event(src_host="C1065")
    assert enricher.enrich(bare) is bare


def test_address_and_agent_fill_what_is_none(enricher: Enricher) -> None:
    """One event gets place, AS, kind, browser, system and device."""
    done = enricher.enrich(event(src_ip="::ffff:81.2.69.142", user_agent=CHROME))
    assert (done.src_ip, done.src_country, done.src_city) == ("81.2.69.142", "GB", "London")
    assert (done.src_asn, done.src_network) == (20712, "public")
    assert (done.browser, done.os, done.device_type) == ("Chrome", "Windows", "desktop")


def test_the_source_is_never_overruled(enricher: Enricher) -> None:
    """Each value that the source gave is there afterwards, and nothing stands against it."""
    said = {"src_country": "NO", "src_asn": 29695, "browser": "Lynx", "src_network": "vpn"}
    done = enricher.enrich(event(src_ip="81.2.69.142", user_agent=CHROME, **said))
    assert {name: getattr(done, name) for name in said} == said
    assert done.src_city is None
    assert done.src_latitude is None
    assert done.src_as_name is None
    assert done.browser_version is None
    assert done.os == "Windows"


def test_a_source_that_agrees_is_completed(enricher: Enricher) -> None:
    """The same country and AS number get their coordinates and name; another city stays alone."""
    done = enricher.enrich(event(src_ip="81.2.69.142", src_country="GB", src_asn=20712))
    assert (done.src_city, done.src_as_name) == ("London", "Andrews & Arnold Ltd")
    done = enricher.enrich(event(src_ip="81.2.69.142", src_country="GB", src_city="Leeds"))
    assert (done.src_city, done.src_region) == ("Leeds", None)
    assert done.src_latitude == pytest.approx(51.5, abs=0.2)


def test_latitude_zero_is_a_place(enricher: Enricher) -> None:
    """Coordinates of 0.0 from the source are kept."""
    done = enricher.enrich(event(src_ip="81.2.69.142", src_latitude=0.0, src_longitude=0.0))
    assert (done.src_latitude, done.src_longitude) == (0.0, 0.0)


def test_spellings_of_one_address_enrich_alike(enricher: Enricher) -> None:
    """Eight spellings of one IPv6 address give one event."""
    spellings = (
        "2001:4860:4860::8888", "2001:4860:4860:0:0:0:0:8888", "2001:4860:4860::0:8888",
        "2001:4860:4860:0000:0000:0000:0000:8888", "2001:4860:4860::2290:8888".replace("2290", "0"),
        "2001:4860:4860::0.0.136.136", "[2001:4860:4860::8888]", "2001:4860:4860:0::8888",
    )  # fmt: skip
    assert len({msgspec.json.encode(enricher.enrich(event(src_ip=t))) for t in spellings}) == 1
    assert (
        len({msgspec.json.encode(enricher.enrich(event(src_ip=t.upper()))) for t in spellings}) == 1
    )


@pytest.mark.parametrize("text", ["a", "", "999.1.1.1", "1.2.3.4/8", "::1%eth0"])
def test_an_invalid_address_is_flagged_and_kept(enricher: Enricher, text: str) -> None:
    """The kind says invalid, the text stays what the source wrote, no place is made up."""
    done = enricher.enrich(event(src_ip=text))
    assert (done.src_ip, done.src_network, done.src_country) == (text, "invalid", None)


ADDRESSES = st.sampled_from(
    [None, "8.8.8.8", "::ffff:8.8.8.8", "81.2.69.142", "2003:c0::1", "10.0.0.1", "127.0.0.1", "::1",
     "185.220.101.1", "0.0.0.0", "a", "", "1.2.3.4/8", "2001:4860:4860:0::8888", "203.0.113.5"]
)  # fmt: skip
AGENTS = st.sampled_from(
    [None, "", CHROME, "curl/8.5.0", "\x1b[31m", "\U0001f600", "Mozilla/5.0 (X11; Linux x86_64)",
     "Mozilla/5.0 (iPad; CPU OS 7_1 like Mac OS X) AppleWebKit/533.1 Version/4.0 Safari/533.1"]
)  # fmt: skip
EVENTS = st.builds(
    event,
    src_ip=ADDRESSES,
    user_agent=AGENTS,
    src_country=st.sampled_from([None, None, "GB", "US", "NO"]),
    src_region=st.sampled_from([None, None, "England", "X"]),
    src_city=st.sampled_from([None, None, "London", "X"]),
    src_latitude=st.sampled_from([None, 0.0]),
    src_asn=st.sampled_from([None, None, 20712, 15169, 1]),
    src_as_name=st.sampled_from([None, None, "X"]),
    src_network=st.sampled_from([None, None, "vpn"]),
    browser=st.sampled_from([None, None, "Chrome", "X"]),
    os=st.sampled_from([None, None, "Windows"]),
    os_version=st.sampled_from([None, None, "11"]),
    device_type=st.sampled_from([None, None, "tv"]),
)
SCHEMA = {
    name: {"src_latitude": pl.Float64, "src_longitude": pl.Float64, "src_asn": pl.Int64}.get(
        name, pl.String
    )
    for name in (*FILLED, "user_agent")
}


@settings(max_examples=60, derandomize=True)
@given(st.lists(EVENTS, max_size=12))
def test_a_table_is_enriched_as_its_events(events: list[LoginEvent]) -> None:
    """`enrich_frame` gives in each field of each row what `enrich` gives."""
    enricher = default_enricher()
    frame = pl.DataFrame(
        {name: [getattr(e, name) for e in events] for name in SCHEMA}, schema=SCHEMA
    )
    done = enricher.enrich_frame(frame)
    expected = [enricher.enrich(e) for e in events]
    assert done.columns == frame.columns
    for name in SCHEMA:
        assert done[name].to_list() == [getattr(e, name) for e in expected], name


@settings(max_examples=60, derandomize=True)
@given(EVENTS)
def test_enriching_twice_is_enriching_once(one: LoginEvent) -> None:
    """What was filled in agrees with itself."""
    enricher = default_enricher()
    once = enricher.enrich(one)
    assert enricher.enrich(once) == once


def test_columns_are_added_and_others_kept(enricher: Enricher) -> None:
    """A table with only an address gets our columns at its end; order of rows and columns stays."""
    frame = pl.DataFrame({"n": [3, 1, 2], "src_ip": ["8.8.8.8", None, "x"], "label": [True] * 3})
    done = enricher.enrich_frame(frame)
    assert done.columns[:3] == ["n", "src_ip", "label"]
    assert done["n"].to_list() == [3, 1, 2]
    assert done["src_network"].to_list() == ["hosting", None, "invalid"]
    assert "browser" not in done.columns
    assert enricher.enrich_frame(frame.drop("src_ip")).equals(frame.drop("src_ip"))
    assert enricher.enrich_frame(frame.clear()).height == 0


def test_no_socket_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading, enriching and the table path work where no socket can be made."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    default_enricher.cache_clear()
    done = default_enricher().enrich(event(src_ip="8.8.4.4", user_agent="curl/8.5.1"))
    assert done.src_country == "US"
    frame = pl.DataFrame({"src_ip": ["8.8.4.4"], "user_agent": ["curl/8.5.2"]})
    assert default_enricher().enrich_frame(frame)["src_country"].to_list() == ["US"]
