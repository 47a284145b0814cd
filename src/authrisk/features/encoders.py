"""What is fitted before the model: bucket edges, tolerances and scalers. Frozen values."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from authrisk.errors import BundleError
from authrisk.features.catalogue import F_LOGIN, FEATURES, GAP_BUCKETS, NAMES, F, column

Vector = npt.NDArray[np.float64]

DEFAULT_GAP_EDGES_S = (60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 604_800.0, 2_592_000.0)
"""Edges used when there are too few gaps to fit any (RBA's published bins, one added)."""


class Encoders(msgspec.Struct, frozen=True):
    """How a login's continuous quantities become classes.

    >>> fit_encoders(np.empty(0), np.empty(0)).gap_edges_s == DEFAULT_GAP_EDGES_S
    True
    """

    gap_edges_s: tuple[float, ...]
    """Seconds, ascending: a gap is in bucket i when i edges are <= it."""
    rtt_shift_limit: float
    """|ln ratio| of a round-trip time to the user's mean above which it is unusual."""

    def __post_init__(self) -> None:
        edges = np.array(self.gap_edges_s)
        if edges.size != GAP_BUCKETS - 1 or not np.all(np.diff(edges) > 0):
            raise BundleError(
                f"gap_edges_s needs {GAP_BUCKETS - 1} ascending seconds", where="encoders.json"
            )
        if not np.isfinite(edges).all() or not 0 < self.rtt_shift_limit < 100:
            raise BundleError("edges and limits must be finite", where="encoders.json")


def fit_encoders(gaps_s: Vector, rtt_shifts: Vector) -> Encoders:
    """Edges at the octiles of the gaps between a user's familiar logins; the 99th percentile of
    round-trip shifts. Too few of either give the defaults."""
    edges: tuple[float, ...] = DEFAULT_GAP_EDGES_S
    if gaps_s.size >= 1_000:
        fitted = np.unique(np.quantile(gaps_s, np.arange(1, GAP_BUCKETS) / GAP_BUCKETS))
        if fitted.size == GAP_BUCKETS - 1 and fitted[0] > 0:
            edges = tuple(float(edge) for edge in fitted)
    limit = float(np.quantile(rtt_shifts, 0.99)) if rtt_shifts.size >= 1_000 else 0.5
    return Encoders(edges, min(max(limit, 0.05), 5.0))


_CONTINUOUS = np.array([feature.unit != "0/1" for feature in FEATURES])


class Scalers(msgspec.Struct, frozen=True):
    """Standardisation of the continuous columns; 0/1 columns stay as they are.

    A scaled value is `(value - shift) * scale`.
    """

    names: tuple[str, ...]
    shift: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.names != NAMES:
            raise BundleError(
                "the scalers are of other features than this version of authrisk computes",
                where="scalers.json",
                remedy="train a new bundle with this version",
            )
        whole = len(self.shift) == len(self.scale) == F
        if not whole or not np.isfinite([self.shift, self.scale]).all():
            raise BundleError(f"needs {F} finite shifts and scales", where="scalers.json")

    def vectors(self) -> tuple[Vector, Vector]:
        """shift and scale as float64 (F,)."""
        return np.array(self.shift), np.array(self.scale)


def fit_scalers(rows: npt.NDArray[np.float32]) -> Scalers:
    """Mean and standard deviation of the continuous columns of unscaled rows (N, F)."""
    mean = rows.mean(axis=0, dtype=np.float64)
    deviation = rows.std(axis=0, dtype=np.float64)
    fitted = _CONTINUOUS & (deviation > 1e-6)
    shift = np.where(fitted, mean, 0.0)
    scale = np.where(fitted, 1.0 / np.maximum(deviation, 0.02), 1.0)
    return Scalers(NAMES, tuple(map(float, shift)), tuple(map(float, scale)))


def scale_rows(rows: npt.NDArray[np.float32], scalers: Scalers) -> npt.NDArray[np.float32]:
    """Rows (N, F), or their first columns, scaled in place as the kernel does; answers them."""
    shift, scale = scalers.vectors()
    for f in range(rows.shape[1]):
        if shift[f] != 0.0 or scale[f] != 1.0:
            rows[:, f] = (rows[:, f].astype(np.float64) - shift[f]) * scale[f]
    return rows


_FAILURES = slice(column("failures_since_log"), column("failures_none"))


def as_past(rows: npt.NDArray[np.float32], scalers: Scalers) -> npt.NDArray[np.float32]:
    """Scaled rows (N, F) as the window shows them once they are past, (N, F_LOGIN): without
    failures; the columns of the moment, which are 0 then, are left out. A copy."""
    past = rows[:, :F_LOGIN].copy()
    shift, scale = scalers.vectors()
    past[:, _FAILURES] = ((0.0 - shift) * scale)[_FAILURES]
    classes = column("failures_none")
    past[:, classes : classes + 4] = (1.0, 0.0, 0.0, 0.0)
    return past


def from_json(kind: type[Any], data: bytes, where: str) -> Any:
    """A frozen value of a JSON file of a bundle; BundleError names the field that is wrong."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(str(error), where=where) from None
