"""All attempts of a workforce, put together."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np

from authrisk.simulate.attempts import Attempts
from authrisk.simulate.clients import Devices, clients_of
from authrisk.simulate.draws import Floats, Ints, choose, uniform
from authrisk.simulate.market import Market
from authrisk.simulate.mistakes import Habits, failures_before
from authrisk.simulate.profiles.profile import DEVICE_TYPES, Profile
from authrisk.simulate.profiles.workforce import Workforce
from authrisk.simulate.workforce.company import found
from authrisk.simulate.workforce.days import MEETING, Days, plan_days
from authrisk.simulate.workforce.devices import Carried, carry
from authrisk.simulate.workforce.hours import DAY_S, Moments, draw_moments
from authrisk.simulate.workforce.people import People, hire
from authrisk.simulate.workforce.places import draw_places
from authrisk.simulate.workforce.programs import draw_runs
from authrisk.simulate.workforce.routes import Routes, draw_routes
from authrisk.simulate.workforce.travel import Journeys, journeys


class Work(NamedTuple):
    """The logins of people, and all that they follow from."""

    people: People
    plan: Days
    moments: Moments
    carried: Carried
    place: Ints
    """Kind of place of each login, an index into `places.PLACES`, (M,)."""
    routes: Routes


def draw_work(
    profile: Profile,
    life: Workforce,
    market: Market,
    *,
    users: int,
    days: int,
    start: dt.datetime,
    seed: int,
) -> Work:
    """Hire people, plan their days, and follow them through."""
    universe, span = market.universe, float(days)
    company = found(profile, life, market, users, span, seed)
    people = hire(life, market, company, users, span, seed)
    plans = journeys(life, market, company, people, span, seed)
    first = start.astimezone(dt.UTC).date()
    plan = plan_days(life, universe, people, plans, first=first, days=days, seed=seed)
    meetings_h = _meeting_hours(plans, plan)
    moments = draw_moments(people, plan, meetings_h, start.timestamp(), span * DAY_S, seed)
    carried = carry(life, people, plans, plan, moments, seed)
    place = draw_places(people, plans.trip_stays, plan, moments, carried, seed)
    routes = draw_routes(universe, company, people, plans, plan, moments, place, seed)
    return Work(people, plan, moments, carried, place, routes)


def workforce_attempts(
    profile: Profile,
    life: Workforce,
    market: Market,
    *,
    users: int,
    days: int,
    start: dt.datetime,
    seed: int,
) -> Attempts:
    """Successes of people and programs, and the failures before them."""
    work = draw_work(profile, life, market, users=users, days=days, start=start, seed=seed)
    day0_s = start.timestamp()
    logins = _successes(
        work.plan.person[work.moments.day], work.moments.time_s, *work.routes,
        work.carried.devices, work.carried.slot, day0_s, seed, is_service=False,
    )  # fmt: skip
    runs = draw_runs(market.universe, work.people, float(days), seed)
    programs = _successes(
        *runs, _machines(runs.person, seed), np.full(len(runs.person), 3, np.int64), day0_s, seed,
        is_service=True,
    )  # fmt: skip
    habits = Habits(work.people.clumsy, work.people.forgetful)
    parts = [failures_before(part, habits, seed + k) for k, part in enumerate((logins, programs))]
    return Attempts.join(Attempts.join(*parts), Attempts.join(logins, programs))


def _meeting_hours(plans: Journeys, plan: Days) -> Floats:
    """The local hour at which each day's meeting begins, (R,); morning or after lunch."""
    key = plans.gatherings.key.ravel()[np.maximum(plan.stay, 0) % plans.gatherings.key.size]
    early = uniform(2201, key) < 0.7
    begins: Floats = np.where(early, 8.5 + 1.5 * uniform(2202, key), 13.0 + uniform(2203, key))
    return np.where(plan.status == MEETING, begins, 0.0)


def _machines(person: Ints, seed: int) -> Devices:
    """Programs call themselves by their library."""
    kinds = np.array([DEVICE_TYPES.index("other"), DEVICE_TYPES.index("bot")])
    kind = kinds[choose(np.array([0.45, 0.55]), seed, 2210, person)]
    never = np.zeros(len(person), bool)
    number = person * 4 + 3
    return Devices(number, kind, never, number, np.full(len(person), -1, np.int64))


def _successes(
    person: Ints,
    time_s: Floats,
    network: Ints,
    address: Ints,
    devices: Devices,
    slot: Ints,
    day0_s: float,
    seed: int,
    *,
    is_service: bool,
) -> Attempts:
    rows = len(person)
    return Attempts(
        user=person,
        time_ns=(time_s * 1e9).astype(np.int64),
        success=np.ones(rows, bool),
        known_user=np.ones(rows, bool),
        network=network,
        address=address,
        clients=clients_of(devices, (day0_s + time_s) / 86_400.0, seed),
        context=slot,
        is_service=np.full(rows, is_service),
        is_attack=np.zeros(rows, bool),
        campaign=np.full(rows, -1, np.int64),
    )
