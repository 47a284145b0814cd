"""A writer of tiny MaxMind DB files, so that precedence can be tested without anyone's data."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

WriteMmdb = Callable[..., Path]


@pytest.fixture
def write_mmdb(tmp_path: Path) -> WriteMmdb:
    """`write(name, {network: record}, kind)` writes an IPv6 tree and answers its path."""

    def write(name: str, networks: Mapping[str, Any], kind: str = "Test") -> Path:
        path = tmp_path / name
        path.write_bytes(mmdb_bytes(networks, kind))
        return path

    return write


def mmdb_bytes(networks: Mapping[str, Any], kind: str) -> bytes:
    """The file of format 2.0: 24-bit records, networks disjoint, IPv4 under ::/96."""
    nodes: list[list[int | tuple[int] | None]] = [[None, None]]
    data = b""
    for text, record in networks.items():
        network = ipaddress.ip_network(text)
        bits = network.prefixlen + (96 if network.version == 4 else 0)
        number, node = int(network.network_address), 0
        for depth in range(bits):
            side = number >> (127 - depth) & 1
            if depth == bits - 1:
                nodes[node][side] = (len(data),)
                break
            if nodes[node][side] is None:
                nodes.append([None, None])
                nodes[node][side] = len(nodes) - 1
            following = nodes[node][side]
            assert isinstance(following, int)
            node = following
        data += encode(record)
    count = len(nodes)
    tree = b""
    for pair in nodes:
        for side in pair:
            value = count if side is None else side
            tree += (count + 16 + value[0] if isinstance(value, tuple) else value).to_bytes(
                3, "big"
            )
    about = {
        "binary_format_major_version": Short(2), "binary_format_minor_version": Short(0),
        "build_epoch": Long(1_700_000_000), "database_type": kind, "ip_version": Short(6),
        "languages": ["en"], "description": {"en": "made for a test"},
        "node_count": count, "record_size": Short(24),
    }  # fmt: skip
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encode(about)


def encode(value: Any) -> bytes:
    """One value of the data section."""
    if isinstance(value, bool):
        return bytes([int(value), 7])
    if isinstance(value, str):
        raw = value.encode()
        assert len(raw) < 285
        size = bytes([2 << 5 | len(raw)]) if len(raw) < 29 else bytes([2 << 5 | 29, len(raw) - 29])
        return size + raw
    if isinstance(value, float):
        return bytes([3 << 5 | 8]) + struct.pack(">d", value)
    if isinstance(value, Short):
        return bytes([5 << 5 | 2]) + value.to_bytes(2, "big")
    if isinstance(value, Long):
        return bytes([8, 2]) + value.to_bytes(8, "big")
    if isinstance(value, int):
        return bytes([6 << 5 | 4]) + value.to_bytes(4, "big")
    if isinstance(value, list):
        return bytes([len(value), 4]) + b"".join(map(encode, value))
    inner = b"".join(encode(k) + encode(v) for k, v in value.items())
    return bytes([7 << 5 | len(value)]) + inner


class Short(int):
    """An unsigned 16-bit number of the format."""


class Long(int):
    """An unsigned 64-bit number of the format."""
