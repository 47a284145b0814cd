"""Patient attackers in anybody's log: one to five logins of one account over days (T6).

Each login is made as one of T2, T3 or T4 is. A campaign is of one of three kinds:

- *awake*: it begins within two days of a login of the victim, who goes on logging in;
- *asleep*: it begins when the victim has been away for 30 days or more;
- *poisoning*: three to five logins that go from the quiet to the bold (T4, T3, T2), so that what
  the first made familiar speaks for the next.

Most logins of a campaign come from the place of its first one, and the attacker has one device.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from authrisk.simulate.disguise import (
    TICKET_FIELDS,
    Fakes,
    at_times,
    disguise,
    inserted,
    nothing,
)
from authrisk.simulate.donors import DonorBook, numbers_of
from authrisk.simulate.draws import Bools, Ints, below, normal, uniform
from authrisk.simulate.ladders import Ladders

MAX_LOGINS = 5
MAX_DAYS = 14
_MEAN_LOGINS = 3
_ASLEEP, _POISONING = 1 / 3, 1 / 4
"""Shares of campaigns; asleep ones poison too."""
_STAYS = 0.7  # chance that a later login comes from the place of the campaign's first
_HOUR_NS = 3_600_000_000_000
_DAY_NS = 24 * _HOUR_NS
_SLEEP_NS = 30 * _DAY_NS


class _Plan(NamedTuple):
    """L logins of the campaigns, by campaign and time."""

    campaign: Ints
    style: Ints
    """2, 3 or 4: made as a login of that tier is."""
    row: Ints
    """Row of the log that each follows in time."""
    victim: Ints
    """Row of the victim's latest success before each."""
    at_ns: Ints


def insert_campaigns(
    events: pl.DataFrame, book: DonorBook, ladders: Ladders, victims: Ints, seed: int
) -> Fakes:
    """About as many fake logins as there are victims' rows, in campaigns on every third of them.

    Logins after the last event of the log are left out, and so are those for which no network
    can be borrowed. What the victim would have used at that moment is taken from the latest login
    before it.
    """
    anchors = victims[_third_of(victims, seed)]
    if not len(anchors):
        return nothing(events)
    time_ns = events["timestamp"].dt.timestamp("ns").to_numpy()
    plan = _plan(book, ladders, time_ns, anchors, seed)
    plan, donors = _cast(ladders, plan, seed)
    # One attacker, one place, one device: the first of the campaign lends to the later ones.
    homes = _first_of(plan.campaign * 8 + plan.style)
    turn = np.arange(len(donors), dtype=np.int64)
    stays = uniform(seed, plan.campaign, plan.at_ns, 830) < _STAYS
    networks = np.where(stays, donors[homes], donors)
    devices = ladders.timely(plan.victim[homes], donors[homes], plan.row[homes], seed)
    # What the victim would have by now is found once per campaign, or it would change every day.
    same = _first_of(plan.campaign * len(time_ns) + plan.victim)
    own = ladders.updated(plan.victim, plan.row, seed)[same]
    clients = np.where(plan.style == 2, devices, own)
    again = (networks == donors[homes]) & (homes != turn)
    timed = np.where(again, ladders.beside(networks, plan.row, seed), networks)
    number = pl.Series(plan.campaign).cast(pl.String) + "." + pl.Series(turn).cast(pl.String)
    fakes = disguise(events, plan.victim, networks, clients).with_columns(
        *(pl.lit(None, events.schema[name]).alias(name) for name in TICKET_FIELDS),
        event_id=pl.col("event_id") + "#T6-" + number,
        timestamp=at_times(events, time_ns, plan.at_ns),
        rtt_ms=events["rtt_ms"][timed],
    )
    return inserted(fakes.select(events.columns), "T6", plan.campaign, events["user_id"][networks])


