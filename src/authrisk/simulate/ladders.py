"""What an attacker of each tier must have in common with the victim, and what is tried in turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from authrisk.simulate.donors import DonorBook, Pool, pool_of
from authrisk.simulate.draws import Floats, Ints

_DAY_NS = 86_400_000_000_000
_AHEAD_NS = 5 * _DAY_NS  # a client from further ahead would be from the future
_STALE_NS = 14 * _DAY_NS  # one from further back would be out of date
_VERSIONS = r"\d+(?:[._]\d+)+|(?:/|rv:|Android |OS )\d+"
"""What an update changes in a user agent; the model of a phone stays."""
_MAKE = ("browser", "os", "device_type", "make")


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
        make = pl.col("user_agent").str.replace_all(_VERSIONS, "#")
        self._events = events.with_columns(make=make)
        self._book = book
        self._pools: dict[tuple[str, ...], Pool] = {}

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
                    victims[open_], self._pool(rung.columns), seed + step, at[open_],
                    new_system=rung.new_system, later=rung.later,
                )  # fmt: skip
            self.count(f"{name}:{rung.lack}", int((donors < 0).sum()))
        return donors

    def timely(self, victims: Ints, donors: Ints, at: Ints, seed: int) -> Ints:
        """The donors' own rows, or those of somebody nearer in time where they are days ahead."""
        clients = donors.copy()
        ahead_ns = self._book.time_ns[donors] - self._book.time_ns[at]
        late = np.flatnonzero((donors >= 0) & (ahead_ns > _AHEAD_NS))
        nearer = self._book.find(victims[late], self._pool(()), seed + 99, at[late])
        clients[late] = np.where(nearer >= 0, nearer, donors[late])
        return clients

    def updated(self, victims: Ints, at: Ints, seed: int) -> Ints:
        """The victims' own rows, or where those are weeks old, what others by then use of the same
        make: the victim's client will have been updated, too. Nothing is ever updated backwards."""
        clients = victims.copy()
        old = np.flatnonzero(self._book.time_ns[at] - self._book.time_ns[victims] > _STALE_NS)
        if self._has("browser") and len(old):
            mine = victims[old]
            alike = self._book.find(mine, self._pool(_MAKE), seed + 98, at[old])
            alike = np.where(alike >= 0, alike, mine)
            onwards = (self._versions(alike) >= self._versions(mine)).all(axis=1)
            clients[old] = np.where(onwards, alike, mine)
        return clients

    def beside(self, rows: Ints, at: Ints, seed: int) -> Ints:
        """Somebody else's rows from the same AS and city, or the rows themselves: what a second
        login from that place would measure."""
        if not self._has("src_asn"):
            return rows
        others = self._book.find(rows, self._pool((*_SYSTEM, "src_city")), seed + 97, at)
        return np.where(others >= 0, others, rows)

    def count(self, what: str, number: int) -> None:
        """Note that less was found than was asked for."""
        if number:
            self.fallbacks[what] = self.fallbacks.get(what, 0) + number

    def _versions(self, rows: Ints) -> Floats:
        """Versions of browser and system (n, 2) as numbers in their order; -1 where unknown."""
        return (
            self._events[rows]
            .select(_version("browser_version"), _version("os_version"))
            .to_numpy()
        )

    def _has(self, column: str) -> bool:
        return self._events[column].null_count() < self._events.height

    def _pool(self, columns: tuple[str, ...]) -> Pool:
        if columns not in self._pools:
            self._pools[columns] = pool_of(self._events, self._book, columns)
        return self._pools[columns]

    def _rungs(self, tier: str) -> Sequence[Rung]:
        """The tier's ladder; where the log says nothing of places, anybody at all will do."""
        if self._has("src_country"):
            return _LADDERS[tier]
        return (*_LADDERS[tier], _ANYONE, _ANYONE_EVER)


def _version(name: str) -> pl.Expr:
    """The first three numbers of a version as one: 17.4.1 is 17.00040001."""
    numbers = pl.col(name).str.extract_all(r"\d+").list
    parts = (
        numbers.get(n, null_on_oob=True).cast(pl.Float64).fill_null(0.0) / 1e4**n for n in range(3)
    )
    return (
        pl.when(pl.col(name).is_null()).then(-1.0).otherwise(pl.sum_horizontal(*parts)).alias(name)
    )
