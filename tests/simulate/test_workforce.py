"""What is special about people who work: each test names one habit and finds it in the events."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from authrisk.simulate.market import market_of
from authrisk.simulate.oddities import oddities
from authrisk.simulate.profile import BANK, ENTERPRISE, UNIVERSITY
from authrisk.simulate.universe import network_universe
from authrisk.simulate.workforce.attempts import draw_work
from authrisk.simulate.workforce.days import MEETING, TRIP
from authrisk.simulate.workforce.people import CONTRACTOR, DORMANT, PROGRAM
from authrisk.simulate.workforce.places import (
    AT_HOME,
    AT_MEETING,
    AT_SITE,
    ON_PROXY,
    PLACES,
)
from authrisk.simulate.world import START, simulate


@pytest.fixture(scope="module")
def work():
    """A year of a company, with what its people were doing."""
    market = market_of(network_universe(), ENTERPRISE)
    return draw_work(ENTERPRISE, ENTERPRISE.life, market, users=300, days=365, start=START, seed=77)


@pytest.fixture(scope="module")
def year():
    world = simulate(ENTERPRISE, users=200, seed=8, attacks=False)
    return world.events.filter(pl.col("outcome") == "success")


@pytest.fixture(scope="module")
def rates(year):
    return dict(oddities(year).iter_rows())


def test_every_kind_of_place_is_visited(work):
    """Offices and homes above all, and nothing that the simulator knows is never used."""
    shares = np.bincount(work.place, minlength=len(PLACES)) / len(work.place)
    assert (shares > 0).all()
    assert shares[AT_SITE] + shares[AT_HOME] > 0.5


def test_people_are_at_the_office_on_their_own_weekdays(work):
    """Somebody's home days fall on the same weekdays: a habit, not dice."""
    person = work.plan.person[work.moments.day]
    weekday = (START.weekday() + work.plan.day[work.moments.day]) % 7
    kept = (work.place == AT_SITE) | (work.place == AT_HOME)
    kept &= (weekday < 5) & work.moments.at_work
    at_site = np.zeros((300, 5))
    total = np.zeros((300, 5))
    np.add.at(at_site, (person[kept], weekday[kept]), work.place[kept] == AT_SITE)
    np.add.at(total, (person[kept], weekday[kept]), 1)
    busy = total.min(axis=1) >= 25
    share = at_site[busy] / total[busy]
    assert busy.sum() > 60
    assert ((share < 0.2) | (share > 0.8)).mean() > 0.6
    assert 0.2 < share.mean() < 0.9


def test_meetings_bring_a_team_to_one_new_address(work):
    """Members of one team log in from the meeting's address within minutes of each other."""
    rows = np.flatnonzero((work.place == AT_MEETING) & (work.moments.hour < 15))
    frame = pl.DataFrame({
        "team": work.people.team[work.plan.person[work.moments.day[rows]]],
        "person": work.plan.person[work.moments.day[rows]],
        "address": work.routes.network[rows],
        "day": work.plan.day[work.moments.day[rows]],
        "minute": work.moments.time_s[rows] / 60,
    })  # fmt: skip
    first = frame.group_by("team", "day", "address", "person").agg(pl.col("minute").min())
    met = first.group_by("team", "day", "address").agg(
        pl.len(), spread=pl.col("minute").quantile(0.75) - pl.col("minute").min()
    )
    met = met.filter(pl.col("len") >= 3)
    assert met.height > 25
    assert met["spread"].median() < 30


def test_travellers_come_home(work):
    """A trip lasts days, and the site or home is seen before and after it."""
    days = work.plan.person * 10_000 + work.plan.day
    trip = work.plan.status == TRIP
    assert 0.01 < trip.mean() < 0.1
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate(([0], trip.view(np.int8), [0])))))[::2]
    assert runs.max() <= 14
    assert len(np.unique(days)) == len(days)


def test_meetings_are_on_working_days(work):
    """No team meets at weekends."""
    meeting = work.plan.status == MEETING
    weekday = (START.weekday() + work.plan.day[meeting]) % 7
    assert meeting.any()
    assert (weekday < 5).all()


