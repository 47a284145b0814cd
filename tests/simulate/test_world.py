import datetime as dt

import polars as pl
import pytest

from authrisk.enrich.geo import AddressTables
from authrisk.enrich.user_agent import parse_user_agent
from authrisk.errors import InputError
from authrisk.eventlog import EVENT_SCHEMA, LABEL_SCHEMA, to_events
from authrisk.simulate.clients import CLIENT_COLUMNS
from authrisk.simulate.profile import CONSUMER, ENTERPRISE
from authrisk.simulate.world import simulate


def test_same_seed_gives_the_same_frames_and_another_seed_other_ones():
    """A simulation is a function of its arguments."""
    one, two = (simulate(CONSUMER, users=300, seed=7) for _ in range(2))
    assert one.events.equals(two.events)
    assert one.labels.equals(two.labels)
    assert not one.events.equals(simulate(CONSUMER, users=300, seed=8).events)


@pytest.mark.parametrize("profile", [CONSUMER, ENTERPRISE])
def test_events_have_the_schema_and_labels_stand_beside_them(profile):
    """Every row is a login event; labels are never inside."""
    world = simulate(profile, users=60, seed=3, days=60)
    assert world.events.schema == EVENT_SCHEMA
    assert world.labels.schema == LABEL_SCHEMA
    assert world.events["timestamp"].is_sorted()
    assert world.events["event_id"].equals(world.labels["event_id"])
    assert world.events["event_id"].is_unique().all()
    assert len(list(to_events(world.events))) == world.events.height


def test_all_times_lie_in_the_period():
    """Nothing happens before the start or after the end."""
    start = dt.datetime(2021, 3, 4, 5, tzinfo=dt.UTC)
    times = simulate(ENTERPRISE, users=40, seed=3, days=30, start=start).events["timestamp"]
    assert times.min() >= start
    assert times.max() <= start + dt.timedelta(days=30)


def test_user_ids_are_signed_64_bit_numbers(consumer):
    """User ids look as in the RBA data set: numbers as text, digit for digit."""
    ids = consumer.events["user_id"].unique()
    assert ids.cast(pl.Int64).cast(pl.String).equals(ids)
    assert (ids.cast(pl.Int64) < 0).mean() == pytest.approx(0.5, abs=0.02)


def test_attacks_are_the_wanted_share_and_mostly_fail(consumer):
    """Background traffic is T0 alone, and 0.1-2 % of it gets in."""
    attack = consumer.labels["is_attack"]
    assert attack.mean() == pytest.approx(CONSUMER.attack_share, abs=0.01)
    success = consumer.events.filter(attack)["outcome"] == "success"
    assert 0.001 <= success.mean() <= 0.02
    assert consumer.labels.filter("is_attack")["tier"].unique().to_list() == ["T0"]


def test_without_attacks_nobody_attacks():
    """The background can be left out."""
    world = simulate(CONSUMER, users=200, seed=1, attacks=False)
    assert not world.labels["is_attack"].any()


def test_addresses_enrich_back_to_the_same_place(consumer):
    """A log that holds only addresses loses neither country nor AS nor kind of network."""
    seen = consumer.events.filter(pl.col("src_ip").is_first_distinct()).head(20_000)
    found = AddressTables.load().lookup_many(seen["src_ip"].to_list())
    for name in ("src_ip", "src_country", "src_asn", "src_network"):
        assert seen[name].equals(found[name]), name


def test_client_columns_are_what_the_user_agent_says(consumer):
    """The columns never disagree with the text, and every kind of device is there."""
    agents = consumer.events.unique("user_agent").select(CLIENT_COLUMNS)
    for row in agents.iter_rows():
        assert tuple(parse_user_agent(row[0])) == row[1:]
    assert agents["browser"].null_count() == 0
    kinds = set(consumer.events["device_type"].unique())
    assert kinds == {"mobile", "desktop", "bot", "other", "tablet"}


def test_legitimate_users_live_on_hosting_networks_and_in_every_country(consumer):
    """Neither a hosting network nor a country gives an attacker away by itself."""
    real = consumer.events.filter(~consumer.labels["is_attack"])
    assert 0.01 < (real["src_network"] == "hosting").mean() < 0.10
    assert real["src_country"].n_unique() > 150
    bad = consumer.events.filter(consumer.labels["is_attack"])
    assert bad["src_asn"].unique().is_in(real["src_asn"].unique().implode()).mean() > 0.6


def test_a_company_logs_in_5_to_20_times_a_week(company):
    """Nine of ten people do, in weeks that they work; few are dormant, joiners or leavers."""
    real = company.events.filter(~company.labels["is_attack"], pl.col("outcome") == "success")
    real = real.with_columns(week=pl.col("timestamp").dt.truncate("1w"))
    each = real.group_by("user_id").agg(pl.len(), pl.col("week").n_unique())
    weekly = each["len"] / each["week"]
    assert weekly.quantile(0.05) > 4
    assert weekly.quantile(0.95) < 24
    assert 8 < weekly.mean() < 16
    assert (each["week"] > 12).mean() > 0.7


def test_offices_share_addresses(company):
    """Many colleagues come from one address."""
    users = company.events.group_by("src_ip").agg(pl.col("user_id").n_unique())["user_id"]
    assert users.max() >= 10


def test_bad_arguments_are_refused():
    """No users, no days and a naive start are errors before any work."""
    with pytest.raises(InputError):
        simulate(CONSUMER, users=0, seed=1)
    with pytest.raises(InputError):
        simulate(CONSUMER, users=1, seed=1, days=0)
    with pytest.raises(InputError):
        simulate(CONSUMER, users=1, seed=1, start=dt.datetime(2025, 1, 1))  # noqa: DTZ001 - the zone is put on afterwards
