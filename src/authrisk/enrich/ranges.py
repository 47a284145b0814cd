"""A map from address numbers to small integers, as two sorted columns."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import numpy as np
from numpy.typing import NDArray


class RangeTable:
    """`values[i]` holds from `starts[i]` up to the next start; below the first it is 0.

    `starts` is strictly increasing: addresses for IPv4 (uint32), the upper 64 bits for IPv6
    (uint64). 0 stands for "nothing known" by agreement of all tables.

    >>> table = RangeTable(np.array([10, 20], np.uint32), np.array([7, 0], np.uint8))
    >>> [table.at(n) for n in (9, 10, 19, 20)]
    [0, 7, 7, 0]
    >>> table.at_many(np.array([9, 10, 19, 20], np.uint32)).tolist()
    [0, 7, 7, 0]
    """

    __slots__ = ("_starts_view", "_values_view", "starts", "values")

    def __init__(self, starts: NDArray[Any], values: NDArray[Any]) -> None:
        if len(starts) != len(values):
            raise ValueError("a range table needs one value for each start")
        self.starts, self.values = starts, values
        # bisect over a memoryview takes 1 us; np.searchsorted on one number takes 3.
        self._starts_view, self._values_view = starts.data, values.data

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, number: int) -> int:
        """The value for one number."""
        index = bisect_right(self._starts_view, number)
        return int(self._values_view[index - 1]) if index else 0

    def at_many(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """The values for an array of numbers of the dtype of `starts`, shape (N,)."""
        if not len(self.starts):
            return np.zeros(len(numbers), dtype=self.values.dtype)
        index = np.searchsorted(self.starts, numbers, side="right")
        found = self.values[np.maximum(index, 1) - 1]
        return np.where(index > 0, found, np.zeros(1, dtype=found.dtype))


def from_ranges(
    first: NDArray[Any],
    last: NDArray[Any],
    values: NDArray[Any],
    dtype: type[np.unsignedinteger[Any]],
) -> RangeTable:
    """A table from inclusive ranges, sorted and disjoint; gaps become 0, equal neighbours one.

    >>> t = from_ranges(np.array([1, 3]), np.array([2, 5]), np.array([4, 4], np.uint8), np.uint32)
    >>> t.starts.tolist(), t.values.tolist()
    ([1, 6], [4, 0])
    """
    first, last = first.astype(np.uint64), last.astype(np.uint64)
    following = np.append(first[1:], first[:1])  # the last one is decided below
    after = last + np.uint64(1)  # wraps to 0 past the top, where no gap follows
    gap = after != following
    gap[-1:] = last[-1:] < np.uint64(np.iinfo(dtype).max)
    starts = np.concatenate([first, after[gap]])
    found = np.concatenate([values, np.zeros(int(gap.sum()), dtype=values.dtype)])
    order = np.argsort(starts, kind="stable")
    starts, found = starts[order].astype(dtype), found[order]
    change = np.ones(len(found), dtype=bool)
    change[1:] = found[1:] != found[:-1]
    return RangeTable(starts[change], found[change])
