"""Events as numbers: the form in which the kernel reads them, one by one or a million at once.

An event is a row of int64 (time, user, flags, one 64-bit code per field) and a row of float64
(coordinates, round-trip time, versions). Codes are only ever compared for equality and counted:
they carry no order and no meaning, and 0 is "not there". A frame and a single event give the
same numbers: one function makes the code of a text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from authrisk.enrich.address import prefix_of
from authrisk.event import LoginEvent, Outcome
from authrisk.features.catalogue import FIELDS, NETWORKS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TIME, USER, NETWORK, FAILED, CODES = 0, 1, 2, 3, 4
"""Columns of the int64 rows; the codes of FIELDS begin at CODES."""
N_INTS = CODES + len(FIELDS)
LATITUDE, LONGITUDE, RTT, BROWSER_VERSION, OS_VERSION = range(5)
"""Columns of the float64 rows; NaN is "not there"."""
N_FLOATS = 5

_SIMPLE = {
    "country": "src_country",
    "region": "src_region",
    "city": "src_city",
    "browser": "browser",
    "os": "os",
    "device_type": "device_type",
    "method": "auth_method",
}
_FIRST_OF = {
    "address": ("src_ip", "src_host"),
    "client": ("device_id", "user_agent"),
    "service": ("app", "dst_host"),
}
CODED_COLUMNS = (
    "timestamp", "user_id", "src_network", "outcome", *_SIMPLE.values(), "src_asn", "src_ip",
    "src_host", "device_id", "user_agent", "app", "dst_host", "src_latitude", "src_longitude",
    "rtt_ms", "browser_version", "os_version",
)  # fmt: skip
"""The columns of an event frame that `code_frame` reads."""

_NETWORK_INDEX = {name: i for i, name in enumerate(NETWORKS)}
_UNKNOWN_NETWORK = NETWORKS.index("unknown")


class Coded(NamedTuple):
    """N events as numbers."""

    ints: Ints
    """(N, N_INTS)"""
    floats: Floats
    """(N, N_FLOATS)"""


@lru_cache(maxsize=131_072)  # some 45 MB when strangers fill it
def code_of(field: str, text: str) -> int:
    """The 64-bit code of a value of a field, never 0; the same in every process and version.

    >>> code_of("country", "NO") == code_of("city", "NO")
    False
    """
    digest = hashlib.blake2b(text.encode(), digest_size=8, person=field.encode()).digest()
    return int.from_bytes(digest, "little", signed=True) or 1


@lru_cache(maxsize=65_536)
def version_number(text: str) -> float:
    """A version as one number that grows with it: 1,000,000 major + 1,000 minor + patch.

    NaN when the text does not begin with a number.

    >>> version_number("79.0.3945"), version_number("13.4") > version_number("13.3.1")
    (79000999.0, True)
    """
    parts = []
    for part in text.split(".")[:3]:
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits.isascii() or not digits:
            break
        parts.append(min(int(digits[:9]), 99_999))
    if not parts:
        return float("nan")
    major, minor, patch = (*parts, 0, 0, 0)[:3]
    return float(major * 1_000_000 + min(minor, 999) * 1_000 + min(patch, 999))


def code_event(event: LoginEvent) -> tuple[bytes, bytes]:
    """One event as the bytes of its int64 row and of its float64 row."""
    ints = [0] * N_INTS
    ints[TIME] = event.timestamp_ns
    ints[USER] = _code("user", event.user_id)
    ints[NETWORK] = _NETWORK_INDEX.get(event.src_network or "unknown", _UNKNOWN_NETWORK)
    ints[FAILED] = event.outcome is Outcome.FAILURE
    for i, field in enumerate(FIELDS, CODES):
        if field in _SIMPLE:
            text = getattr(event, _SIMPLE[field])
        elif field == "asn":
            text = None if event.src_asn is None else str(event.src_asn)
        elif field == "prefix":
            text = None if event.src_ip is None else prefix_of(event.src_ip)
        else:
            first, second = _FIRST_OF[field]
            text = getattr(event, first)
            if text is None:
                text = getattr(event, second)
        ints[i] = _code(field, text)
    floats = [
        _number(event.src_latitude),
        _number(event.src_longitude),
        _number(event.rtt_ms),
        float("nan") if event.browser_version is None else version_number(event.browser_version),
        float("nan") if event.os_version is None else version_number(event.os_version),
    ]
    return np.array(ints, np.int64).tobytes(), np.array(floats, np.float64).tobytes()


def coded_from(rows: list[tuple[bytes, bytes]]) -> Coded:
    """Rows of `code_event` as arrays (N, N_INTS) and (N, N_FLOATS)."""
    ints = np.frombuffer(b"".join([row[0] for row in rows]), np.int64).reshape(-1, N_INTS)
    floats = np.frombuffer(b"".join([row[1] for row in rows]), np.float64).reshape(-1, N_FLOATS)
    return Coded(ints, floats)


def code_frame(events: pl.DataFrame) -> Coded:
    """A frame of events (columns of `LoginEvent`, `timestamp` as Datetime) as numbers.

    Every row equals `code_event` of the same event: a property test holds them together.
    """
    n = events.height
    ints = np.zeros((n, N_INTS), np.int64)
    floats = np.full((n, N_FLOATS), np.nan)
    ints[:, TIME] = events["timestamp"].cast(pl.Int64).to_numpy()
    ints[:, USER] = _codes(events["user_id"], "user")
    networks = events["src_network"]
    ints[:, NETWORK] = _mapped(
        networks, lambda text: _NETWORK_INDEX.get(text, _UNKNOWN_NETWORK), _UNKNOWN_NETWORK
    )
    ints[:, FAILED] = (events["outcome"] == Outcome.FAILURE.value).fill_null(False).to_numpy()
    for i, field in enumerate(FIELDS, CODES):
        if field in _SIMPLE:
            ints[:, i] = _codes(events[_SIMPLE[field]], field)
        elif field == "asn":
            ints[:, i] = _codes(events["src_asn"].cast(pl.String), field)
        elif field == "prefix":
            ints[:, i] = _mapped(events["src_ip"], _prefix_code, 0)
        else:
            first, second = _FIRST_OF[field]
            ints[:, i] = _codes(events[first].fill_null(events[second]), field)
    for i, name in ((LATITUDE, "src_latitude"), (LONGITUDE, "src_longitude"), (RTT, "rtt_ms")):
        values = events[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        floats[:, i] = np.where(np.isfinite(values), values, np.nan)
    for i, name in ((BROWSER_VERSION, "browser_version"), (OS_VERSION, "os_version")):
        floats[:, i] = _mapped(events[name], version_number, float("nan"))
    return Coded(ints, floats)


def user_codes(users: pl.Series) -> Ints:
    """The codes (N,) of user ids; 0 where there is none."""
    return _codes(users, "user")


def _code(field: str, text: str | None) -> int:
    return 0 if text is None else code_of(field, text)


def _number(value: float | None) -> float:
    return value if value is not None and abs(value) < float("inf") else float("nan")


def _prefix_code(address: str) -> int:
    return _code("prefix", prefix_of(address))


def _codes(texts: pl.Series, field: str) -> Ints:
    return _mapped(texts, lambda text: code_of.__wrapped__(field, text), 0).astype(np.int64)


def _mapped(
    texts: pl.Series, function: Callable[[str], float], missing: float
) -> npt.NDArray[np.int64] | npt.NDArray[np.float64]:
    """`function` of each text, worked out once per distinct text."""
    distinct = texts.drop_nulls().unique()
    dtype = pl.Float64 if isinstance(missing, float) else pl.Int64
    if distinct.is_empty():
        return np.full(texts.len(), missing)
    values = pl.Series([function(text) for text in distinct], dtype=dtype)
    mapped = texts.replace_strict(distinct, values, default=None, return_dtype=dtype)
    return mapped.fill_null(missing).to_numpy()
