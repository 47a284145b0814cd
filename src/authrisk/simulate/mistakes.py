"""Failed attempts of legitimate users: typos, forgotten passwords, giving up, a stale phone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from authrisk.simulate.attempts import Attempts
from authrisk.simulate.draws import Bools, Floats, Ints, exponential, mix, uniform

_TYPOS = np.array([0.62, 0.24, 0.14])
"""How often one, two or three attempts fail before one succeeds."""
_MEAN = float((_TYPOS * [1, 2, 3]).sum())
_GIVE_UP = 0.12
"""Share of typing errors after which somebody comes back hours later only."""
_WRONG_NAME = 0.05
"""Share of typing errors in the name of the account."""
_DAY_NS = 86_400_000_000_000


class Habits(NamedTuple):
    """How each of N users fails."""

    clumsy: Floats
    """Failed attempts per success, (N,)."""
    forgetful: Floats
    """Forgotten passwords a year, (N,)."""


class _Groups(NamedTuple):
    """Failures in a row, each group before one success."""

    source: Ints
    """Row of the success whose place and client they have."""
    number: Ints
    pause_s: Floats
    """Mean pause between them."""
    lead_s: Floats
    """From the last one to the success."""
    wrong_name: Bools


def failures_before(success: Attempts, habits: Habits, seed: int) -> Attempts:
    """The failed attempts that belong to these successes, which stand by user and time."""
    rows = np.arange(len(success.user), dtype=np.int64)
    key = mix(seed, 2101, rows).view(np.int64)
    groups = (
        _typos(success, habits, rows, key),
        _forgotten(success, habits, rows, key),
        _stale_phones(success, habits, rows, key),
    )
    joined = _Groups(*(np.concatenate(parts) for parts in zip(*groups, strict=True)))
    return _spread(success, joined, seed)


def _typos(success: Attempts, habits: Habits, rows: Ints, key: Ints) -> _Groups:
    chance = habits.clumsy[success.user] * np.where(success.is_service, 0.1, 1.0) / _MEAN
    source = rows[uniform(2102, key) < chance]
    own = key[source]
    number = 1 + np.searchsorted(np.cumsum(_TYPOS), uniform(2103, own))
    gives_up = uniform(2104, own) < _GIVE_UP
    return _Groups(
        source,
        np.minimum(number, 3),
        np.full(len(source), 14.0),
        np.where(gives_up, 30_000.0 * exponential(2105, own) ** 1.5, 3.0),
        uniform(2106, own) < _WRONG_NAME,
    )


def _forgotten(success: Attempts, habits: Habits, rows: Ints, key: Ints) -> _Groups:
    """After a long pause above all; the way out is a mail that takes minutes."""
    source = rows[_forgets(success, habits, key)]
    own = key[source]
    number = 3 + (5.0 * uniform(2111, own) ** 2).astype(np.int64)
    lead_s = 40.0 + 260.0 * exponential(2112, own)
    return _Groups(source, number, np.full(len(source), 35.0), lead_s, np.zeros(len(source), bool))


def _forgets(success: Attempts, habits: Habits, key: Ints) -> Bools:
    gap_ns = np.diff(success.time_ns, prepend=success.time_ns[:1])
    known = np.diff(success.user, prepend=-1) == 0
    gap_days = np.clip(np.where(known, gap_ns, 0) / _DAY_NS, 0.0, 60.0)
    return uniform(2110, key) < 1.0 - np.exp(-habits.forgetful[success.user] * gap_days / 365.0)


def _stale_phones(success: Attempts, habits: Habits, rows: Ints, key: Ints) -> _Groups:
    """An app that goes on with the old password until its owner gives it the new one."""
    changed = _forgets(success, habits, key) & (success.context != 1)
    phone = np.where(success.context == 1, rows, len(rows))
    following = np.minimum.accumulate(phone[::-1])[::-1] if len(rows) else phone
    target = np.minimum(following, len(rows) - 1)
    fits = changed & (following < len(rows)) & (success.user[target] == success.user)
    wait_ns = success.time_ns[target] - success.time_ns
    fits &= (wait_ns > 600e9) & (wait_ns < 2 * _DAY_NS) & (uniform(2120, key) < 0.35)
    source = target[fits]
    own = key[fits]
    wait_s = wait_ns[fits] / 1e9
    number = 2 + (10.0 * uniform(2121, own) ** 2).astype(np.int64)
    pause_s = np.minimum(200.0 + 900.0 * exponential(2122, own), 0.6 * wait_s / number)
    return _Groups(source, number, pause_s, np.full(len(source), 20.0),
                   np.zeros(len(source), bool))  # fmt: skip


def _spread(success: Attempts, groups: _Groups, seed: int) -> Attempts:
    """One row per failure, backwards from the success."""
    group = np.repeat(np.arange(len(groups.source)), groups.number)
    turn = np.arange(len(group), dtype=np.int64)
    tail = np.concatenate((group[1:] != group[:-1], [True])) if len(group) else group == 0
    wait_s = 1.0 + groups.pause_s[group] * exponential(seed, 2130, turn)
    wait_s = np.where(tail, groups.lead_s[group] + 5.0 * exponential(seed, 2131, turn), wait_s)
    backwards = np.cumsum(wait_s[::-1])[::-1]
    after = np.append(backwards[1:], 0.0)
    rest = np.where(tail, after, 0.0)
    rest = np.maximum.accumulate(rest[::-1])[::-1] if len(group) else rest
    failed = success.take(groups.source[group])
    time_ns = failed.time_ns - ((backwards - rest) * 1e9).astype(np.int64)
    inside = np.flatnonzero(time_ns >= 0)
    failed = failed.replace(
        time_ns=time_ns,
        success=np.zeros(len(group), bool),
        known_user=~groups.wrong_name[group],
    )
    return failed.take(inside)
