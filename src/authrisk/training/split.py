"""Who and what a model is trained on: earlier logins of four users in five.

Time is cut at quantiles of the legitimate logins: train, then validation (early stopping), then
calibration. 20 % of the users are held out of training entirely; the calibration period has warm
and unseen users as they come.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from authrisk.features.coded import TIME, USER, Ints

TRAIN_SHARE, VALIDATION_SHARE, UNSEEN_SHARE = 0.65, 0.10, 0.20


@dataclass(frozen=True, slots=True)
class Split:
    """Masks (N,) over coded events, in their order; they do not overlap."""

    train: npt.NDArray[np.bool_]
    validation: npt.NDArray[np.bool_]
    calibration: npt.NDArray[np.bool_]
    unseen: npt.NDArray[np.bool_]
    """Logins of users held out of training (also part of `calibration` when late enough)."""
    times_ns: tuple[int, int, int, int]
    """First login, end of train, end of validation, last login."""

    def described(self) -> dict[str, str]:
        """The bounds as text, for the manifest."""
        names = ("train_from", "validation_from", "calibration_from", "calibration_to")
        seconds = (ns // 1_000_000_000 for ns in self.times_ns)
        return {
            name: dt.datetime.fromtimestamp(s, dt.UTC).isoformat()
            for name, s in zip(names, seconds, strict=True)
        } | {"unseen_users": f"{UNSEEN_SHARE:.0%}"}


def split(ints: Ints, legitimate: npt.NDArray[np.bool_], seed: int) -> Split:
    """Split coded events (N, N_INTS) by time and by user."""
    times = ints[:, TIME]
    of_legitimate = times[legitimate] if legitimate.any() else times
    end_train, end_validation = (
        int(np.quantile(of_legitimate, share))
        for share in (TRAIN_SHARE, TRAIN_SHARE + VALIDATION_SHARE)
    )
    unseen = _held_out(ints[:, USER], seed)
    return Split(
        train=(times <= end_train) & ~unseen,
        validation=(times > end_train) & (times <= end_validation) & ~unseen,
        calibration=times > end_validation,
        unseen=unseen,
        times_ns=(int(times.min()), end_train, end_validation, int(times.max())),
    )


def _held_out(users: Ints, seed: int) -> npt.NDArray[np.bool_]:
    """A fifth of the users, told by a keyed hash of their code: the same in every run."""
    key = int.from_bytes(hashlib.blake2b(str(seed).encode(), digest_size=8).digest(), "little")
    mixed = (users.astype(np.uint64) ^ np.uint64(key)) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(40)) % np.uint64(100) < np.uint64(int(UNSEEN_SHARE * 100))
