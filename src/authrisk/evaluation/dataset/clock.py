"""The time of a data set as it goes by: never backwards, and its first days are not measured."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from authrisk.errors import InputError
from authrisk.evaluation.periods import Mask
from authrisk.features.coded import Ints

DAY_NS = 86_400 * 10**9


class EventIds(Protocol):
    """Where a bad row is named."""

    def __getitem__(self, index: int, /) -> str: ...


class Clock:
    """Follows the times of successive rows. Mutable."""

    def __init__(self, skip_days: float) -> None:
        self.skip_days = skip_days
        self.first_ns: int | None = None
        self.last_ns: int | None = None

    def measured(self, times_ns: Ints, ids: EventIds) -> Mask:
        """(n,) which of the next rows come after the skipped days.

        Raises InputError for a row that is earlier than the one before it.
        """
        if not times_ns.size:
            return np.zeros(0, np.bool_)
        before = times_ns[0] if self.last_ns is None else self.last_ns
        back = np.diff(times_ns, prepend=before) < 0
        if back.any():
            raise InputError(
                "earlier than the row before it; a data set is read in the order of time",
                where=f"row {ids[int(back.argmax())]}",
                remedy="sort the file by its time",
            )
        self.last_ns = int(times_ns[-1])
        if self.first_ns is None:
            self.first_ns = int(times_ns[0])
        mask: Mask = times_ns >= self.first_ns + int(self.skip_days * DAY_NS)
        return mask

    def skipped(self) -> str:
        """What is not measured, for the report.

        >>> Clock(1.0).skipped(), Clock(7.0).skipped()
        ('the first day', 'the first 7 days')
        """
        return "the first day" if self.skip_days == 1 else f"the first {self.skip_days:g} days"

    def told(self) -> str:
        """From when to when, for the report; "nothing" where nothing came by."""
        if self.first_ns is None or self.last_ns is None:
            return "nothing"
        return f"{moment(self.first_ns)} to {moment(self.last_ns)}"


def moment(time_ns: int) -> str:
    """To the second.

    >>> moment(1_580_733_810_772_000_000)
    '2020-02-03T12:43:30+00:00'
    """
    return f"{np.datetime64(time_ns, 'ns').astype('datetime64[s]')}+00:00"
