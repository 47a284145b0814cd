"""Fakes must not be told from real logins by anything that the attacker leaves untouched."""

import numpy as np
import polars as pl
import pytest

from authrisk.simulate.attackers import inject
from authrisk.simulate.profile import ENTERPRISE
from authrisk.simulate.world import simulate

UNTOUCHED = {
    "T1": ("time", "account"),
    "T2": ("time", "account"),
    "T3": ("time", "account", "client"),
    "T4": ("time", "account", "client"),
    "T5": ("time", "account", "client", "network"),
}


def auc(real, fake):
    """Chance that a fake scores above a real login (ties count half)."""
    real, fake = np.sort(np.asarray(real, float)), np.asarray(fake, float)
    below = np.searchsorted(real, fake, side="left")
    above = np.searchsorted(real, fake, side="right")
    return float((below + above).mean() / (2 * len(real)))


def described(world):
    """Each successful login by figures of several groups, from strictly earlier logins."""
    frame = world.sort("user_id", "timestamp")
    won = pl.col("outcome") == "success"
    wins = frame.with_columns(
        failures=(~won).cum_sum().over("user_id"),
    ).filter(won)
    seen = [
        (~pl.struct("user_id", name).is_first_distinct()).cast(pl.Float64).alias(f"known_{name}")
        for name in ("user_agent", "os", "src_ip", "src_asn", "src_country")
    ]
    rarity = [
        (-(pl.len().over(name) / pl.len()).log()).alias(f"rare_{name}")
        for name in ("user_agent", "src_ip", "src_asn")
    ]
    return wins.with_columns(
        *seen,
        *rarity,
        hour=pl.col("timestamp").dt.hour().cast(pl.Float64),
        weekday=pl.col("timestamp").dt.weekday().cast(pl.Float64),
        fraction=(pl.col("timestamp").dt.timestamp("ns") % 1_000_000_000).cast(pl.Float64),
        gap=pl.col("timestamp").diff().over("user_id").dt.total_milliseconds().cast(pl.Float64),
        app_rarity=-(pl.len().over("app") / pl.len()).log(),
        method_rarity=-(pl.len().over("auth_method") / pl.len()).log(),
        typos=pl.col("failures").diff().over("user_id").cast(pl.Float64),
        has_rtt=pl.col("rtt_ms").is_not_null().cast(pl.Float64),
    )


GROUPS = {
    "time": ("hour", "weekday", "fraction", "gap"),
    "account": ("app_rarity", "method_rarity", "typos", "has_rtt"),
    "client": ("known_user_agent", "known_os", "rare_user_agent"),
    "network": ("known_src_ip", "known_src_asn", "known_src_country", "rare_src_asn", "rtt_ms"),
}


@pytest.fixture(scope="module")
def company_events():
    return simulate(ENTERPRISE, users=250, seed=21, days=180, attacks=False).events


@pytest.mark.parametrize("tier", list(UNTOUCHED))
def test_untouched_groups_tell_nothing(company_events, tier):
    """Single figures of each untouched group separate fakes from real ones no better than dice."""
    result = inject(company_events, (tier,), seed=6, share=0.03)
    world, labels = result.apply(company_events)
    rows = described(world).join(labels.select("event_id", "is_attack"), on="event_id")
    for group in UNTOUCHED[tier]:
        for name in GROUPS[group]:
            known = rows.filter(pl.col(name).is_not_null() & pl.col(name).is_not_nan())
            value = auc(known.filter(~pl.col("is_attack"))[name], known.filter("is_attack")[name])
            assert 0.45 <= value <= 0.56, (tier, group, name, value)


def test_naive_attackers_are_told_by_their_network(company_events):
    """The audit has teeth: what T1 does change is visible."""
    world, labels = inject(company_events, ("T1",), seed=6, share=0.03).apply(company_events)
    rows = described(world).join(labels.select("event_id", "is_attack"), on="event_id")
    real, fake = (rows.filter(pl.col("is_attack") == flag) for flag in (False, True))
    assert auc(real["known_src_ip"], fake["known_src_ip"]) < 0.1
    assert auc(real["known_user_agent"], fake["known_user_agent"]) < 0.4


def test_browsers_of_fakes_are_not_from_the_future(company_events):
    """A donor is near in time: no fake shows a client that nobody has yet."""
    world, labels = inject(company_events, ("T1", "T2"), seed=6, share=0.03).apply(company_events)
    fresh = world.with_columns(first=pl.col("user_agent").is_first_distinct())
    rows = fresh.join(labels.select("event_id", "is_attack"), on="event_id")
    share = rows.group_by("is_attack").agg(pl.col("first").mean()).sort("is_attack")["first"]
    assert share[1] < 0.02