def test_leavers_and_contractors_are_gone_afterwards(work):
    """Nobody logs in outside of the contract by more than a day."""
    person, day = work.plan.person, work.plan.day
    assert (day >= np.floor(work.people.first_day[person])).all()
    assert (day <= work.people.last_day[person]).all()
    stays = work.people.last_day - work.people.first_day
    assert np.median(stays[work.people.kind == CONTRACTOR]) < 150


def test_dormant_accounts_are_used_a_few_times_a_year(work):
    """They sleep for weeks, and are not dead."""
    dormant = np.flatnonzero(work.people.kind == DORMANT)
    days = np.bincount(work.plan.person, minlength=300)[dormant]
    assert len(dormant) > 2
    assert days.max() < 25


def test_programs_run_by_the_clock(year):
    """A program's login comes at the same minute, from one address or two."""
    runs = year.filter(pl.col("account_kind") == "service")
    each = runs.group_by("user_id").agg(
        pl.len(),
        pl.col("src_ip").n_unique(),
        gap=pl.col("timestamp").sort().diff().dt.total_seconds().median(),
    )
    assert each.height == (simulate_kinds() == PROGRAM).sum()
    assert each["src_ip"].max() <= 3
    assert ((each["gap"] / 7200).round() * 7200 - each["gap"]).abs().max() < 400


def simulate_kinds():
    market = market_of(network_universe(), ENTERPRISE)
    seed = ENTERPRISE.account_seed(8)
    return draw_work(
        ENTERPRISE, ENTERPRISE.life, market, users=200, days=1, start=START, seed=seed
    ).people.kind


def test_summer_time_moves_habits_in_utc(rates):
    """Germans come an hour earlier in UTC in summer; Indians don't."""
    assert rates["hours earlier in July than in January, DE"] == pytest.approx(1.0, abs=0.35)
    assert rates["hours earlier in July than in January, IN"] == pytest.approx(0.0, abs=0.35)


def test_oddities_are_there_and_rare(rates):
    """What rules call suspicious is part of working life, at rates below one in twenty."""
    assert 0.003 < rates["new AS"] < 0.03
    assert 0.0005 < rates["new country"] < 0.01
    assert 0.05 < rates["hosting network"] < 0.3
    assert 0.02 < rates["new user agent"] < 0.08
    assert 0.15 < rates["other AS than the login before"] < 0.4
    assert rates["from an address of 10 or more users"] > 0.3


def test_hardly_anybody_works_at_christmas(year):
    """Public holidays and the shutdown are quiet; the week before is not."""
    daily = year.group_by(pl.col("timestamp").dt.date()).len().sort("timestamp")
    count = dict(daily.iter_rows())
    assert count.get(dt.date(2025, 12, 25), 0) < 0.2 * count[dt.date(2025, 12, 17)]
    assert count[dt.date(2025, 10, 3)] < count[dt.date(2025, 10, 2)]


def test_exits_of_a_proxy_rotate_and_are_shared(work):
    """Behind a cloud proxy one person has many addresses, and one address many people."""
    rows = np.flatnonzero(work.place == ON_PROXY)
    person = work.plan.person[work.moments.day[rows]]
    pairs = pl.DataFrame({"person": person, "address": work.routes.address[rows]}).unique()
    assert pairs.group_by("person").len()["len"].median() > 10
    assert pairs.group_by("address").len()["len"].mean() > 1.5


def test_students_stay_away_between_terms():
    """Outside of the terms a university has a third of its logins or less."""
    world = simulate(UNIVERSITY, users=120, seed=2, attacks=False)
    days = world.events.group_by(pl.col("timestamp").dt.ordinal_day().alias("day")).len()
    inside = days.filter(pl.col("day").is_between(40, 95))["len"].mean()
    outside = days.filter(pl.col("day").is_between(200, 250))["len"].mean()
    assert outside < 0.5 * inside


def test_tills_are_shared(work):
    """Shift workers of a branch use the same terminals: one device, several people."""
    market = market_of(network_universe(), BANK)
    bank = draw_work(BANK, BANK.life, market, users=150, days=60, start=START, seed=3)
    fixed = bank.carried.fixed
    pairs = pl.DataFrame({
        "device": bank.carried.devices.number[fixed],
        "person": bank.plan.person[bank.moments.day[fixed]],
    }).unique()  # fmt: skip
    assert pairs.group_by("device").len()["len"].max() >= 3
