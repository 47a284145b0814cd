"""What the audit looks at: one group of features at a time, and how borrowed things hang together.

A *group* is one of the catalogue's. A tier that leaves a group untouched must not show in it.
A *borrowing* is a relation that no attacker of any tier breaks, whatever is touched: an address
that somebody real lends, a client of its days, a round-trip time that fits its network. For
these the whole log may be looked at, later logins too: the audit judges the injector, not a model.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from authrisk.evaluation.periods import Mask
from authrisk.evaluation.problem import Problem
from authrisk.features.catalogue import FEATURES, FIELD_CLASSES, FIELDS, NAMES
from authrisk.features.coded import CODES, NETWORK, RTT, TIME, USER

Table = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

GROUPS = tuple(dict.fromkeys(feature.group for feature in FEATURES))
_SAME_SECOND = ("time", "service", "failures", "account")
"""Untouched by T1-T4: a fake stands at the instant of the login that it replaces."""
_ENOUGH = 5
"""Round-trip times that a place must have before one can be unusual."""
_FIELD_COLUMNS = (*FIELD_CLASSES, "recency", "share", "rarity")


class View(NamedTuple):
    """Columns (N, C) of every event, and what is compared in them."""

    name: str
    table: Table
    tiers: tuple[str, ...]
    """Whose fakes must not show."""
    among: Mask
    """(N,) the legitimate logins that they are held against."""
    cluster: Codes
    """(N,) what folds are cut by: what stands together is never on both sides."""


def views(problem: Problem) -> list[View]:
    """Everything that the audit looks at, the groups first."""
    real, owner = problem.legitimate, problem.owner
    out = [
        View(name, problem.features[:, _columns(name)].astype(np.float64), tiers, real, owner)
        for name, tiers in _UNTOUCHED.items()
    ]
    return [*out, *_borrowings(problem)]


def _columns(view: str) -> list[int]:
    """Columns of a catalogue group; `account` is the history without what is new in the login."""
    if view == "all":
        return list(range(len(FEATURES)))
    if view == "account":
        return [i for i in _of_group("history") if NAMES[i] != "novelty"]
    if view in {"country", "asn"}:
        names = {f"{view}_{column}" for column in _FIELD_COLUMNS}
        return [i for i, name in enumerate(NAMES) if name in names]
    return _of_group(view)


def _of_group(group: str) -> list[int]:
    return [i for i, feature in enumerate(FEATURES) if feature.group == group]


_BLIND = ("T1", "T2", "T3", "T4", "T5")
_UNTOUCHED: dict[str, tuple[str, ...]] = {
    **{group: _BLIND if group in _SAME_SECOND else ("T5",) for group in GROUPS},
    "account": _BLIND,
    "client": ("T3", "T4", "T5"),
    "country": ("T2", "T3", "T4"),
    "asn": ("T4",),
    "all": ("T5",),
}
"""Per view of the features: the tiers that leave it untouched."""


def _borrowings(problem: Problem) -> list[View]:
    rows, real, owner = problem.timeline.ints, problem.legitimate, problem.owner
    fresh = _first_from_address(rows, real)
    asn = rows[:, CODES + FIELDS.index("asn")]
    ages, trips = _ages(rows, real), _round_trips(problem)
    return [
        View("lender", _lent(rows, real), ("T0", *_BLIND, "T6"), real, owner),
        View("crowd of the network", _crowds(rows, real), ("T1",), fresh, asn),
        View("age of the client", ages, ("T3", "T4", "T5", "T6"), real, owner),
        View("age of the client", ages, ("T1", "T2"), fresh, owner),
        View("round trip", trips, ("T1", "T2", "T3", "T4", "T6"), fresh, owner),
        View("round trip", trips, ("T5",), real, owner),
    ]


def _first_from_address(rows: Codes, real: Mask) -> Mask:
    """Legitimate logins from an address that is new to their user: those that lend networks."""
    order = np.flatnonzero(real)
    order = order[np.argsort(rows[order, TIME], kind="stable")]
    pairs = rows[order][:, [USER, CODES + FIELDS.index("address")]]
    _, first = np.unique(pairs, axis=0, return_index=True)
    fresh = np.zeros(len(rows), np.bool_)
    fresh[order[first]] = True
    return fresh


def _lent(rows: Codes, real: Mask) -> Table:
    """Whether any legitimate login ever came from the address, the prefix, the AS."""
    names = ("address", "prefix", "asn")
    columns = [_met(rows[:, CODES + FIELDS.index(name)], real) for name in names]
    return np.stack(columns, axis=1).astype(np.float64)


def _met(codes: Codes, real: Mask) -> Mask:
    return np.isin(codes, codes[real])


def _crowds(rows: Codes, real: Mask) -> Table:
    """How many legitimate logins there are from the AS, and the kind of network."""
    asn = rows[:, CODES + FIELDS.index("asn")]
    known, number = np.unique(asn, return_inverse=True)
    logins = np.bincount(number, real, known.size)
    return np.stack([np.log1p(logins[number]), rows[:, NETWORK]], axis=1)


def _ages(rows: Codes, real: Mask) -> Table:
    """How long the client has been seen with anybody, against others of its browser, system and
    kind of device; and whether it is ahead of its time or nobody's at all."""
    first = _first_seen(rows, real, "client")
    never = first == np.iinfo(np.int64).max
    days = (rows[:, TIME] - np.where(never, rows[:, TIME], first)) / 86_400e9
    age = np.log1p(np.maximum(days, 0.0))
    kind = _numbers(rows, "browser", "os", "device_type")
    counted = real & ~never
    usual, _ = _means(kind, age, counted)
    return np.stack([np.where(never, 0.0, age - usual), days < 0.0, never], axis=1)


def _first_seen(rows: Codes, real: Mask, field: str) -> Codes:
    """The first time that a legitimate login showed the value; the largest number if none did."""
    number = _numbers(rows, field)
    first = np.full(number.max(initial=0) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, number[real], rows[real, TIME])
    times: Codes = first[number]
    return times


def _numbers(rows: Codes, *fields: str) -> Codes:
    """A small number per event, equal where all the fields are."""
    number = np.zeros(len(rows), np.int64)
    for field in fields:
        _, code = np.unique(rows[:, CODES + FIELDS.index(field)], return_inverse=True)
        _, number = np.unique(number * (code.max(initial=0) + 1) + code, return_inverse=True)
    return number


def _means(number: Codes, value: Table, counted: Mask) -> tuple[Table, Codes]:
    """For each event the mean of the counted ones of its number, and how many those are."""
    size = np.bincount(number[counted], minlength=number.max(initial=0) + 1)
    total = np.bincount(number[counted], value[counted], size.size)
    return (total / np.maximum(size, 1))[number], size[number]


def _round_trips(problem: Problem) -> Table:
    """How far a round-trip time lies from what is usual in its AS and city, and if it is there."""
    rows = problem.timeline.ints
    rtt = problem.timeline.floats[:, RTT]
    there = rtt > 0.0
    log_ms = np.log(np.where(there, rtt, 1.0))
    usual, size = _means(_numbers(rows, "asn", "city"), log_ms, there & problem.legitimate)
    enough = there & (size >= _ENOUGH)
    away = np.where(enough, log_ms - usual, 0.0)
    return np.stack([away, there, enough], axis=1).astype(np.float64)
