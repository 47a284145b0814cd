"""Whose network an attacker borrows: later logins of other users, on addresses new to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from authrisk.simulate.draws import Bools, Ints, UInts, mix, uniform

_NEAREST, _FEWEST = 200, 10  # donors are drawn from that many next candidates
_NEAR_NS = 3 * 86_400_000_000_000  # those of the next days, if there are enough of them
_TRIES = 24


@dataclass(frozen=True, eq=False)
class DonorBook:
    """M events, sorted by time, as a source of donors."""

    time_ns: Ints
    """(M,)"""
    user: UInts
    """Hash of the user, (M,)."""
    address: UInts
    """Hash of the address, else of the host; 0 without either, (M,)."""
    system: UInts
    """Hash of the AS number; 0 where unknown, (M,)."""
    successes: Ints
    """Rows of successes of known users."""
    candidates: Ints
    """Rows that may donate: successes on an address that their user had never used."""
    known_addresses: UInts
    """Sorted hashes of every (user, address) of a success."""
    known_systems: UInts

    def knows_address(self, victims: Ints, donors: Ints) -> Bools:
        """Whether the victim's user has ever succeeded from the donor's address."""
        return _member(mix_pair(self.user[victims], self.address[donors]), self.known_addresses)

    def knows_system(self, victims: Ints, donors: Ints) -> Bools:
        """Whether the victim's user has ever succeeded from the donor's AS."""
        known = _member(mix_pair(self.user[victims], self.system[donors]), self.known_systems)
        known &= self.system[donors] != 0
        return known

    def find(
        self,
        victims: Ints,
        group: Ints,
        seed: int,
        at: Ints | None = None,
        *,
        new_system: bool = False,
        later: bool = True,
    ) -> Ints:
        """A donor row of the victim's group, `later` than row `at`; -1 where there is none.

        `group` is a number per event, (M,); `at` is the victims' own rows by default. The donor
        is one of the candidates of the next three days, of 10 to 200 of them: near enough in time
        that its browser is not from the future.
        """
        rows = len(self.user)
        at = victims if at is None else at
        keys = np.sort(group[self.candidates] * rows + self.candidates)
        low = np.searchsorted(keys, group[victims] * rows + at, side="right")
        high = np.searchsorted(keys, (group[victims] + 1) * rows)
        if not later:  # nobody comes after: those before will do
            low = np.searchsorted(keys, group[victims] * rows)
            low = np.maximum(low, high - _NEAREST)
        soon = np.searchsorted(self.time_ns, self.time_ns[at] + _NEAR_NS)
        near = np.searchsorted(keys, group[victims] * rows + soon) - low
        width = np.minimum(high - low, np.clip(near, _FEWEST, _NEAREST))
        donors = np.full(len(victims), -1, np.int64)
        for attempt in range(_TRIES):
            open_ = np.flatnonzero((donors < 0) & (width > 0))
            if not len(open_):
                break
            draw = uniform(seed, victims[open_], at[open_], attempt, 701)
            picked = keys[low[open_] + (draw * width[open_]).astype(np.int64)] % rows
            mine = victims[open_]
            good = (self.user[picked] != self.user[mine]) & ~self.knows_address(mine, picked)
            if new_system:
                good &= ~self.knows_system(mine, picked)
            donors[open_[good]] = picked[good]
        return donors


def donor_book(events: pl.DataFrame) -> DonorBook:
    """Prepare the search over events sorted by time."""
    address = pl.coalesce("src_ip", "src_host")
    hashed = events.select(
        user=_hash(pl.col("user_id")), address=_hash(address), system=_hash(pl.col("src_asn"))
    )
    user, place, system = (hashed[name].to_numpy() for name in ("user", "address", "system"))
    success = (events["outcome"] == "success").fill_null(value=False).to_numpy()
    successes = np.flatnonzero(success & (user != 0))
    rows = successes[place[successes] != 0]
    pairs = mix_pair(user[rows], place[rows])
    known, first = np.unique(pairs, return_index=True)
    return DonorBook(
        time_ns=events["timestamp"].dt.timestamp("ns").to_numpy(),
        user=user,
        address=place,
        system=system,
        successes=successes,
        candidates=np.sort(rows[first]),
        known_addresses=known,
        known_systems=np.unique(mix_pair(user[rows], system[rows])),
    )


def groups_of(events: pl.DataFrame, columns: Sequence[str]) -> Ints:
    """A small number per event: equal where all columns are equal, null like any other value."""
    if not columns:
        return np.zeros(events.height, np.int64)
    hashed = events.select(pl.struct(columns).hash(7)).to_series().to_numpy()
    return np.unique(hashed, return_inverse=True)[1].astype(np.int64)


def mix_pair(first: UInts, second: UInts) -> UInts:
    """One hash of two."""
    return mix(first, second)


def _hash(column: pl.Expr) -> pl.Expr:
    return pl.when(column.is_not_null()).then(column.hash(7)).otherwise(0).cast(pl.UInt64)


def _member(keys: UInts, table: UInts) -> Bools:
    if not len(table):
        return np.zeros(len(keys), bool)
    place = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return np.asarray(table[place] == keys)
