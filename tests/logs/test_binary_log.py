"""Binary logs become numbered lines, whatever is wrong with them."""

from __future__ import annotations

import gzip
import json
import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.formats.utmp import PARSER as UTMP
from authrisk.logs.formats.windows_security import PARSER as WINDOWS
from authrisk.logs.parser import Item, Line, Parser, Rejected
from authrisk.logs.reader import Source, read_source
from authrisk.testing.parser import SETTINGS


def utmp(kind: int, user: bytes, host: bytes, address: bytes = b"", *, size: int = 384) -> bytes:
    layout = {384: "<h2xi32s4s32s256s4xiii16s20x", 400: "<h2xi32s4s32s256s4xqqq16s20x4x"}[size]
    return struct.pack(
        layout, kind, 901, b"pts/0", b"ts/0", user, host, 0, 1_714_640_460, 123_456, address
    )


def read(path: Path) -> list[Line | Rejected]:
    return list(read_source(Source(path.name, path)))


def items(parser: Parser, path: Path) -> list[Item]:
    lines = [item for item in read(path) if isinstance(item, Line)]
    return list(parser.parse(lines, SETTINGS))


@pytest.mark.parametrize("size", [384, 400])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_wtmp_is_read_record_by_record(tmp_path: Path, size: int, pack) -> None:
    """Each record is a line; both layouts, compressed or not; IPv4 and IPv6."""
    path = tmp_path / "wtmp"
    v6 = bytes.fromhex("20010db8" + "00" * 11 + "01")
    records = [
        utmp(2, b"reboot", b"6.1.0", size=size),
        utmp(7, b"ann", b"vpn.example.org", bytes([198, 51, 100, 7]), size=size),
        utmp(7, b"bo", b"2001:db8::1", v6, size=size),
        utmp(8, b"", b"", size=size),
    ]
    path.write_bytes(pack(b"".join(records)))
    first, second = [item for item in items(UTMP, path) if isinstance(item, LoginEvent)]
    assert (first.event_id, first.user_id, first.src_ip) == ("wtmp:2", "ann", "198.51.100.7")
    assert first.timestamp_ns == 1_714_640_460_123_456_000
    assert (second.user_id, second.src_ip, second.outcome) == ("bo", "2001:db8::1", "success")


def test_btmp_holds_failures(tmp_path: Path) -> None:
    """Every record of a file called btmp is a failure, whatever its type."""
    path = tmp_path / "btmp.1"
    path.write_bytes(utmp(6, b"root", b"203.0.113.9") + utmp(7, b"\xff\x01", b"203.0.113.9"))
    events = [item for item in items(UTMP, path) if isinstance(item, LoginEvent)]
    assert [event.outcome for event in events] == [Outcome.FAILURE] * 2


@given(cut=st.integers(0, 3 * 384), noise=st.binary(max_size=900))
def test_damaged_wtmp_is_told(tmp_path_factory, cut: int, noise: bytes) -> None:
    """What follows the first record may be anything: nothing raises, and damage is a rejection."""
    path = tmp_path_factory.mktemp("utmp") / "wtmp"
    path.write_bytes(utmp(7, b"ann", b"h") + (utmp(7, b"bo", b"h") * 3)[:cut] + noise)
    found = read(path)
    assert isinstance(found[0], Line)
    whole, rest = divmod(384 + cut + len(noise), 384)
    assert len(found) == whole + bool(rest)
    assert isinstance(found[-1], Rejected) or not rest


def test_text_with_a_nul_byte_is_no_binary_log(tmp_path: Path) -> None:
    """A text line with NUL bytes stays a rejected line."""
    path = tmp_path / "auth.log"
    path.write_bytes(b"a\0b" * 200 + b"\nfine\n")
    assert [isinstance(item, Rejected) for item in read(path)] == [True, False]


LOGON = {
    "System": {
        "Provider": ("Name", "Microsoft-Windows-Security-Auditing"),
        "EventID": "4624",
        "TimeCreated": ("SystemTime", "2024-05-02T09:00:00.1234567Z"),
        "Channel": "Security",
        "Computer": "dc1.corp.example",
    },
    "EventData": {
        "TargetUserName": "ann <\u00e9>",
        "TargetDomainName": "CORP",
        "IpAddress": "10.0.0.9",
        "LogonType": "3",
    },
}


