"""Who and what a model may learn from, and what it is asked: time cut into periods, users in two.

Time is cut at quantiles of the legitimate logins, in the order train, validation (early stopping,
tuning), calibration (thresholds), test, late (drift). A fifth of the users is held out of training
and validation entirely: they are the unseen users.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

UNSEEN_SHARE = 0.20


class Shares(NamedTuple):
    """Shares of the legitimate logins of each period; they sum to 1."""

    train: float
    validation: float
    calibration: float
    test: float
    late: float


DEPLOYED = Shares(0.65, 0.10, 0.25, 0.0, 0.0)
"""For a bundle that will be used: calibrated on the newest logins. Every other user of the
calibration period is the ruler, the rest is measured (training.measure)."""
PROTOCOL = Shares(0.50, 0.06, 0.12, 0.16, 0.16)
"""For figures that are published: test and late are seen by nothing that is fitted."""


@dataclass(frozen=True, slots=True)
class Periods:
    """Masks (N,) over the events of a timeline, in its order; those of time do not overlap."""

    train: Mask
    """Without the unseen users."""
    validation: Mask
    """Without the unseen users."""
    calibration: Mask
    test: Mask
    late: Mask
    unseen: Mask
    """Events of users that are held out of train and validation."""
    bounds_ns: tuple[int, ...]
    """First login, then the end of each period."""

    @property
    def asked(self) -> Mask:
        """What contenders are measured on."""
        return self.test | self.late

    def described(self) -> dict[str, str]:
        """The bounds as text, for the manifest and for reports."""
        times = [
            dt.datetime.fromtimestamp(ns // 1_000_000_000, dt.UTC).isoformat()
            for ns in self.bounds_ns
        ]
        names = ("train", "validation", "calibration", "test", "late")
        out = {}
        for name, begin, end in zip(names, times, times[1:], strict=False):
            if begin != end:
                out[f"{name}_from"], out[f"{name}_to"] = begin, end
        return out | {"unseen_users": f"{UNSEEN_SHARE:.0%}"}


def cut(
    times_ns: npt.NDArray[np.int64],
    owners: npt.NDArray[np.int64],
    legitimate: Mask,
    shares: Shares,
    seed: int,
) -> Periods:
    """Cut events by time and by user.

    times_ns, owners, legitimate: (N,). An owner is the code of the user whose history an event
    belongs to; the copies of a victim that campaigns strike belong to the victim.
    """
    of_legitimate = times_ns[legitimate] if legitimate.any() else times_ns
    ends = [int(np.quantile(of_legitimate, min(1.0, q))) for q in np.cumsum(shares)]
    ends[-1] = int(times_ns.max())
    unseen = held_out(owners, seed)
    masks = []
    begin = int(times_ns.min()) - 1
    for share, end in zip(shares, ends, strict=True):
        masks.append((times_ns > begin) & (times_ns <= end) & (share > 0))
        begin = end if share > 0 else begin
    train, validation, calibration, test, late = masks
    if not shares.late and not shares.test:
        calibration = calibration | (times_ns > ends[2])
    return Periods(
        train=train & ~unseen,
        validation=validation & ~unseen,
        calibration=calibration,
        test=test,
        late=late,
        unseen=unseen,
        bounds_ns=(int(times_ns.min()), *ends),
    )


def held_out(owners: npt.NDArray[np.int64], seed: int) -> Mask:
    """A fifth of the users, told by a keyed hash of their code: the same in every run."""
    key = int.from_bytes(hashlib.blake2b(str(seed).encode(), digest_size=8).digest(), "little")
    mixed = (owners.astype(np.uint64) ^ np.uint64(key)) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(40)) % np.uint64(100) < np.uint64(int(UNSEEN_SHARE * 100))
