"""Which kind of place each login comes from: desk, home, road, hotel, VPN, proxy, relay."""

from __future__ import annotations

import numpy as np

from authrisk.simulate.draws import Bools, Floats, Ints, uniform
from authrisk.simulate.workforce.days import FREE, HOME, ILL, LEAVE, MEETING, SITE, TRIP, Days
from authrisk.simulate.workforce.devices import Carried
from authrisk.simulate.workforce.hours import Moments
from authrisk.simulate.workforce.people import People
from authrisk.simulate.workforce.travel import Stays

(
    AT_HOME, AT_SECOND_HOME, ON_MOBILE, AT_SITE, AT_OTHER_SITE, ON_VPN, ON_PROXY, ON_RELAY,
    AT_HOTEL, AT_WORKPLACE, AT_AIRPORT, ON_TRAIN, ROAMING, AT_MEETING, AT_CAFE, ON_DESKTOP,
) = range(16)  # fmt: skip
PLACES = (
    "home", "second home", "mobile", "site", "other site", "vpn", "proxy", "relay", "hotel",
    "workplace", "airport", "train", "roaming", "meeting", "cafe", "rented desktop",
)  # fmt: skip
_HOP = 0.03  # chance that a login that follows another one comes from somewhere else


def draw_places(
    people: People, trips: Stays, plan: Days, moments: Moments, carried: Carried, seed: int
) -> Ints:
    """AT_HOME .. ON_DESKTOP for each login, (M,)."""
    row, person = moments.day, plan.person[moments.day]
    status, phone = plan.status[row], carried.is_phone
    moved = uniform(1801, moments.own_key) < _HOP
    key = np.where(moved, moments.own_key, moments.key)
    dice = uniform(seed, 1802, key)
    place = _at_home(people, plan, moments, phone, dice, person, seed)
    working = moments.at_work

    here = (status == SITE) & working
    inside = np.where(phone, dice < people.wifi[person], dice < 0.97)
    place = np.where(here, np.where(inside | carried.fixed, AT_SITE, ON_MOBILE), place)
    place = np.where(here & (people.site[person] < 0), AT_HOME, place)
    here = (status == MEETING) & working & (plan.stay[row] >= 0)
    place = np.where(here, np.where(phone & (dice < 0.4), ON_MOBILE, AT_MEETING), place)
    here = (status == MEETING) & ~working & (plan.left[row] > 1.0) & (plan.stay[row] >= 0)
    place = np.where(here, AT_HOTEL, place)

    away = np.flatnonzero(((status == TRIP) | (status == LEAVE)) & (plan.stay[row] >= 0))
    place[away] = _on_the_road(trips, plan, moments, phone, dice, away)
    return _through(people, carried, place, person, key, seed)


def _at_home(
    people: People,
    plan: Days,
    moments: Moments,
    phone: Bools,
    dice: Floats,
    person: Ints,
    seed: int,
) -> Ints:
    """Where somebody is who is not at work or on the road."""
    place = np.where(phone, np.where(dice < 0.68, AT_HOME, ON_MOBILE), AT_HOME)
    strays = dice >= 1.0 - people.strays[person]
    place = np.where(strays & (plan.status[moments.day] != ILL), AT_CAFE, place)
    week = (plan.day[moments.day] + 3) // 7
    weekends = uniform(seed, 1810, person)  # a share of one's weekends, and of the days at home
    drawn = uniform(seed, 1811, person, week)
    status = plan.status[moments.day]
    gone = (people.second_home[person] >= 0) & (drawn < weekends)
    gone &= (status == FREE) | (status == LEAVE) | ((status == HOME) & (dice < 0.5 * weekends))
    return np.where(gone & (place == AT_HOME), AT_SECOND_HOME, place)


def _on_the_road(
    trips: Stays, plan: Days, moments: Moments, phone: Bools, dice: Floats, rows: Ints
) -> Ints:
    """Out in the morning of the first day, back in the evening of the last, between them there."""
    row, hour, dice = moments.day[rows], moments.hour[rows], dice[rows]
    phone, at_work = phone[rows], moments.at_work[rows]
    on_trip = plan.status[row] == TRIP
    visits = on_trip & (trips.site.ravel()[np.where(on_trip, plan.stay[row], 0)] >= 0)
    there = np.where(visits, AT_OTHER_SITE, AT_WORKPLACE)
    there = np.where(dice < 0.2, AT_HOTEL, there)
    place = np.where(on_trip & at_work, there, AT_HOTEL)
    place = np.where(phone & (dice < np.where(visits & at_work, 0.45, 0.65)), ROAMING, place)
    way_out = (plan.into[row] < 1.0) & (hour < 13.0)
    way_back = (plan.left[row] <= 1.0) & (hour > 15.5)
    road = np.where(dice < 0.4, AT_AIRPORT, np.where(dice < 0.6, ON_TRAIN, ON_MOBILE))
    place = np.where(way_out | way_back, road, place)
    # Early and late on the days of travel one is still, or again, at home.
    at_home = ((plan.into[row] < 1.0) & (hour < 7.5)) | ((plan.left[row] <= 1.0) & (hour > 20.5))
    return np.where(at_home, AT_HOME, place)


def _through(
    people: People,
    carried: Carried,
    place: Ints,
    person: Ints,
    key: Ints,
    seed: int,
) -> Ints:
    """What the service sees may be a VPN, a proxy, a relay or a rented desktop."""
    computer = ~carried.is_phone & ~carried.fixed
    inside = (place == AT_SITE) | (place == AT_OTHER_SITE)
    dice = uniform(seed, 1820, key)
    tunnel = computer & ~inside & (dice < people.tunnel[person])
    result = np.where(tunnel, ON_VPN, place)
    own = carried.slot == 0
    rented = computer & own & (people.desktop_network[person] >= 0) & (dice < 0.85)
    result = np.where(rented, ON_DESKTOP, result)
    result = np.where(computer & own & people.proxied[person] & (dice < 0.96), ON_PROXY, result)
    relayed = carried.is_phone & people.relayed[person] & (dice < 0.9) & ~inside
    return np.where(relayed, ON_RELAY, result)
