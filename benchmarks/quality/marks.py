"""The marks to beat, as lines of a table: what was asked, what came out, whether it holds.

From `docs/detection.md`. Nothing is rounded up: a mark holds or it does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from authrisk.evaluation.asked import MACRO_TIERS, MIMIC
from authrisk.evaluation.figures import ContenderFigures, Report, TierFigures
from authrisk.evaluation.metrics import RATES
from authrisk.evaluation.report.tables import percent, points, rate_name, spread

BOOSTING = "LightGBM"
UNSUPERVISED = (
    "Freeman", "Freeman, values only", "rules", "isolation forest", "dense autoencoder",
)  # fmt: skip
RAREST = "rarest AS"


class Mark(NamedTuple):
    """One claim."""

    what: str
    found: str
    holds: bool


def marks(report: Report) -> Iterator[Mark]:
    """All marks that the report has figures for."""
    ours = [report.contender(name) for name in report.ours]
    supervised = [c for c in ours if c.supervised]
    other = next((c for c in ours if not c.supervised), None)
    names = {c.name for c in report.contenders}
    for contender in supervised if BOOSTING in names else ():
        for view in ("warm", "unseen"):
            # Like with like: one network with one, three with three.
            together = contender.name.endswith(" x3") and f"{BOOSTING} x3" in names
            rival = f"{BOOSTING} x3" if together else BOOSTING
            yield from _ahead(report, contender.name, rival, MACRO_TIERS, view)
        yield from _left_out(report, contender.name)
    if other is not None:
        for rival in UNSUPERVISED:
            if rival in names:
                yield from _ahead(report, other.name, rival, ("T1", "T2", "T3"), "all")
    for contender in report.contenders:
        yield from _mimic(contender)
    for contender in ours:
        yield from _promises(contender)
        if RAREST in names:
            yield from _newcomers(contender, report.contender(RAREST))
    for contender in supervised:
        for r in contender.probability[-1:]:
            yield Mark(
                f"{contender.name}: calibration error at even prevalence <= 0.01",
                f"{r.error:.4f}", r.error <= 0.01,
            )  # fmt: skip
        for b in contender.burdens:
            if b.logins == 39 and b.median is not None:
                yield Mark(
                    f"{contender.name}: median challenges in 39 logins at 90 % recall of "
                    f"{b.tier} <= 1", f"{b.median:g} ({b.users:,} users)", b.median <= 1,
                )  # fmt: skip


def _ahead(
    report: Report, mine: str, rival: str, tiers: tuple[str, ...], view: str
) -> Iterator[Mark]:
    for rate in RATES:
        found = {
            d.tier: d.difference
            for d in report.differences
            if (d.first, d.second, d.view, d.rate) == (mine, rival, view, rate)
        }
        where = f"{mine} ahead of {rival}, {view} users, at {rate_name(rate)}"
        for tier in tiers:
            gap = found.get(tier)
            if gap is not None:
                yield Mark(f"{where}, {tier}", points(gap), gap.value > 0)
        macro = found.get("macro")
        if macro is not None:
            yield Mark(f"{where}, macro interval above 0", points(macro), macro.low > 0)


def _left_out(report: Report, mine: str) -> Iterator[Mark]:
    found = {(x.name, x.tier): x for x in report.left_out}
    for (name, tier), x in found.items():
        rival = found.get((BOOSTING, tier))
        if name == mine and rival and x.recall_at_1pct and rival.recall_at_1pct:
            yield Mark(
                f"{mine} ahead of {BOOSTING} with {tier} left out of training, at 1 %",
                f"{percent(x.recall_at_1pct)} against {percent(rival.recall_at_1pct)}",
                x.recall_at_1pct.value > rival.recall_at_1pct.value,
            )


def _mimic(contender: ContenderFigures) -> Iterator[Mark]:
    for tier in _tiers(contender, "all"):
        if tier.tier == MIMIC and tier.recall_at_1pct is not None:
            yield Mark(
                f"{contender.name}: {MIMIC} recall is the false-positive rate",
                spread(tier.recall_at_1pct), tier.recall_at_1pct.holds(RATES[0]),
            )  # fmt: skip


def _promises(contender: ContenderFigures) -> Iterator[Mark]:
    for p in contender.promises:
        if p.realised is not None:
            within = 0.10 if p.promised == RATES[0] else 0.20
            yield Mark(
                f"{contender.name}: promised {rate_name(p.promised)} in the {p.period} period, "
                f"within {within:.0%}",
                spread(p.realised, 3), abs(p.realised.value / p.promised - 1) <= within,
            )  # fmt: skip


def _newcomers(contender: ContenderFigures, rule: ContenderFigures) -> Iterator[Mark]:
    """Users without history: at least what a rule catches."""
    theirs = {t.tier: t for t in _tiers(rule, "0", "earlier logins")}
    for t in _tiers(contender, "0", "earlier logins"):
        rival = theirs.get(t.tier)
        known = rival is not None and rival.recall_at_1pct is not None
        if t.tier in {"T0", "T1"} and known and t.recall_at_1pct is not None:
            other = theirs[t.tier].recall_at_1pct
            assert other is not None
            yield Mark(
                f"{contender.name}: no history, {t.tier} at 1 %, at least as {rule.name}",
                f"{percent(t.recall_at_1pct)} against {percent(other)}",
                t.recall_at_1pct.value >= other.value,
            )


def _tiers(contender: ContenderFigures, view: str, by: str = "users") -> tuple[TierFigures, ...]:
    found = contender.view(view, by)
    return () if found is None else found.tiers
