"""Calibration that follows an installation's own traffic, without retraining.

A bundle was calibrated on somebody else's logins. The raw scores of an installation's own
legitimate logins say how rare a score is here: the bundle's promise counts as PRIOR logins, each
of the latest ones as one more. Live and replay count the same logins in the same order, so their
scores are equal, bit for bit.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from authrisk.errors import StoreError
from authrisk.models.calibration import Calibration, Calibrator

PRIOR = 100
"""Logins that the bundle's own calibration counts for."""
WINDOW = 20_000
"""The latest logins that are looked at; before that, the later half of them, because the first
logins of an installation are judged without history and are no sample of what follows."""
USER_DAILY = 4
"""Logins of one user that count in one day (UTC)."""
REACH = 1.0
"""Decades by which the promise of a score may move, either way: a quarter of riskScore."""
_STEP, _LONG_STEP, _MANY = 250, 2_500, 10_000
_KNOTS = 200
_FIRST = 500
_ROOM = WINDOW + _LONG_STEP  # so that a restart can fit again to what was fitted last
_DAY_NS = 86_400 * 10**9

Floats = npt.NDArray[np.float64]


def adapted(prior: Calibration, recent: npt.NDArray[np.floating]) -> Calibration:
    """The calibration of an installation whose latest legitimate logins scored `recent` (n,).

    p = (PRIOR p_prior + live logins that score at least as high) / (PRIOR + n), within REACH
    decades of the prior; beyond the live scores it falls as the prior does. Never falls with raw;
    the prior itself without live logins.
    """
    n = recent.size
    if not n:
        return prior
    scores = np.sort(recent.astype(np.float64))
    levels = np.unique(np.geomspace(1, n, min(n, _KNOTS)).astype(np.int64))
    raw = np.union1d(np.array(prior.raw), scores[n - levels])
    own = _prior_surprise(prior, raw)
    reached = n - np.searchsorted(scores, raw, side="left")
    p = (PRIOR * 10.0**-own + reached) / (PRIOR + n)
    surprise = np.clip(-np.log10(p), np.maximum(own - REACH, 0.0), own + REACH)
    surprise = np.maximum.accumulate(np.maximum(surprise, 0.0))
    return Calibration(
        raw=tuple(raw.tolist()),
        surprise=tuple(surprise.tolist()),
        tail_slope=prior.tail_slope,
        logins=prior.logins,
        platt=prior.platt,
    )


class _Kept(msgspec.Struct, frozen=True):
    version: str
    logins: int
    recent: bytes
    day: int
    today: dict[int, int]


class Adaptation:
    """The calibrator in force in one installation. Mutable, not thread-safe; `calibrator` is
    replaced whole.

    >>> prior = Calibrator(Calibration((0.0, 1.0), (0.0, 1.0), 1.0, logins=100))
    >>> Adaptation(prior, "v").calibrator is prior
    True
    """

    def __init__(self, prior: Calibrator, version: str) -> None:
        """version: of the bundle, whose raw scores mean nothing to another one."""
        self.calibrator = prior
        self.version = version
        self.logins = 0
        """Logins that were ever counted."""
        self._prior = prior.calibration
        self._ring = np.zeros(_ROOM, np.float32)
        self._day = -1
        self._today: dict[int, int] = {}

    def observe(self, user: int, time_ns: int, raw: float) -> bool:
        """Count a legitimate login of a user (code); answers whether the calibrator was replaced.

        Not counted: a user's logins beyond USER_DAILY of the day, logins of nobody (0), and
        those that arrive after logins of a later day.
        """
        day = time_ns // _DAY_NS
        if user == 0 or day < self._day:
            return False
        if day > self._day:
            self._day, self._today = day, {}
        mine = self._today.get(user, 0)
        if mine >= USER_DAILY:
            return False
        self._today[user] = mine + 1
        self._ring[self.logins % _ROOM] = raw
        self.logins += 1
        due = self.logins % (_STEP if self.logins <= _MANY else _LONG_STEP) == 0
        if due:
            self._refit(self.logins)
        return due

    def risks(
        self,
        raw: npt.NDArray[np.floating],
        users: npt.NDArray[np.int64],
        times_ns: npt.NDArray[np.int64],
        legitimate: npt.NDArray[np.bool_],
    ) -> Floats:
        """riskScores (n,) of logins in time order, each judged and then, if legitimate, counted."""
        out = np.empty(raw.size)
        done = 0
        at = np.flatnonzero(legitimate)
        columns = (at, users[at], times_ns[at], raw[at])
        told = zip(*(column.tolist() for column in columns), strict=True)
        for i, user, time_ns, score in told:
            before = self.calibrator
            if self.observe(user, time_ns, score):
                out[done : i + 1] = before.risk(raw[done : i + 1])
                done = i + 1
        out[done:] = self.calibrator.risk(raw[done:])
        return out

    def forget(self, user: int) -> None:
        """Forget how often the user came today; the scores hold no users and stay."""
        self._today.pop(user, None)

    def to_bytes(self) -> bytes:
        """A snapshot, 90 KB at most beside today's users."""
        recent = self._ring[: min(self.logins, _ROOM)].tobytes()
        return msgspec.msgpack.encode(
            _Kept(self.version, self.logins, recent, self._day, self._today)
        )

    @classmethod
    def from_bytes(cls, data: bytes, prior: Calibrator, version: str) -> Adaptation:
        """What a snapshot holds; nothing yet where it is of another bundle.

        Raises StoreError when it is damaged.
        """
        try:
            kept = msgspec.msgpack.decode(data, type=_Kept)
            recent = np.frombuffer(kept.recent, np.float32)
            if recent.size != min(kept.logins, _ROOM) or not np.isfinite(recent).all():
                raise ValueError("scores are missing")
        except (msgspec.MsgspecError, ValueError) as error:
            raise StoreError(
                f"the snapshot of the live calibration cannot be read: {error}",
                remedy="delete it; the bundle's own calibration is taken until enough is seen",
            ) from None
        out = cls(prior, version)
        if kept.version == version:
            out._ring[: recent.size] = recent
            out.logins, out._day, out._today = kept.logins, kept.day, dict(kept.today)
            step = _STEP if kept.logins < _MANY else _LONG_STEP
            out._refit(kept.logins // step * step)
        return out

    def _refit(self, upto: int) -> None:
        """Fit to the first `upto` logins, or to the latest of them."""
        if not upto:
            return
        n = min(upto, max(_FIRST, upto // 2), WINDOW)
        recent = self._ring[np.arange(upto - n, upto) % _ROOM]
        self.calibrator = Calibrator(adapted(self._prior, recent))


def _prior_surprise(prior: Calibration, raw: Floats) -> Floats:
    knots, surprise = prior.arrays()
    beyond = np.maximum(raw - knots[-1], 0.0) * prior.tail_slope
    out: Floats = np.interp(raw, knots, surprise) + beyond
    return out