def _third_of(victims: Ints, seed: int) -> Ints:
    """Places of a third of the victims: campaigns have three logins on average."""
    number = -(-len(victims) // _MEAN_LOGINS)
    return np.sort(np.argsort(uniform(seed, victims, 819), kind="stable")[:number])


def _plan(book: DonorBook, ladders: Ladders, time_ns: Ints, anchors: Ints, seed: int) -> _Plan:
    """Who is struck when, and how. Anchors: rows of successes, one per campaign."""
    own = _OwnLogins(book, time_ns)
    anchors, begin = _begins(own, ladders, time_ns, anchors, seed)
    k = np.arange(len(anchors), dtype=np.int64)
    poisons = uniform(seed, anchors, k, 820) < _POISONING
    number = np.where(
        poisons,
        3 + below(MAX_LOGINS - 2, seed, anchors, k, 821),
        1 + below(MAX_LOGINS, seed, anchors, k, 821),
    )
    span = (1.0 + (MAX_DAYS - 1.0) * uniform(seed, anchors, k, 822)) * _DAY_NS
    campaign = np.repeat(k, number)
    first = np.cumsum(number) - number
    place = np.arange(len(campaign), dtype=np.int64) - first[campaign]
    later = np.where(place == 0, 0.0, uniform(seed, campaign, place, 823))
    later = np.where((place > 0) & (place == number[campaign] - 1), 1.0, later)
    day = begin[campaign] + (later * span[campaign]).astype(np.int64)
    knows_hours = uniform(seed, campaign, 824) < 0.5
    at = _at_their_hours(time_ns, day, anchors[campaign], knows_hours, seed)
    # A day too early is before the victim's login, a day too late after the campaign's end.
    at = np.where(at < begin[campaign], at + _DAY_NS, at)
    order = np.lexsort((at, campaign))
    campaign, at = campaign[order], at[order]
    keep = (at <= time_ns[-1]) & (at - at[first[campaign]] <= MAX_DAYS * _DAY_NS)
    step = 3 * place // number[campaign]  # the quiet first: 4, 3, 2
    style = np.where(poisons[campaign], 4 - step, (2 + below(3, seed, anchors, k, 825))[campaign])
    campaign, style, at = campaign[keep], style[keep], at[keep]
    row = np.searchsorted(time_ns, at, side="right") - 1
    return _Plan(campaign, style, row, own.latest(anchors[campaign], row), at)


def _begins(
    own: _OwnLogins, ladders: Ladders, time_ns: Ints, anchors: Ints, seed: int
) -> tuple[Ints, Ints]:
    """Each campaign's login to follow, and when it begins; a third on accounts that sleep."""
    away = own.away_ns
    asleep = uniform(seed, anchors, 826) < _ASLEEP
    sleepers = own.rows[away > _SLEEP_NS + _DAY_NS]
    if not len(sleepers):
        ladders.count("T6:no sleeping account", int(asleep.sum()))
        asleep = np.zeros(len(anchors), bool)
    else:
        drawn = sleepers[below(len(sleepers), seed, anchors, 827)]
        anchors = np.where(asleep, drawn, anchors)
    room = np.zeros(len(time_ns), np.int64)
    room[own.rows] = np.minimum(away, time_ns[-1] - time_ns[own.rows])
    chance = uniform(seed, anchors, 828)
    spare = np.minimum(np.maximum(room[anchors] - _SLEEP_NS, 0), 60 * _DAY_NS)
    wait = np.where(asleep, _SLEEP_NS + chance * spare, 0.1 * _HOUR_NS + chance * 2.0 * _DAY_NS)
    return anchors, time_ns[anchors] + wait.astype(np.int64)


def _at_their_hours(time_ns: Ints, day: Ints, anchors: Ints, knows_hours: Bools, seed: int) -> Ints:
    """The same days at about the victim's hour, or at the hour of anybody's login."""
    place = np.arange(len(day), dtype=np.int64)
    anybody = time_ns[below(len(time_ns), seed, day, place, 829)]
    clock = np.where(knows_hours, time_ns[anchors], anybody) % _DAY_NS
    blur = (0.7 * _HOUR_NS * normal(seed, day, place, 831)).astype(np.int64)
    return day - day % _DAY_NS + (clock + blur) % _DAY_NS


def _cast(ladders: Ladders, plan: _Plan, seed: int) -> tuple[_Plan, Ints]:
    """The logins for which somebody lends a network, each at most as quiet as it was meant."""
    style = plan.style.copy()
    donors = np.full(len(style), -1, np.int64)
    for tier in (4, 3, 2):
        open_ = np.flatnonzero((style == tier) & (donors < 0))
        donors[open_] = ladders.donors(
            f"T{tier}", plan.victim[open_], plan.row[open_], seed + 10 * tier, "T6"
        )
        if tier > 2:
            style[open_[donors[open_] < 0]] = tier - 1
    ladders.count("T6:dropped", int((donors < 0).sum()))
    found = donors >= 0
    kept = _Plan(*(column[found] for column in plan._replace(style=style)))
    return kept, donors[found]


def _first_of(keys: Ints) -> Ints:
    """For each the place of the first with the same key."""
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    places: Ints = first[which]
    return places


class _OwnLogins:
    """Every user's successes in order, to ask which was the latest at a moment."""

    def __init__(self, book: DonorBook, time_ns: Ints) -> None:
        self._events = len(book.user)
        self._number = numbers_of(book.user)
        self._keys = np.sort(self._number[book.successes] * self._events + book.successes)
        self.rows: Ints = self._keys % self._events
        """(S,) rows of successes, by user and time."""
        users, times = self._keys // self._events, time_ns[self.rows]
        following = np.append(times[1:] - times[:-1], 0)
        last = np.append(users[1:] != users[:-1], True)
        self.away_ns: Ints = np.where(last, time_ns[-1] - times, following)
        """(S,) time from each to the same user's next, or to the end of the log."""

    def latest(self, victims: Ints, rows: Ints) -> Ints:
        """The latest success of the victims' users, at rows up to `rows`."""
        keys = self._number[victims] * self._events + rows
        return self._keys[np.searchsorted(self._keys, keys, side="right") - 1] % self._events
