"""How often somebody may ask: token buckets, a bounded number of them.

A bucket holds `burst` and fills by `per_s`; each request takes one. Written here and not taken
from a library: what is needed is forty lines without a thread or a clock of its own, and a bound
on memory, as names of users come from whoever tries to log in.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What is allowed."""

    per_s: float
    burst: float

    def __post_init__(self) -> None:
        if not (self.per_s > 0 and self.burst >= 1 and math.isfinite(self.burst)):
            raise ValueError("a rate needs per_s above 0 and a burst of 1 or more")


class Buckets:
    """One bucket a name. The one that was used longest ago is given up for a new name: full by
    then, unless more than `most` names ask at once."""

    def __init__(self, rate: Rate, most: int = 100_000) -> None:
        self._rate, self._most = rate, most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str, now_s: float, count: int = 1) -> float:
        """Take `count` from the bucket: 0.0, or after how many seconds there is room for it;
        then nothing is taken.

        >>> buckets = Buckets(Rate(per_s=2.0, burst=1.0))
        >>> buckets.wait_s("ada", 10.0), buckets.wait_s("ada", 10.0), buckets.wait_s("ada", 10.5)
        (0.0, 0.5, 0.0)
        """
        rate = self._rate
        left, then = self._left.pop(name, (rate.burst, now_s))
        left = min(rate.burst, left + max(0.0, now_s - then) * rate.per_s)
        asked = min(float(count), rate.burst)  # who asks for more than fits gets what fits
        wait = 0.0 if left >= asked else (asked - left) / rate.per_s
        self._left[name] = (left if wait else left - asked, max(now_s, then))
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return wait

    def __len__(self) -> int:
        return len(self._left)
