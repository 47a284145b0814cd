"""What an attacker of each tier must have in common with the victim, and what is tried in turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from authrisk.simulate.donors import DonorBook, groups_of
from authrisk.simulate.draws import Ints

_DAY_NS = 86_400_000_000_000
_AHEAD_NS = 5 * _DAY_NS  # a client from further ahead would be from the future
_STALE_NS = 14 * _DAY_NS  # one from further back would be out of date


class Rung(NamedTuple):
    """One way to find a donor: what must be equal, and what is noted when nobody is found."""

    lack: str
    columns: tuple[str, ...]
    new_system: bool = False
    later: bool = True


_COUNTRY = ("src_country",)
_SYSTEM = ("src_country", "src_asn")
_ANYONE = Rung("no donor later in time", ())
_ANYONE_EVER = Rung("no donor at all", (), later=False)
_LADDERS: dict[str, tuple[Rung, ...]] = {
    "T1": (_ANYONE, _ANYONE_EVER),
    "T2": (
        Rung("no later donor in the country", _COUNTRY),
        Rung("no donor in the country", _COUNTRY, later=False),
    ),
    "T3": (
        Rung("no later donor in another AS of the country", _COUNTRY, new_system=True),
        Rung("no other AS in the country", _COUNTRY, new_system=True, later=False),
        Rung("no donor in the country", _COUNTRY, later=False),
    ),
    "T4": (
        Rung("no later donor in AS and city", (*_SYSTEM, "src_city")),
        Rung("no later donor in the AS", _SYSTEM),
        Rung("no donor in the AS", _SYSTEM, later=False),
    ),
}
"""Per tier: what is tried in turn. A fake that would be of another tier is dropped instead."""


class Ladders:
    """The search for donors in one log: what it needs of the log is worked out once.

    Mutable: it counts in `fallbacks` how often which tier had to do with less.
    """

    def __init__(self, events: pl.DataFrame, book: DonorBook) -> None:
        self.fallbacks: dict[str, int] = {}
        self._events = events
        self._book = book
        self._groups: dict[tuple[str, ...], Ints] = {}

    def donors(self, tier: str, victims: Ints, at: Ints, seed: int, name: str = "") -> Ints:
        """Rows that lend the network to fakes of the victims' rows; -1 where nobody can.

        at: the rows after which donors are wanted, (K,). name: what the tier is called in
        `fallbacks`; itself by default.
        """
        name = name or tier
        donors = np.full(len(victims), -1, np.int64)
        for step, rung in enumerate(self._rungs(tier)):
            open_ = np.flatnonzero(donors < 0)
            if not len(open_):
                break
            if all(self._has(column) for column in rung.columns):
                donors[open_] = self._book.find(
                    victims[open_], self._group(rung.columns), seed + step, at[open_],
                    new_system=rung.new_system, later=rung.later,
                )  # fmt: skip
            self.count(f"{name}:{rung.lack}", int((donors < 0).sum()))
        return donors

    def timely(self, victims: Ints, donors: Ints, at: Ints, seed: int) -> Ints:
        """The donors' own rows, or those of somebody nearer in time where they are days ahead."""
        clients = donors.copy()
        ahead_ns = self._book.time_ns[donors] - self._book.time_ns[at]
        late = np.flatnonzero((donors >= 0) & (ahead_ns > _AHEAD_NS))
        nearer = self._book.find(victims[late], self._group(()), seed + 99, at[late])
        clients[late] = np.where(nearer >= 0, nearer, donors[late])
        return clients

    def updated(self, victims: Ints, at: Ints, seed: int) -> Ints:
        """The victims' own rows, or where those are weeks old, what others by then use of the same
        browser, system and kind of device: the victim's client will have been updated, too."""
        clients = victims.copy()
        old = np.flatnonzero(self._book.time_ns[at] - self._book.time_ns[victims] > _STALE_NS)
        if self._has("browser"):
            group = self._group(("browser", "os", "device_type"))
            alike = self._book.find(victims[old], group, seed + 98, at[old])
            clients[old] = np.where(alike >= 0, alike, victims[old])
        return clients

    def count(self, what: str, number: int) -> None:
        """Note that less was found than was asked for."""
        if number:
            self.fallbacks[what] = self.fallbacks.get(what, 0) + number

    def _has(self, column: str) -> bool:
        return self._events[column].null_count() < self._events.height

    def _group(self, columns: tuple[str, ...]) -> Ints:
        if columns not in self._groups:
            self._groups[columns] = groups_of(self._events, columns)
        return self._groups[columns]

    def _rungs(self, tier: str) -> Sequence[Rung]:
        """The tier's ladder; where the log says nothing of places, anybody at all will do."""
        if self._has("src_country"):
            return _LADDERS[tier]
        return (*_LADDERS[tier], _ANYONE, _ANYONE_EVER)
