"""Which users and logins of a data set are measured: enough of them, told by a hash."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.evaluation.periods import Mask
from authrisk.features.coded import Ints

ENOUGH = 2_500_000
"""Measured legitimate logins beyond which no more are wanted: at a false-positive rate of 0.01 %
that are 250 above the threshold."""


class Sample(NamedTuple):
    """Shares of the users, and of their logins, that are measured. History is never sampled."""

    users: float = 1.0
    logins: float = 1.0

    def has_user(self, codes: Ints) -> Mask:
        """(n,) by the code of the user; the same users in every run."""
        return _below(codes, self.users)

    def has_login(self, numbers: Ints) -> Mask:
        """(n,) by the number of the row."""
        return _below(numbers, self.logins)

    def told(self) -> str:
        """For the report.

        >>> Sample(0.25, 1.0).told()
        'a random 25 % of the users (by a hash of their id)'
        """
        if self.users >= 1 and self.logins >= 1:
            return "all users"
        parts = []
        if self.logins < 1:
            parts.append(f"a random {100 * self.logins:.3g} % of the logins")
        if self.users < 1:
            parts.append(f"a random {100 * self.users:.3g} % of the users (by a hash of their id)")
        return " of ".join(parts)


def share_of(size_bytes: int, bytes_per_login: int) -> float:
    """The share that leaves about ENOUGH logins of a file of that size.

    >>> share_of(1_000, 500), share_of(10_000_000_000, 500)
    (1.0, 0.125)
    """
    return min(1.0, ENOUGH / max(1.0, size_bytes / bytes_per_login))


def _below(codes: Ints, share: float) -> Mask:
    """The finaliser of splitmix64 (Steele, Lea and Flood, 2014) spreads neighbours apart."""
    x = codes.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    mask: Mask = (x >> np.uint64(11)).astype(np.float64) / float(1 << 53) < share
    return mask
