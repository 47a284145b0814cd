"""The catalogue: every column once, with unit and group; nothing gives the answer away."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from authrisk.errors import BundleError
from authrisk.eventlog import LABEL_SCHEMA
from authrisk.features.catalogue import (
    BLOCKS,
    F_LOGIN,
    F_POPULATION,
    F_RELATION,
    F_SOURCE,
    FEATURES,
    FIELDS,
    GROUPS,
    HISTORY_LIMIT,
    LOOKBACK,
    NAMES,
    SPELLED,
    STEPS,
    F,
    column,
)
from authrisk.features.coded import code_frame, code_of, version_number
from authrisk.features.encoders import (
    DEFAULT_GAP_EDGES_S,
    Encoders,
    Scalers,
    fit_encoders,
    fit_scalers,
)


def test_columns() -> None:
    """Names are unique, scopes lie side by side, and each feature has a unit and a group."""
    assert len(set(NAMES)) == F == F_LOGIN + F_POPULATION + F_SOURCE + F_RELATION
    scopes = [feature.scope for feature in FEATURES]
    assert scopes == sorted(scopes, key=("login", "population", "source", "relation").index)
    assert all(feature.unit for feature in FEATURES)
    assert {feature.group for feature in FEATURES} == {*GROUPS, "history"}
    assert all(column(name) == i for i, name in enumerate(NAMES))
    with pytest.raises(KeyError):
        column("user_id")


def test_blocks() -> None:
    """Blocks do not overlap, hold 0/1 columns of one group, and every field has one."""
    columns = [block.start + k for block in BLOCKS for k in range(block.size)]
    assert len(set(columns)) == len(columns)
    for block in BLOCKS:
        features = FEATURES[block.start : block.start + block.size]
        assert {(f.unit, f.group) for f in features} == {("0/1", block.group)}
    assert set(SPELLED) == set(FIELDS)
    assert HISTORY_LIMIT == LOOKBACK + STEPS - 1


@pytest.mark.parametrize("word", [*LABEL_SCHEMA, "user_id", "label", "takeover", "outcome", "T1"])
def test_no_label_among_the_inputs(word: str) -> None:
    """No feature is named after a label, a tier, the login's outcome or its user."""
    assert not [name for name in NAMES if word.lower() in name.lower()]


def test_inputs_do_not_depend_on_what_labels_say(events: pl.DataFrame) -> None:
    """What the models cannot see, they cannot learn: other outcomes, ids, sessions and names
    give the same numbers (but for the flag of a failure, which no feature reads)."""
    shuffled = events.with_columns(
        pl.col("outcome").shuffle(seed=1),
        event_id=pl.int_range(pl.len()).cast(pl.String),
        session_id=pl.lit("s"),
        user_name=pl.lit("admin"),
        account_kind=pl.lit("service"),
        failure_reason=pl.lit("locked"),
        source_type=pl.lit("other"),
    )
    one, other = code_frame(events), code_frame(shuffled)
    same = [i for i in range(one.ints.shape[1]) if i != 3]
    assert np.array_equal(one.ints[:, same], other.ints[:, same])
    assert np.array_equal(one.floats, other.floats, equal_nan=True)


def test_codes() -> None:
    """A value's code depends on its field, is never 0, and is the same everywhere and for ever."""
    assert code_of("country", "NO") == 8_814_941_623_644_587_046
    assert code_of("country", "NO") != code_of("region", "NO")
    assert code_of("country", "") != 0


def test_versions_grow() -> None:
    """A later version is a larger number; what is no version is no number."""
    versions = ["1", "1.0.1", "1.2", "1.10", "2", "10.0", "99.999.999", "120.0.6099.109", "121"]
    numbers = [version_number(text) for text in versions]
    assert numbers == sorted(numbers)
    for text in ("", "x", ".1", "-1", "１"):
        assert np.isnan(version_number(text))


def test_fitted_encoders() -> None:
    """Edges are the octiles of the gaps; too few gaps, or all alike, give the defaults."""
    rng = np.random.default_rng(1)
    gaps = rng.exponential(1e4, 50_000)
    edges = fit_encoders(gaps, np.empty(0)).gap_edges_s
    shares = np.histogram(gaps, [0, *edges, np.inf])[0] / gaps.size
    assert shares == pytest.approx(1 / 8, abs=1e-3)
    for few in (gaps[:999], np.zeros(5_000), np.ones(5_000)):
        assert fit_encoders(few, np.empty(0)).gap_edges_s == DEFAULT_GAP_EDGES_S
    assert fit_encoders(gaps, np.full(2_000, 1e9)).rtt_shift_limit == 5.0


@pytest.mark.parametrize(
    ("edges", "limit"),
    [((1.0,) * 7, 0.5), ((1.0, 2.0), 0.5), (DEFAULT_GAP_EDGES_S, 0.0),
     ((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, float("inf")), 0.5), (DEFAULT_GAP_EDGES_S, float("nan"))],
)  # fmt: skip
def test_impossible_encoders(edges: tuple[float, ...], limit: float) -> None:
    """Edges that do not ascend, and limits that are none, are refused."""
    with pytest.raises(BundleError):
        Encoders(edges, limit)


def test_impossible_scalers() -> None:
    """Scalers of other columns, or that are not finite, are refused."""
    good = fit_scalers(np.ones((5, F), np.float32))
    with pytest.raises(BundleError, match="other features"):
        Scalers(NAMES[1:], good.shift, good.scale)
    with pytest.raises(BundleError):
        Scalers(NAMES, good.shift[1:], good.scale)
    with pytest.raises(BundleError):
        Scalers(NAMES, (float("nan"), *good.shift[1:]), good.scale)
