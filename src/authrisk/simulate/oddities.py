"""How often legitimate logins look odd: the rates that a detector has to live with.

Everything but the shares of places is counted from the events alone, so it can be set beside the
figures of anybody's own log.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from authrisk.simulate.market import market_of
from authrisk.simulate.profiles.crowd import Crowd
from authrisk.simulate.profiles.profile import Profile
from authrisk.simulate.universe import network_universe
from authrisk.simulate.workforce.attempts import draw_work
from authrisk.simulate.workforce.days import STATES
from authrisk.simulate.workforce.places import PLACES
from authrisk.simulate.world import START, simulate

_DEEP = 10  # logins after which a user is no newcomer
_FIELDS = {
    "src_ip": "address", "prefix": "/16 network", "src_asn": "AS", "src_country": "country",
    "user_agent": "user agent", "family": "browser and OS",
}  # fmt: skip


def oddity_report(profile: Profile, users: int, seed: int, days: int = 365) -> pl.DataFrame:
    """One row per figure of a simulated user base: `figure`, `value`.

    Places are what the simulator knows and no log says; they are there for workforces only.
    """
    world = simulate(profile, users, seed, days, attacks=False)
    report = oddities(world.events)
    if isinstance(profile.life, Crowd):
        return report
    work = draw_work(
        profile, profile.life, market_of(network_universe(), profile),
        users=users, days=days, start=START, seed=profile.account_seed(seed),
    )  # fmt: skip
    shares = np.bincount(work.place, minlength=len(PLACES)) / max(len(work.place), 1)
    kinds = np.bincount(work.plan.status, minlength=len(STATES)) / max(len(work.plan.status), 1)
    rows = [(f"place: {name}", float(s)) for name, s in zip(PLACES, shares, strict=True)]
    rows += [(f"day with a login: {n}", float(s)) for n, s in zip(STATES, kinds, strict=True)]
    return pl.concat([report, pl.DataFrame(rows, schema=report.schema, orient="row")])


def oddities(events: pl.DataFrame) -> pl.DataFrame:
    """One row per figure of anybody's legitimate events: `figure`, `value`.

    "New" is what the user has not used in an earlier success. The first figures are shares of the
    successes of users with ten or more before.
    """
    wins = events.filter(pl.col("outcome") == "success").sort("user_id", "timestamp")
    wins = wins.with_columns(
        prefix=pl.col("src_ip").str.extract(r"^(\d+\.\d+)\."),
        family=pl.format("{} {}", "browser", "os"),
        order=pl.int_range(pl.len()).over("user_id"),
    )
    for name in _FIELDS:
        wins = wins.with_columns(
            pl.struct("user_id", name).is_first_distinct().alias(f"new_{name}"),
            (pl.col(name) != pl.col(name).shift(1)).over("user_id").alias(f"changed_{name}"),
        )
    rows = [*_novelty(wins.filter(pl.col("order") >= _DEEP)), *_sharing(wins)]
    rows += [*_together(wins), *_volumes(wins), *_failures(events), *_clock(wins)]
    schema = {"figure": pl.String, "value": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


_Rows = list[tuple[str, float | None]]


def _novelty(deep: pl.DataFrame) -> _Rows:
    rows: _Rows = [(f"new {word}", _number(deep[f"new_{n}"].mean())) for n, word in _FIELDS.items()]
    rows += [
        (f"other {word} than the login before", _number(deep[f"changed_{name}"].mean()))
        for name, word in _FIELDS.items()
    ]
    both = deep.filter("new_src_asn", "new_user_agent")
    rows.append(("new AS and new user agent", both.height / max(deep.height, 1)))
    rows.append(("hosting network", _number((deep["src_network"] == "hosting").mean())))
    rows.append(
        ("phone or tablet", _number(deep["device_type"].is_in(["mobile", "tablet"]).mean()))
    )
    hour = deep.select(pl.col("timestamp").diff().dt.total_seconds().over("user_id") < 3600)
    rows.append(("within an hour of the login before", _number(hour.to_series().mean())))
    return rows


def _sharing(wins: pl.DataFrame) -> _Rows:
    per_user = wins.group_by("user_id").agg(
        pl.col("src_ip", "src_asn", "src_country", "user_agent").n_unique()
    )
    rows: _Rows = []
    for name in ("src_ip", "src_asn", "src_country", "user_agent"):
        for level in (0.5, 0.95):
            label = f"{_FIELDS[name]} per user, q{level:.2f}"
            rows.append((label, _number(per_user[name].quantile(level))))
    crowd = wins.select(pl.col("user_id").n_unique().over("src_ip")).to_series()
    rows.append(("from an address of 2-9 users", _number(crowd.is_between(2, 9).mean())))
    rows.append(("from an address of 10 or more users", _number((crowd >= 10).mean())))
    return rows


def _together(wins: pl.DataFrame) -> _Rows:
    """Several users on an address that is new to all of them, within half an hour."""
    fresh = wins.filter("new_src_ip", pl.col("order") >= _DEEP)
    window = pl.col("timestamp").dt.truncate("30m")
    users = fresh.select(pl.col("user_id").n_unique().over("src_ip", window)).to_series()
    return [("new address shared with two more newcomers in half an hour, of new addresses",
             _number((users >= 3).mean()))]  # fmt: skip


def _volumes(wins: pl.DataFrame) -> _Rows:
    stay = wins.group_by("user_id").agg(
        pl.len(),
        weeks=pl.col("timestamp").dt.truncate("1w").n_unique(),
        late=pl.col("timestamp").min(),
        early=pl.col("timestamp").max(),
    )
    per_week = stay["len"] / stay["weeks"]
    rows: _Rows = [
        (f"logins per week with any, q{q:.2f}", _number(per_week.quantile(q)))
        for q in (0.05, 0.5, 0.95)
    ]
    first, last = wins["timestamp"].min(), wins["timestamp"].max()
    month = pl.duration(days=30)
    joined = stay.filter(pl.col("late") > pl.lit(first) + month).height
    left = stay.filter(pl.col("early") < pl.lit(last) - month).height
    rows.append(("users first seen after a month", joined / max(stay.height, 1)))
    rows.append(("users not seen in the last month", left / max(stay.height, 1)))
    daily = wins.group_by(pl.col("timestamp").dt.date()).len()["len"]
    quiet = _number((daily < 0.15 * _number(daily.quantile(0.75))).mean())
    rows.append(("days with hardly any login", quiet))
    return rows


def _failures(events: pl.DataFrame) -> _Rows:
    failed = events["outcome"] == "failure"
    ordered = events.sort("user_id", "timestamp")
    same = pl.col("user_id") == pl.col("user_id").shift(-1)
    wait_s = (pl.col("timestamp").shift(-1) - pl.col("timestamp")).dt.total_seconds()
    alone = ordered.select((pl.col("outcome") == "failure") & ~(same & (wait_s < 1800)))
    return [
        ("failures, of all attempts", _number(failed.mean())),
        ("failures that nothing follows for half an hour, of failures",
         _number(alone.to_series().sum()) / max(int(failed.sum()), 1)),
    ]  # fmt: skip


def _clock(wins: pl.DataFrame) -> _Rows:
    """How far local habits move in UTC between winter and summer, hours, by country."""
    rows: _Rows = []
    busiest = wins["src_country"].value_counts(sort=True)["src_country"].head(5)
    for country in busiest:
        here = wins.filter(pl.col("src_country") == country)
        here = here.filter(pl.col("src_network") != "hosting")
        shift = _season_shift(here)
        if shift is not None:
            rows.append((f"hours earlier in July than in January, {country}", shift))
    return rows


def _season_shift(wins: pl.DataFrame) -> float | None:
    """Difference of the circular means of the hour of those who log in in both seasons."""
    dated = wins.with_columns(
        season=pl.col("timestamp").dt.month().replace_strict(
            {1: 1, 2: 1, 11: 1, 12: 1, 5: 2, 6: 2, 7: 2, 8: 2}, default=0
        ),
        turn=pl.col("timestamp").dt.hour().cast(pl.Float64) * (np.pi / 12)
        + pl.col("timestamp").dt.minute().cast(pl.Float64) * (np.pi / 720),
    ).filter(pl.col("season") > 0)  # fmt: skip
    mean = dated.group_by("user_id", "season").agg(
        pl.len(), x=pl.col("turn").cos().mean(), y=pl.col("turn").sin().mean()
    ).filter(pl.col("len") >= 20)  # fmt: skip
    winter, summer = mean.filter(season=1), mean.filter(season=2)
    both = winter.join(summer, on="user_id", suffix="_summer")
    if both.height < 5:
        return None
    turn = np.arctan2(both["y"], both["x"]) - np.arctan2(both["y_summer"], both["x_summer"])
    hours = (np.asarray(turn) * 12 / np.pi + 12) % 24 - 12
    return float(np.median(hours))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
