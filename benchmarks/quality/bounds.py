"""What no working model falls below: loose bounds for the small run, to catch a broken one."""

from __future__ import annotations

from collections.abc import Iterator

from authrisk.evaluation.asked import MIMIC
from authrisk.evaluation.figures import Report

MACRO_AT_1PCT = 0.35
"""Of our models, over the tiers T0-T4 and T6."""
MIMIC_AT_1PCT = 0.03
REALISED = (0.004, 0.025)
"""Of 1 % promised, in the test and late periods."""
WORST_GAP = -0.15
"""Ours minus the best baseline, macro at 1 %: a model that is that far behind is broken."""


def broken(report: Report) -> Iterator[str]:
    """Every bound that does not hold, in words."""
    rivals = [
        view.macro_at_1pct.value
        for c in report.contenders
        if c.name not in report.ours and (view := c.view()) and view.macro_at_1pct
    ]
    for name in report.ours:
        contender = report.contender(name)
        view = contender.view()
        if view is None or view.macro_at_1pct is None:
            yield f"{name}: nothing was measured"
            continue
        macro = view.macro_at_1pct.value
        if macro < MACRO_AT_1PCT:
            yield f"{name}: mean recall {macro:.1%}, at least {MACRO_AT_1PCT:.0%}"
        if contender.supervised and rivals and macro - max(rivals) < WORST_GAP:
            yield f"{name}: mean recall {macro:.1%}, the best baseline has {max(rivals):.1%}"
        for tier in view.tiers:
            mimic = tier.tier == MIMIC and tier.recall_at_1pct
            if mimic and mimic.value > MIMIC_AT_1PCT:
                yield f"{name}: {MIMIC} recall {mimic.value:.1%} proves a leak"
        for promise in contender.promises:
            realised = None if promise.promised < 0.01 else promise.realised
            if realised is not None and not REALISED[0] <= realised.value <= REALISED[1]:
                yield f"{name}: promised 1 %, realised {realised.value:.2%} ({promise.period})"
