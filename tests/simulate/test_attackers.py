import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.errors import InputError
from authrisk.eventlog import EVENT_SCHEMA, LABEL_SCHEMA
from authrisk.simulate.attackers import INSERTED, TIERS, inject
from authrisk.simulate.disguise import CLIENT_FIELDS, NETWORK_FIELDS
from authrisk.simulate.donors import donor_book
from authrisk.simulate.ladders import Ladders
from authrisk.simulate.profile import CONSUMER, ENTERPRISE
from authrisk.simulate.world import simulate


@pytest.fixture(scope="module")
def events(company):
    return company.events.filter(~company.labels["is_attack"])


@pytest.fixture(scope="module")
def injection(events):
    return inject(events, TIERS, seed=2, share=0.1)


def pairs(events, injection, tier):
    """Successful fakes of a tier beside the real logins that they replace."""
    fakes = injection.fakes.with_columns(replaces=injection.replaces).filter(injection.tier == tier)
    return fakes.filter(outcome="success").join(
        events, left_on="replaces", right_on="event_id", suffix="_real"
    )


def test_parts_have_equal_rows_and_the_schema(events, injection):
    """Fakes are events like all others, sorted by time."""
    assert injection.fakes.schema == EVENT_SCHEMA
    assert injection.fakes["timestamp"].is_sorted()
    assert injection.fakes["event_id"].is_unique().all()
    for part in (injection.replaces, injection.tier, injection.campaign):
        assert len(part) == injection.fakes.height
    assert set(injection.tier) == set(TIERS)
    inserted = injection.tier.is_in(INSERTED)
    assert injection.replaces.is_null().equals(inserted)
    assert not injection.fakes["event_id"].is_in(events["event_id"].implode()).any()


def test_same_seed_gives_the_same_fakes(events):
    """An injection is a function of its arguments."""
    one, two = (inject(events, ("T1", "T6"), seed=4, share=0.02) for _ in range(2))
    assert one.fakes.equals(two.fakes)


@pytest.mark.parametrize("tier", ["T1", "T2", "T3", "T4"])
def test_network_comes_from_a_later_login_of_somebody_else(events, injection, tier):
    """The address is unknown to the victim and turns up later with its donor."""
    both = pairs(events, injection, tier)
    known = events.filter(outcome="success").select("user_id", "src_ip").unique()
    assert both.join(known, on=["user_id", "src_ip"], how="inner").height == 0
    last = events.filter(outcome="success").group_by("src_ip").agg(pl.col("timestamp").max())
    later = both.join(last, on="src_ip", suffix="_donor")
    assert later.height == both.height
    assert (later["timestamp_donor"] >= later["timestamp_real"]).mean() > 0.9
    network = [name for name in NETWORK_FIELDS if name not in {"rtt_ms", "src_port", "src_host"}]
    donors = events.select(network).unique()
    assert both.join(donors, on=network, how="semi", nulls_equal=True).height == both.height


def test_tiers_know_what_they_say(events, injection):
    """T2 has the country, T3 the client too but no known AS, T4 AS and city too."""
    same = {
        tier: {
            name: (rows[name].eq_missing(rows[f"{name}_real"])).mean()
            for name in ("src_country", "src_asn", "src_city", "user_agent")
        }
        for tier in ("T1", "T2", "T3", "T4", "T5")
        for rows in (pairs(events, injection, tier),)
    }
    assert same["T1"]["src_country"] < 0.7
    assert same["T2"]["src_country"] == 1.0
    assert same["T2"]["user_agent"] < 0.5
    assert same["T3"]["src_country"] == 1.0
    assert same["T3"]["src_asn"] < 0.05
    assert same["T3"]["user_agent"] == 1.0
    assert same["T4"]["src_asn"] == 1.0
    assert same["T4"]["src_city"] > 0.8
    assert same["T4"]["user_agent"] == 1.0
    assert same["T5"] == dict.fromkeys(same["T5"], 1.0)


def test_account_and_service_stay_the_victims(events, injection):
    """User, outcome, application and method are those of the replaced login."""
    for tier in ("T1", "T2", "T3", "T4", "T5"):
        both = pairs(events, injection, tier)
        for name in ("user_id", "outcome", "app", "auth_method", "mfa", "account_kind"):
            assert both[name].eq_missing(both[f"{name}_real"]).all(), (tier, name)


def test_a_copy_differs_in_id_and_time_alone(events, injection):
    """T5 knows everything: whoever tells it apart has found a leak."""
    both = pairs(events, injection, "T5")
    for name in set(EVENT_SCHEMA) - {"event_id", "timestamp"}:
        assert both[name].eq_missing(both[f"{name}_real"]).all(), name


