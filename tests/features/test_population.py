"""How common a value is: counted exactly, bounded, ageing by halves."""

from __future__ import annotations

import math
import random
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.errors import StoreError
from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import to_events
from authrisk.features.catalogue import FIELDS, RARITY_FIELDS
from authrisk.features.coded import CODES, N_INTS, code_frame
from authrisk.features.population import CAPACITY, TOTAL_LIMIT, Population, rarity_codes

READ = {
    "country": "src_country", "region": "src_region", "asn": "src_asn", "browser": "browser",
    "os": "os", "device_type": "device_type", "method": "auth_method",
}  # fmt: skip


def value_of(event: LoginEvent, field: str) -> object:
    if field == "client":
        return event.device_id or event.user_agent
    if field == "service":
        return event.app or event.dst_host
    return getattr(event, READ[field])


def test_counts_are_counts(events: pl.DataFrame) -> None:
    """Each rarity is -ln of (count + 1/2) / (logins + (distinct + 1)/2), an unknown value counted
    like any other, over the familiar logins before."""
    ints = code_frame(events).ints
    population = Population()
    counts: dict[str, Counter[object]] = {field: Counter() for field in RARITY_FIELDS}
    size = 0
    for row, event in zip(ints, to_events(events), strict=True):
        found = population.rarities(row)
        for i, field in enumerate(RARITY_FIELDS):
            seen = counts[field]
            p = (seen[value_of(event, field)] + 0.5) / (size + 0.5 * (len(+seen) + 1))
            assert found[i] * 10 == pytest.approx(-math.log(p), rel=1e-5, abs=1e-5)
        assert found[-1] == pytest.approx(math.log(1 + size) / 15, rel=1e-6)
        if event.outcome is Outcome.SUCCESS:
            population.add(row)
            size += 1
            for field in RARITY_FIELDS:
                counts[field][value_of(event, field)] += 1
    assert population.size == size


@settings(max_examples=20, derandomize=True)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_replay_is_one_call_after_the_other(values: list[int], draw: random.Random) -> None:
    """Many at once give bit for bit what one at a time gives."""
    ints = np.zeros((len(values), N_INTS), np.int64)
    for i in range(len(FIELDS)):
        ints[:, CODES + i] = [value * (i + 1) * (1 << 33) for value in values]
    familiar = np.array([draw.random() < 0.7 for _ in values])
    single, together = Population(), Population()
    expected = []
    for row, counts in zip(ints, familiar, strict=True):
        expected.append(single.rarities(row))
        if counts:
            single.add(row)
    codes = rarity_codes(ints, np.arange(len(ints)))
    assert np.array_equal(together.replay(codes, familiar), np.array(expected))
    assert together.to_bytes() == single.to_bytes()


def column_of(values: np.ndarray) -> np.ndarray:
    """Codes (R, N), the same values in each field."""
    return np.tile(values.astype(np.int64), (len(RARITY_FIELDS), 1))


def test_more_values_than_places() -> None:
    """A flood of new values never fills the table; what is common outlives it."""
    population = Population()
    rng = np.random.default_rng(1)
    common = np.full(4_000, 7, np.int64)
    flood = rng.integers(1 << 40, 1 << 62, 60_000)
    population.replay(column_of(common), np.ones(common.size, np.bool_))
    population.replay(column_of(flood), np.ones(flood.size, np.bool_))
    for r in range(len(RARITY_FIELDS)):
        used = np.count_nonzero(population.keys[r])
        assert used < 0.75 * CAPACITY
        counts = population.counts[r][population.keys[r] != 0]
        assert counts.sum() == population.totals[r, 0]
        assert used == population.totals[r, 1]
        assert counts.min() >= 1.0
    row = np.zeros(N_INTS, np.int64)
    row[CODES:] = 7
    assert population.rarities(row)[0] * 10 < 4
    assert population.size == common.size + flood.size


def test_old_logins_weigh_less() -> None:
    """At the limit every count is halved, exactly; fresh logins then weigh twice as much."""
    n = int(TOTAL_LIMIT)
    values = np.where(np.arange(n) % 4 == 0, 11, 13)
    population = Population()
    population.replay(column_of(values[:-1]), np.ones(n - 1, np.bool_))
    assert population.totals[0, :2].tolist() == [n - 1, 2]
    population.replay(column_of(values[-1:]), np.ones(1, np.bool_))
    assert population.totals[0, :2].tolist() == [n / 2, 2]
    assert sorted(population.counts[0][population.keys[0] != 0]) == [n / 8, 3 * n / 8]


def test_no_value_is_a_value() -> None:
    """Absence is common where it is the rule and rare where it is not."""
    population = Population()
    absent, present = np.zeros((2, N_INTS), np.int64)
    present[CODES:] = 5
    for _ in range(50):
        population.add(absent)
    assert (population.rarities(absent)[:-1] * 10 < 0.1).all()
    assert (population.rarities(present)[:-1] * 10 > 4).all()


@pytest.fixture(scope="module")
def snapshot(events: pl.DataFrame) -> bytes:
    population = Population()
    for row in code_frame(events).ints[:300]:
        population.add(row)
    return population.to_bytes()


def test_truncated_snapshot(snapshot: bytes) -> None:
    """A snapshot that ends early is refused with a remedy."""
    for size in range(0, len(snapshot), 1 + len(snapshot) // 40):
        with pytest.raises(StoreError, match="delete it"):
            Population.from_bytes(snapshot[:size])


@pytest.mark.parametrize("data", [b"", b"\xc0", b"\x90", b"\xff" * 9, b"\x91" * 100_000])
def test_no_snapshot(data: bytes) -> None:
    """What is no snapshot is refused."""
    with pytest.raises(StoreError):
        Population.from_bytes(data)


def test_flipped_bits_of_a_snapshot(snapshot: bytes) -> None:
    """A snapshot with another bit is refused, or counts on with finite numbers."""
    draw = random.Random(5)
    row = np.zeros(N_INTS, np.int64)
    for _ in range(150):
        data = bytearray(snapshot)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        try:
            population = Population.from_bytes(bytes(data))
        except StoreError:
            continue
        assert np.isfinite(population.rarities(row)).all()