class Evtx:
    """A writer of the smallest file that is an event log: one chunk, records without templates."""

    def __init__(self) -> None:
        self.chunk = bytearray(512)
        self.count = 0

    def add(self, event: dict[str, dict[str, object]]) -> None:
        self.count += 1
        start = len(self.chunk)
        self.chunk += (
            b"\x2a\x2a\0\0" + bytes(4) + struct.pack("<QQ", self.count, 133_590_000_000_000_000)
        )
        self.chunk += b"\x0f\x01\x01\x00"
        self.element("Event", [
            lambda: self.element("System", [
                lambda name=name, value=value: self.element(
                    name, [], **({"attribute": value} if isinstance(value, tuple)
                                 else {"text": value})
                ) for name, value in event["System"].items()
            ]),
            lambda: self.element("EventData", [
                lambda name=name, value=value: self.element(
                    "Data", [], text=value, attribute=("Name", name)
                ) for name, value in event["EventData"].items()
            ]),
        ])  # fmt: skip
        self.chunk += b"\0"
        size = len(self.chunk) + 4 - start
        self.chunk += struct.pack("<I", size)
        self.chunk[start + 4 : start + 8] = struct.pack("<I", size)

    def element(self, name, inner, text=None, attribute=None) -> None:
        self.chunk += bytes([0x41 if attribute else 0x01]) + bytes(4)
        data = len(self.chunk)
        self.name(name)
        if attribute:
            self.chunk += bytes(4)
            listed = len(self.chunk)
            self.chunk += b"\x06"
            self.name(attribute[0])
            self.value(attribute[1])
            self.chunk[listed - 4 : listed] = struct.pack("<I", len(self.chunk) - listed)
        self.chunk += b"\x02"
        if text is not None:
            self.value(text)
        for add in inner:
            add()
        self.chunk += b"\x04"
        self.chunk[data - 4 : data] = struct.pack("<I", len(self.chunk) - data)

    def name(self, name: str) -> None:
        self.chunk += struct.pack("<I", len(self.chunk) + 4)
        self.chunk += struct.pack("<IHH", 0, 0, len(name)) + name.encode("utf-16-le") + b"\0\0"

    def value(self, text: str) -> None:
        self.chunk += b"\x05\x01" + struct.pack("<H", len(text)) + text.encode("utf-16-le")

    def bytes(self) -> bytes:
        head = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, 0, self.count + 1, 128, 1, 3, 4096, 1)
        self.chunk[:48] = struct.pack(
            "<8sQQQQII", b"ElfChnk\0", 1, self.count, 1, self.count, 128, 512
        )
        self.chunk[48:52] = struct.pack("<I", len(self.chunk))
        return head.ljust(4096, b"\0") + bytes(self.chunk).ljust(65_536, b"\0")


@pytest.fixture(scope="module")
def event_log() -> Iterator[bytes]:
    log = Evtx()
    for _ in range(3):
        log.add(LOGON)
    yield log.bytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_evtx_is_read_record_by_record(tmp_path: Path, event_log: bytes, pack) -> None:
    """A binary Windows log gives the events of its records."""
    path = tmp_path / "Security.evtx"
    path.write_bytes(pack(event_log))
    found = [item for item in items(WINDOWS, path) if isinstance(item, LoginEvent)]
    assert [event.event_id for event in found] == [f"Security.evtx:{n}" for n in (1, 2, 3)]
    assert found[0].user_name == "ann <\u00e9>"
    assert (found[0].src_ip, found[0].dst_host) == ("10.0.0.9", "dc1.corp.example")
    assert json.loads(next(iter(read(path))).text)["Event"]["EventData"]["LogonType"] == "3"


def test_damaged_evtx_raises_nothing(tmp_path: Path, event_log: bytes) -> None:
    """With flipped bytes it ends in lines and rejections."""
    noise = random.Random(5)
    path = tmp_path / "Security.evtx"
    for round in range(60):
        data = bytearray(event_log)
        for _ in range(round % 8):
            data[noise.randrange(8, 7000)] = noise.randrange(256)
        path.write_bytes(data)
        assert all(isinstance(item, Line | Rejected) for item in read(path))


@pytest.mark.parametrize("length", [9, 6000, 70_000])
def test_evtx_that_is_cut_says_so(tmp_path: Path, event_log: bytes, length: int) -> None:
    """A file that ends inside its head or a chunk is never quietly an empty one."""
    path = tmp_path / "Security.evtx"
    path.write_bytes((event_log + event_log[4096:])[:length])
    assert isinstance(read(path)[-1], Rejected)