def test_typing_errors_move_with_the_login(events):
    """No failed attempt stays behind at the real network right before a replaced login."""
    result = inject(events, ("T1", "T2", "T3", "T4"), seed=2, share=0.3)
    assert (result.fakes["outcome"] == "failure").sum() > 100
    world, labels = result.apply(events)
    one_before = pl.col("user_id", "outcome", "src_ip", "timestamp").shift(1).name.suffix("_1")
    rows = (
        world.with_columns(is_attack=labels["is_attack"])
        .sort("user_id", "timestamp", maintain_order=True)
        .with_columns(one_before)
        .filter(
            "is_attack",
            pl.col("outcome") == "success",
            pl.col("outcome_1") == "failure",
            pl.col("user_id") == pl.col("user_id_1"),
            pl.col("timestamp") - pl.col("timestamp_1") < pl.duration(minutes=5),
        )
    )
    assert rows.height > 50
    assert (rows["src_ip"] == rows["src_ip_1"]).mean() > 0.97


def test_apply_keeps_every_other_event_and_labels_the_rest(events, injection):
    """Replaced events go, fakes come, labels stand beside them in the same order."""
    world, labels = injection.apply(events)
    gone = injection.replaces.drop_nulls()
    assert world.height == events.height - len(gone) + injection.fakes.height
    assert world["timestamp"].is_sorted()
    assert labels.schema == LABEL_SCHEMA
    assert labels["event_id"].equals(world["event_id"])
    assert labels["is_attack"].sum() == injection.fakes.height
    assert not world["event_id"].is_in(gone.implode()).any()


def test_order_of_a_users_logins_stays(events):
    """Moving fakes by seconds never changes who came first."""
    result = inject(events, ("T5",), seed=3, share=1.0)
    world, _ = result.apply(events)
    original = world["event_id"].str.strip_suffix("#T5")
    frame = world.with_columns(original=original)
    wanted = events.sort("timestamp", maintain_order=True)
    for user in events["user_id"].unique().sort().head(20):
        got = frame.filter(user_id=user)["original"]
        assert got.equals(wanted.filter(user_id=user)["event_id"].rename("original"))


def test_bursts_try_many_accounts_from_few_addresses(events, injection):
    """T0 is many users per address, and hardly any success."""
    bursts = injection.fakes.filter(injection.tier == "T0")
    assert (bursts["outcome"] == "success").mean() < 0.03
    assert bursts["user_id"].n_unique() > 3 * bursts["src_ip"].n_unique() or bursts.height < 500
    campaigns = injection.campaign.filter(injection.tier == "T0")
    assert campaigns.null_count() == 0


def test_campaigns_last_days_and_leave_the_victims_logins_alone(events, injection):
    """T6 adds one to five logins of one account over at most 14 days, as many in all as another
    tier has, about; most come from the place of the first."""
    rows = injection.fakes.with_columns(campaign=injection.campaign).filter(injection.tier == "T6")
    each = rows.group_by("campaign").agg(
        pl.len(),
        pl.col("user_id", "src_ip", "user_agent").n_unique(),
        days=(pl.col("timestamp").max() - pl.col("timestamp").min()).dt.total_hours() / 24,
    )
    assert each["len"].max() == 5
    assert each["user_id"].max() == 1
    assert 5 < each["days"].max() <= 14
    assert each.filter(pl.col("len") == 5)["src_ip"].mean() < 4
    assert 0.5 < rows.height / (injection.tier == "T5").sum() < 1.5
    # All of the attacker's own clients in a campaign are one. Who begins with the victim's client,
    # which that has not had yet, and goes on with an own one shows two.
    own = events.filter(outcome="success").select("user_id", "user_agent").unique()
    foreign = rows.join(own, on=["user_id", "user_agent"], how="anti")
    clients = foreign.group_by("campaign").agg(pl.col("user_agent").n_unique())["user_agent"]
    assert clients.mean() == pytest.approx(1.0, abs=0.1)
    assert clients.max() <= 2


def test_an_update_goes_onwards_and_leaves_the_device():
    """What a victim would have after weeks is of the same browser, system, kind of device and
    model, and of no older version."""
    events = simulate(CONSUMER, users=1_500, seed=6, days=300, attacks=False).events
    book = donor_book(events)
    victims = book.successes
    at = np.searchsorted(book.time_ns, book.time_ns[victims] + 60 * 86_400 * 10**9) - 1
    victims, at = (rows[at < events.height - 1] for rows in (victims, at))
    found = Ladders(events, book).updated(victims, at, 1)
    new, old = events[found], events[victims]
    changed = new["user_agent"] != old["user_agent"]
    assert changed.mean() > 0.5
    for name in ("browser", "os", "device_type"):
        assert new[name].eq_missing(old[name]).all(), name
    model = r"(SM-\w+|Pixel \w+|TB-\w+)"
    assert (
        new["user_agent"].str.extract(model).eq_missing(old["user_agent"].str.extract(model)).all()
    )
    for name in ("browser_version", "os_version"):
        pairs = zip(new[name].fill_null(""), old[name].fill_null(""), strict=True)
        assert all(_numbers(one) >= _numbers(other) for one, other in pairs), name


def _numbers(version):
    return [int(n) for n in re.findall(r"\d+", version)]


