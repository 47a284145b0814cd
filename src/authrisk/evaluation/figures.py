"""The figures of one contender, frozen: what reports show and JSON files hold."""

from __future__ import annotations

import msgspec

from authrisk.evaluation.burden import Burden
from authrisk.evaluation.intervals import Estimate
from authrisk.evaluation.probability import Reliability
from authrisk.evaluation.pursuit import Pursuit


class TierFigures(msgspec.Struct, frozen=True):
    """How well one attacker tier is told from the legitimate logins of the same view."""

    tier: str
    attacks: int
    recall_at_1pct: Estimate | None
    recall_at_01pct: Estimate | None
    average_precision: Estimate | None
    """At a prevalence of 1 in 10,000."""
    challenged_at: tuple[Estimate | None, ...]
    """Share of legitimate logins challenged at 90, 95 and 99 % recall."""
    auc: Estimate | None
    caught: Estimate | None
    """Share with riskScore >= 0.5, as calibrated."""


class View(msgspec.Struct, frozen=True):
    """The figures on some of the logins; thresholds are those of the same logins."""

    by: str
    """`users`, `earlier logins`, `last success` or `new fields`."""
    name: str
    legitimate: int
    users: int
    realised: Estimate | None
    """Share of legitimate logins with riskScore >= 0.5, promised 1 %."""
    tiers: tuple[TierFigures, ...]
    macro_at_1pct: Estimate | None
    """Mean recall over the tiers, the mimic left out."""
    macro_at_01pct: Estimate | None


class Promise(msgspec.Struct, frozen=True):
    """A promised share of challenged legitimate logins against the realised one."""

    period: str
    logins: int
    level: float
    """The riskScore that promises it."""
    promised: float
    realised: Estimate | None


class Curve(msgspec.Struct, frozen=True):
    """Recall of one tier against the false-positive rate, mean over seeds."""

    tier: str
    rates: tuple[float, ...]
    recall: tuple[float, ...]


class Spread(msgspec.Struct, frozen=True):
    """How the riskScores of a tier lie, or of legitimate logins (`""`): shares of equal bins over
    0..1, all seeds pooled."""

    tier: str
    shares: tuple[float, ...]


class ContenderFigures(msgspec.Struct, frozen=True):
    """Everything that was measured of one contender."""

    name: str
    supervised: bool
    seeds: int
    views: tuple[View, ...]
    """`users` all, warm and unseen, then the slices."""
    promises: tuple[Promise, ...]
    probability: tuple[Reliability, ...]
    """At the stated prevalence and at an even one; empty without a probability."""
    burdens: tuple[Burden, ...]
    pursuits: tuple[Pursuit, ...]
    curves: tuple[Curve, ...]
    promise_curves: tuple[Curve, ...]
    """Promised (`rates`) against realised (`recall`) shares, a curve per period."""
    spreads: tuple[Spread, ...]

    def view(self, name: str = "all", by: str = "users") -> View | None:
        """A view by its name, None where it was not measured."""
        return next((v for v in self.views if (v.by, v.name) == (by, name)), None)


class Difference(msgspec.Struct, frozen=True):
    """First minus second contender at the same rounds; above zero the first is ahead."""

    first: str
    second: str
    view: str
    tier: str
    """A tier, or `macro`."""
    rate: float
    difference: Estimate | None


class LeftOut(msgspec.Struct, frozen=True):
    """Recall of a tier by a contender that was trained without it."""

    name: str
    tier: str
    seeds: int
    recall_at_1pct: Estimate | None
    recall_at_01pct: Estimate | None
    trained_with_at_1pct: Estimate | None
    """The same seeds, trained with the tier."""


class Setting(msgspec.Struct, frozen=True):
    """What was measured on."""

    source: str
    legitimate: int
    users: int
    unseen_users: int
    attacks: dict[str, int]
    """Per tier."""
    periods: dict[str, str]
    rounds: int
    """Of the bootstrap."""
    fingerprint: str | None = None
    """Of the posed problem: same fingerprint, same logins, features and labels."""
    notes: tuple[str, ...] = ()
    """What a reader must know of these logins and labels, a sentence or two each."""


class Report(msgspec.Struct, frozen=True):
    """The figures of one or more contenders on the same logins."""

    setting: Setting
    contenders: tuple[ContenderFigures, ...]
    ours: tuple[str, ...]
    """Names of the contenders that are LSTM bundles of this project."""
    differences: tuple[Difference, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    audit: str | None = None
    """What the audit of the attacks said; None where it was not asked."""

    def contender(self, name: str) -> ContenderFigures:
        """By its name; KeyError when there is none."""
        for found in self.contenders:
            if found.name == name:
                return found
        raise KeyError(name)
