"""Logs of other kinds: what they hide, and that the copies of a login look like it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from authrisk.evaluation.cases import Cases, injected_cases
from authrisk.simulate.other_logs import further_logons, host_log, shell_log
from authrisk.simulate.profile import ENTERPRISE
from authrisk.simulate.world import simulate


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    return simulate(ENTERPRISE, users=40, seed=9, days=40, attacks=False).events


@pytest.fixture(scope="module")
def cases(events: pl.DataFrame) -> Cases:
    return injected_cases(further_logons(events, 9), 9, 0.3)


def test_a_shell_log_knows_no_agents(events: pl.DataFrame) -> None:
    """Agent and round-trip time are gone; who, when, whence and how it went stay."""
    seen = shell_log(events, 9)
    assert (
        seen.select("user_agent", "browser", "os", "device_type", "rtt_ms").null_count().row(0)
        == (seen.height,) * 5
    )
    kept = ["event_id", "timestamp", "user_id", "src_ip", "src_asn", "outcome"]
    assert seen.select(kept).equals(events.select(kept))


def test_each_success_is_followed_by_logons_of_its_user(events: pl.DataFrame) -> None:
    """Further logons come after their login, in order, within the hour, under ids of their own;
    failures are followed by none."""
    more = further_logons(events, 9)
    assert more["timestamp"].is_sorted()
    assert more["event_id"].is_unique().all()
    added = more.filter(pl.col("event_id").str.contains("+", literal=True)).with_columns(
        of=pl.col("event_id").str.split("+").list.first()
    )
    assert events.height < more.height == events.height + added.height
    pairs = added.join(events, left_on="of", right_on="event_id", suffix="_first")
    assert pairs.height == added.height
    assert (pairs["user_id"] == pairs["user_id_first"]).all()
    assert set(pairs["outcome_first"]) == {"success"}
    lag = (pairs["timestamp"] - pairs["timestamp_first"]).dt.total_milliseconds()
    assert lag.min() > 0
    assert lag.max() < 3_600_000


def test_a_host_log_knows_hosts_only(cases: Cases) -> None:
    """Neither address, place nor agent is left; hosts and methods stand in for them."""
    seen = host_log(cases.events, cases.owner, cases.lender, cases.attack, 9)
    hidden = ["src_ip", "src_country", "src_asn", "src_latitude", "user_agent", "os", "app"]
    assert seen.select(hidden).null_count().row(0) == (seen.height,) * len(hidden)
    assert seen.select("src_host", "dst_host", "auth_method").null_count().row(0) == (0, 0, 0)


def test_copies_of_a_login_look_like_it(cases: Cases) -> None:
    """What a shadow of a user did before a campaign, the user did: on the same hosts."""
    seen = host_log(cases.events, cases.owner, cases.lender, cases.attack, 9)
    shown = seen.with_columns(
        of=pl.col("event_id").str.replace(r"#T6-\d+$", ""), copy=pl.col("user_id").str.contains("#")
    ).filter(~pl.Series(cases.attack))
    pairs = shown.filter("copy").join(shown.filter(~pl.col("copy")), on="of", suffix="_first")
    assert pairs.height > 100
    for column in ("src_host", "dst_host", "auth_method"):
        assert (pairs[column] == pairs[f"{column}_first"]).all()


def test_attackers_sit_at_computers_of_others(cases: Cases) -> None:
    """A login with a borrowed network comes from a host that its victim rarely uses; a login of
    the victim's mostly from one of a handful."""
    seen = host_log(cases.events, cases.owner, cases.lender, cases.attack, 9)
    own = seen.filter(pl.Series(cases.legitimate)).group_by("user_id").agg("src_host")
    known = dict(own.iter_rows())
    borrowed = seen.filter(pl.Series(cases.attack & (cases.lender != 0)))
    strange = [row["src_host"] not in known.get(row["user_id"], []) for row in borrowed.to_dicts()]
    assert np.mean(strange) > 0.9
    bursts = seen.filter(pl.Series(cases.attack & (cases.lender == 0)))
    assert bursts.height > 50
    ours = {host for used in known.values() for host in used}
    assert not set(bursts["src_host"]) & ours
    hosts = [pl.Series(used).value_counts()["count"].top_k(5).sum() / len(used)
             for used in known.values() if len(used) > 20]  # fmt: skip
    assert np.median(hosts) > 0.8