def test_campaigns_strike_awake_and_sleeping_accounts():
    """A third of the campaigns begin a month or more after the victim's last login, the others
    within days of one; a log without sleepers says so."""
    events = simulate(CONSUMER, users=4_000, seed=6, attacks=False).events
    result = inject(events, ("T6",), seed=1, share=0.3)
    first = result.fakes.with_columns(campaign=result.campaign).group_by("campaign").first()
    before = events.filter(outcome="success").select("user_id", "timestamp", last="timestamp")
    joined = first.sort("timestamp").join_asof(
        before.sort("timestamp"), on="timestamp", by="user_id", check_sortedness=False
    )
    away = (joined["timestamp"] - joined["last"]).dt.total_hours() / 24
    assert away.null_count() == 0
    assert 0.25 < (away >= 29).mean() < 0.45
    assert 0.5 < (away <= 3.5).mean() < 0.75
    awake = inject(events.head(400), ("T6",), seed=1, share=0.3)
    assert awake.fallbacks["T6:no sleeping account"] > 0


def test_poisoning_goes_from_the_quiet_to_the_bold():
    """In campaigns that change their way, the victim's own AS and client come first."""
    events = simulate(ENTERPRISE, users=150, seed=6, days=90, attacks=False).events
    result = inject(events, ("T6",), seed=1, share=0.3)
    rows = result.fakes.with_columns(campaign=result.campaign)
    own = events.filter(outcome="success").select("user_id", "src_asn", known=True).unique()
    rows = rows.join(own, on=["user_id", "src_asn"], how="left", maintain_order="left")
    each = rows.group_by("campaign", maintain_order=True).agg(
        pl.len(), first=pl.col("known").first(), last=pl.col("known").last()
    ).filter(pl.col("len") >= 3)  # fmt: skip
    quiet_first = each["first"].fill_null(value=False) & each["last"].is_null()
    bold_first = each["first"].is_null() & each["last"].fill_null(value=False)
    assert quiet_first.sum() > max(20, 3 * bold_first.sum())


def lanl_like(rows=400):
    """Events of a log that knows hosts only, with whole seconds."""
    rng = np.random.default_rng(1)
    return pl.DataFrame({
        "event_id": [f"auth:{n}" for n in range(rows)],
        "timestamp": pl.Series(np.sort(rng.integers(0, 90_000, rows)) * 1_000_000_000)
        .cast(pl.Datetime("ns", "UTC")),
        "user_id": [f"U{n}" for n in rng.integers(0, 25, rows)],
        "outcome": ["success"] * rows,
        "src_host": [f"C{n}" for n in rng.integers(0, 60, rows)],
        "count": [1] * rows,
    }).select(
        pl.col(name).cast(kind) if name in {"event_id", "timestamp", "user_id", "outcome",
                                           "src_host", "count"}
        else pl.lit(None, kind).alias(name)
        for name, kind in EVENT_SCHEMA.items()
    )  # fmt: skip


def test_a_log_of_hosts_falls_back_and_says_so():
    """Without countries T2-T4 borrow any host that the victim never used, and count it."""
    events = lanl_like()
    result = inject(events, ("T1", "T2", "T3", "T4"), seed=1, share=0.4)
    assert result.fakes.height > 100
    assert result.fallbacks["T2:no later donor in the country"] > 0
    assert result.fallbacks["T4:no later donor in AS and city"] > 0
    assert result.fakes["src_host"].null_count() == 0
    known = events.select("user_id", "src_host").unique()
    assert result.fakes.join(known, on=["user_id", "src_host"], how="inner").height == 0
    assert (result.fakes["timestamp"].dt.timestamp("ns") % 1_000_000_000 == 0).all()


@given(blank=st.sets(st.sampled_from([*NETWORK_FIELDS, *CLIENT_FIELDS, "app", "user_id"])))
@settings(max_examples=12)
def test_any_column_may_be_null(blank):
    """A source that says nothing in some column never breaks the injector."""
    events = simulate(CONSUMER, users=40, seed=9).events.with_columns(
        pl.lit(None, EVENT_SCHEMA[name]).alias(name) for name in sorted(blank)
    )
    result = inject(events, TIERS, seed=1, share=0.5)
    world, labels = result.apply(events)
    assert world.height == labels.height


def test_an_empty_log_gives_no_fakes():
    """Nothing in, nothing out."""
    empty = pl.DataFrame(schema=EVENT_SCHEMA)
    assert inject(empty, TIERS, seed=1, share=0.5).fakes.height == 0


def test_bad_arguments_are_refused(events):
    """Unknown tiers, no tiers and impossible shares are errors."""
    with pytest.raises(InputError):
        inject(events, ("T9",), seed=1, share=0.1)
    with pytest.raises(InputError):
        inject(events, (), seed=1, share=0.1)
    with pytest.raises(InputError):
        inject(events, ("T1",), seed=1, share=1.5)


def test_profiles_never_share_users():
    """The same seed gives two profiles different people."""
    one, two = (simulate(p, users=50, seed=1, days=30).events for p in (CONSUMER, ENTERPRISE))
    assert not set(one["user_id"]) & set(two["user_id"])
