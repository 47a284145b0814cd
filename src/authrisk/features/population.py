"""How common a value is for everybody: counted from the operator's own history as it grows.

Nothing of this is in the model's weights. Counts are bounded in number and in age: when a field
has seen TOTAL_LIMIT logins, or its table is three quarters full, all counts are halved and those
below one are dropped (the ageing of adaptive models in data compression). Halving is exact in
binary, so the same logins in the same order give the same counts, bit for bit.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
import numpy.typing as npt
from numba import njit, prange

from authrisk.errors import StoreError
from authrisk.features.catalogue import F_POPULATION, FIELDS, RARITY_FIELDS
from authrisk.features.coded import CODES, Ints

R = len(RARITY_FIELDS)
CAPACITY = 32_768
"""Slots per field; values beyond three quarters of it push the rarest out."""
TOTAL_LIMIT = float(1 << 20)
ABSENT = np.int64(0x5EED0FAB5E47)
_COLUMNS = np.array([CODES + FIELDS.index(field) for field in RARITY_FIELDS])


@njit(cache=True)
def _present(code):
    """Absence is a value like any other, common or rare; 0 is kept for empty slots."""
    return ABSENT if code == 0 else code


@njit(cache=True)
def _slot(keys, key):
    """Where the key is, or the empty slot where it belongs."""
    mask = keys.size - 1
    at = (key ^ (key >> 29)) & mask
    while keys[at] != 0 and keys[at] != key:
        at = (at + 1) & mask
    return at


@njit(cache=True)
def _rarity(keys, counts, totals, key):
    """-ln p of a value: (count + 1/2) / (total + (distinct + 1)/2), Krichevsky-Trofimov."""
    at = _slot(keys, key)
    count = counts[at] if keys[at] == key else 0.0
    return -math.log((count + 0.5) / (totals[0] + 0.5 * (totals[1] + 1.0)))


@njit(cache=True)
def _count(keys, counts, totals, key):
    """Count one more login with the value; totals is (logins, distinct values, used slots)."""
    at = _slot(keys, key)
    if keys[at] == 0:
        keys[at] = key
        totals[2] += 1.0
    if counts[at] == 0.0:
        totals[1] += 1.0
    counts[at] += 1.0
    totals[0] += 1.0
    if totals[0] >= TOTAL_LIMIT or totals[2] >= 0.75 * keys.size:
        old_keys, old_counts = keys.copy(), counts.copy()
        keys[:] = 0
        counts[:] = 0.0
        totals[:] = 0.0
        for i in range(old_keys.size):
            half = old_counts[i] * 0.5
            if old_keys[i] != 0 and half >= 1.0:
                to = _slot(keys, old_keys[i])
                keys[to] = old_keys[i]
                counts[to] = half
                totals[0] += half
                totals[1:] += 1.0


@njit(cache=True)
def _uncount(keys, counts, totals, key):
    """Take one login with the value back, if it is still counted; its slot stays."""
    at = _slot(keys, key)
    if keys[at] == key and counts[at] >= 1.0:
        counts[at] -= 1.0
        totals[0] -= 1.0
        if counts[at] == 0.0:
            totals[1] -= 1.0


@njit(cache=True)
def _query(row, columns, keys, counts, totals, size, out):
    for r in range(columns.size):
        out[r] = _rarity(keys[r], counts[r], totals[r], _present(row[columns[r]])) / 10.0
    out[columns.size] = math.log1p(size) / 15.0


@njit(cache=True)
def _remember(row, columns, keys, counts, totals):
    for r in range(columns.size):
        _count(keys[r], counts[r], totals[r], _present(row[columns[r]]))


@njit(cache=True)
def _take_back(row, columns, keys, counts, totals):
    for r in range(columns.size):
        _uncount(keys[r], counts[r], totals[r], _present(row[columns[r]]))


@njit(cache=True, parallel=True)
def _replay(codes, familiar, keys, counts, totals, size, out):
    """Query each event, then count it when familiar; fields run side by side.

    codes: (R, N) in time order. out: (R + 1, N).
    """
    for r in prange(codes.shape[0] + 1):
        n = size
        for i in range(familiar.size):
            if r == codes.shape[0]:
                out[r, i] = math.log1p(n) / 15.0
                n += familiar[i]
                continue
            key = _present(codes[r, i])
            out[r, i] = _rarity(keys[r], counts[r], totals[r], key) / 10.0
            if familiar[i]:
                _count(keys[r], counts[r], totals[r], key)


@njit(cache=True, parallel=True)
def gather(ints, order, columns):
    """ints[order, columns] as (C, n), one contiguous row per column."""
    out = np.empty((columns.size, order.size), np.int64)
    for i in prange(order.size):
        for c in range(columns.size):
            out[c, i] = ints[order[i], columns[c]]
    return out


def rarity_codes(ints: Ints, order: Ints) -> Ints:
    """The codes (R, n) of the counted fields of the coded events at `order`."""
    return gather(ints, order, _COLUMNS)  # type: ignore[no-any-return] # compiled by numba


class _Snapshot(msgspec.Struct, frozen=True):
    fields: tuple[str, ...]
    size: int
    keys: list[bytes]
    counts: list[bytes]


class Population:
    """Bounded, ageing counts of field values over all familiar logins. Mutable, not thread-safe.

    >>> Population().size
    0
    """

    def __init__(self) -> None:
        self.keys = np.zeros((R, CAPACITY), np.int64)
        self.counts = np.zeros((R, CAPACITY))
        self.totals = np.zeros((R, 3))
        self.size = 0
        """Familiar logins ever counted."""

    def rarities(self, row: Ints) -> npt.NDArray[np.float32]:
        """The `population` columns (F_POPULATION,) of one coded event (N_INTS,)."""
        out = np.empty(F_POPULATION, np.float32)
        _query(row, _COLUMNS, self.keys, self.counts, self.totals, self.size, out)
        return out

    def add(self, row: Ints) -> None:
        """Count one familiar login."""
        _remember(row, _COLUMNS, self.keys, self.counts, self.totals)
        self.size += 1

    def remove(self, row: Ints) -> None:
        """Take a familiar login back that turned out not to be: as if it had never been counted,
        unless the counts were halved in between."""
        _take_back(row, _COLUMNS, self.keys, self.counts, self.totals)
        self.size = max(0, self.size - 1)

    def replay(self, codes: Ints, familiar: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
        """`rarities` then, if familiar, `add`, for each event in time order: (N, F_POPULATION).

        codes: (R, N) of `rarity_codes`. Bit for bit what one call after the other gives.
        """
        out = np.empty((F_POPULATION, familiar.size), np.float32)
        _replay(codes, familiar, self.keys, self.counts, self.totals, self.size, out)
        self.size += int(familiar.sum())
        return np.ascontiguousarray(out.T)

    def to_bytes(self) -> bytes:
        """A snapshot; the order of slots is kept, so that what comes back counts on alike."""
        return msgspec.msgpack.encode(
            _Snapshot(
                RARITY_FIELDS,
                self.size,
                [_pack(keys) for keys in self.keys],
                [_pack(counts) for counts in self.counts],
            )
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Population:
        """The population of a snapshot; StoreError when it is damaged or of other fields."""
        try:
            snapshot = msgspec.msgpack.decode(data, type=_Snapshot)
            if snapshot.fields != RARITY_FIELDS:
                raise ValueError("it counts other fields")
            population = cls()
            for r in range(R):
                population.keys[r] = _unpack(snapshot.keys[r], np.int64)
                population.counts[r] = _unpack(snapshot.counts[r], np.float64)
                counts = population.counts[r]
                slots = (population.keys[r] != 0).sum()
                population.totals[r] = counts.sum(), (counts > 0).sum(), slots
        except (msgspec.MsgspecError, ValueError, IndexError) as error:
            raise StoreError(
                f"the population snapshot cannot be read: {error}",
                remedy="delete it; the counts are rebuilt from the logins",
            ) from None
        population.size = snapshot.size
        return population


def _pack(values: npt.NDArray[np.int64] | npt.NDArray[np.float64]) -> bytes:
    used = np.flatnonzero(values)
    return (
        np.uint32(used.size).tobytes() + used.astype(np.uint32).tobytes() + values[used].tobytes()
    )


def _unpack(data: bytes, dtype: type[np.int64] | type[np.float64]) -> npt.NDArray[np.generic]:
    n = int(np.frombuffer(data, np.uint32, 1)[0])
    used = np.frombuffer(data, np.uint32, n, 4)
    out = np.zeros(CAPACITY, dtype)
    out[used] = np.frombuffer(data, dtype, n, 4 + 4 * n)
    return out
