"""How close a simulated user base is to the published one.

The published column holds the figures of the RBA data set (Wiefling et al., ACM TOPS 2022, and
figures derived from that data), of which `CONSUMER` is an image.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from authrisk.simulate.profiles.consumer import WEEKDAYS
from authrisk.simulate.profiles.crowd import GAP_EDGES_S

GAP_NAMES = ("< 1 min", "1-10 min", "10-60 min", "1-24 h", "1-7 d", "7-30 d", "> 30 d")
NEW_ADDRESS_BY_GAP = (0.024, 0.054, 0.120, 0.223, 0.351, 0.539, 0.759)
HOURS = (
    0.6, 0.9, 1.1, 1.3, 1.6, 2.6, 4.1, 5.2, 5.8, 6.3, 6.2, 5.9,
    5.9, 5.9, 5.9, 5.9, 6.2, 5.9, 5.9, 5.9, 4.8, 3.2, 1.8, 1.1,
)  # fmt: skip
"""Published shares of the hours of day, percent."""
GAPS = (0.040, 0.107, 0.051, 0.112, 0.172, 0.214, 0.303)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def calibration_report(events: pl.DataFrame) -> pl.DataFrame:
    """One row per figure: `figure`, `published` (null where none is), `simulated`.

    Shares are fractions. Everything but the success share counts successful logins only. "New"
    is what the user has not used in an earlier success; a first login is new in everything.
    """
    wins = _successes(events)
    rows: list[tuple[str, float | None, float]] = []
    rows += _volumes(events, wins)
    rows += _gaps(wins)
    rows += _novelty(wins)
    rows += _surprise(wins)
    rows += _clock(wins)
    rows += _devices(wins)
    rows += _round_trips(events)
    schema = {"figure": pl.String, "published": pl.Float64, "simulated": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


_Rows = list[tuple[str, float | None, float]]


def _successes(events: pl.DataFrame) -> pl.DataFrame:
    """Successful logins by user and time, with their gap and what is new about them."""
    wins = events.filter(pl.col("outcome") == "success").sort("user_id", "timestamp")
    gap = pl.col("timestamp").diff().dt.total_milliseconds().over("user_id") / 1000.0
    wins = wins.with_columns(gap_s=gap)
    for name in ("src_ip", "src_country", "src_asn"):
        wins = wins.with_columns(
            pl.struct("user_id", name).is_first_distinct().alias(f"new_{name}")
        )
    bins = np.searchsorted(np.array(GAP_EDGES_S[1:]), wins["gap_s"].to_numpy(), side="right")
    return wins.with_columns(bin=pl.Series(bins), returning=pl.col("gap_s").is_not_null())


def _volumes(events: pl.DataFrame, wins: pl.DataFrame) -> _Rows:
    counts = wins.group_by("user_id").len()["len"].to_numpy()
    return [
        ("users with one login", 0.40, float((counts == 1).mean())),
        ("users with 2-9 logins", 0.52, float(((counts > 1) & (counts < 10)).mean())),
        ("users with 10 or more logins", 0.085, float((counts >= 10).mean())),
        ("success share of attempts", 0.73, wins.height / max(events.height, 1)),
    ]


def _gaps(wins: pl.DataFrame) -> _Rows:
    back = wins.filter("returning")
    rows: _Rows = []
    for at, name in enumerate(GAP_NAMES):
        share = _number((back["bin"] == at).mean())
        rows.append((f"gap {name}", GAPS[at], share))
    for at, name in enumerate(GAP_NAMES):
        fresh = back.filter(pl.col("bin") == at)["new_src_ip"].mean()
        rows.append((f"new address after {name}", NEW_ADDRESS_BY_GAP[at], _number(fresh)))
    return rows


def _novelty(wins: pl.DataFrame) -> _Rows:
    back = wins.filter("returning")
    return [
        ("first logins", None, 1.0 - back.height / max(wins.height, 1)),
        ("new country, first logins counted", 0.16, _number(wins["new_src_country"].mean())),
        ("new AS, first logins counted", 0.23, _number(wins["new_src_asn"].mean())),
        ("new country, returning users", None, _number(back["new_src_country"].mean())),
        ("new AS, returning users", None, _number(back["new_src_asn"].mean())),
        ("new address, returning users", None, _number(back["new_src_ip"].mean())),
    ]


def _surprise(wins: pl.DataFrame) -> _Rows:
    share = wins.select(pl.len().over("src_asn") / pl.len()).to_series().to_numpy()
    bits = np.quantile(-np.log(share), [0.5, 0.95, 0.99])
    return [
        ("-ln p(AS), median", 2.06, float(bits[0])),
        ("-ln p(AS), p95", 7.9, float(bits[1])),
        ("-ln p(AS), p99", 10.9, float(bits[2])),
    ]


def _clock(wins: pl.DataFrame) -> _Rows:
    rows: _Rows = []
    hours = wins["timestamp"].dt.hour().to_numpy()
    days = wins["timestamp"].dt.weekday().to_numpy()
    for hour, share in enumerate(np.bincount(hours, minlength=24) / max(len(hours), 1)):
        rows.append((f"hour {hour:02d}", HOURS[hour] / 100, float(share)))
    for day, share in enumerate(np.bincount(days - 1, minlength=7) / max(len(days), 1)):
        rows.append((_DAYS[day], WEEKDAYS[day], float(share)))
    return rows


def _devices(wins: pl.DataFrame) -> _Rows:
    published = {"mobile": 0.63, "desktop": 0.25, "bot": 0.065, "other": 0.028, "tablet": 0.026}
    kinds = wins["device_type"].fill_null("other")
    return [(f"device {k}", p, _number((kinds == k).mean())) for k, p in published.items()]


def _round_trips(events: pl.DataFrame) -> _Rows:
    known = events["rtt_ms"].drop_nulls()
    rows: _Rows = [("round-trip time present", 0.04, known.len() / max(events.height, 1))]
    for level, published in ((0.25, 473.0), (0.5, 540.0), (0.75, 680.0)):
        rows.append(
            (f"round-trip time q{level:.2f}, ms", published, _number(known.quantile(level)))
        )
    return rows


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
