"""How scores lie, whether promises hold, and what legitimate users feel."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from authrisk.evaluation.burden import MOST, Burden
from authrisk.evaluation.figures import ContenderFigures, Report
from authrisk.evaluation.probability import EVEN
from authrisk.evaluation.report.palette import (
    BLUE,
    GREY,
    INK,
    PALE,
    SHADES,
    contender_colours,
    tier_colour,
    tier_name,
)
from authrisk.models.calibration import HIGH, MEDIUM

_STEPS = ((0, 0, "none"), (1, 1, "1"), (2, 2, "2"), (3, 5, "3-5"), (6, MOST, "6 or more"))
"""Challenges that share a shade: from, to, name."""


def scores(report: Report) -> Figure | None:
    """riskScores of legitimate logins and of each tier, a strip each, for ours."""
    chosen = _ours(report)
    tiers = [spread.tier for spread in chosen[0].spreads]
    figure = Figure(figsize=(5.6 * len(chosen) + 1.4, 0.62 * len(tiers) + 1.1))
    axes: Axes | None = None
    for place, contender in enumerate(chosen, 1):
        axes = figure.add_subplot(1, len(chosen), place, sharey=axes)
        for row, spread in enumerate(contender.spreads):
            shares = np.sqrt(np.array(spread.shares))  # small shares stay visible
            edges = np.linspace(0.0, 1.0, shares.size + 1)
            height = 0.86 * shares / shares.max()
            base = len(tiers) - 1 - row
            axes.stairs(base + height, edges, baseline=base, fill=True, alpha=0.75,
                        color=tier_colour(spread.tier))  # fmt: skip
            axes.axhline(base, color="#9AA3B2", linewidth=0.6)
            beyond = sum(spread.shares[round(MEDIUM * shares.size) :])
            axes.annotate(f"{beyond:.1%}", (1.015, base + 0.12), xycoords=("axes fraction", "data"),
                          fontsize=9.5, color=INK)  # fmt: skip
        axes.set_xlim(0, 1)
        axes.set_ylim(-0.08, len(tiers) + 0.05)
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        for level, name in ((MEDIUM, "1 in 100"), (HIGH, "1 in 1,000")):
            axes.axvline(level, color=INK, linewidth=0.8, linestyle=(0, (2, 3)))
            axes.annotate(name, (level, 1.0), xycoords=("data", "axes fraction"), ha="center",
                          va="bottom", fontsize=8.5, color=GREY)  # fmt: skip
        axes.annotate("≥ 0.5", (1.015, 1.0), xycoords="axes fraction", va="bottom", fontsize=8.5,
                      color=GREY)  # fmt: skip
        axes.set_xlabel("riskScore")
        axes.set_yticks([len(tiers) - 1 - i + 0.25 for i in range(len(tiers))],
                        [tier_name(t) for t in tiers])  # fmt: skip
        axes.tick_params(axis="y", length=0, labelleft=place == 1)
        axes.set_title(contender.name, pad=16)
    return figure


def reliability(report: Report) -> Figure:
    """Promised against realised challenges, and told against observed probabilities."""
    colours = contender_colours(report)
    told = [c for c in report.contenders if c.probability and colours[c.name] != PALE]
    figure = Figure(figsize=(11 if told else 5.6, 4.6))
    axes = figure.add_subplot(1, 2 if told else 1, 1)
    ends = np.array([2e-4, 0.3])
    axes.plot(ends, ends, color=GREY, linewidth=1)
    axes.fill_between(ends, ends * 0.9, ends * 1.1, color="#EDF0F4", linewidth=0)
    shown = _ours(report)
    for contender in shown:
        for curve, style in zip(contender.promise_curves, ("-", (0, (3, 2))), strict=False):
            label = f"{contender.name}, {curve.tier}" if len(shown) > 1 else curve.tier
            realised = np.array(curve.recall)
            axes.plot(np.array(curve.rates)[realised > 0], realised[realised > 0],
                      color=colours.get(contender.name, BLUE), linestyle=style,
                      label=label)  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    ticks = [1e-3, 1e-2, 1e-1]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, labels=["0.1%", "1%", "10%"])
        axis.set_minor_locator(NullLocator())
    axes.set_aspect("equal")
    axes.set_xlabel("promised share of legitimate logins challenged")
    axes.set_ylabel("realised share")
    axes.set_title("Does the promise hold? (band: within 10%)")
    axes.legend(loc="upper left")
    if told:
        _probabilities(figure.add_subplot(1, 2, 2), told, colours)
    return figure


def burden(report: Report) -> Figure | None:
    """Share of users with so many challenges, a bar per contender and number of logins."""
    kinds = [b for b in report.contenders[0].burdens if b.shares]
    if not kinds:
        return None
    rows = [c for c in report.contenders if c.burdens]
    last = kinds[-1].logins
    rows.sort(key=lambda c: next(b.mean or 0.0 for b in c.burdens if b.logins == last))
    figure = Figure(figsize=(11.5, 0.36 * len(rows) + 1.7))
    axes: Axes | None = None
    for place, kind in enumerate(kinds, 1):
        axes = figure.add_subplot(1, len(kinds), place, sharey=axes)
        for row, contender in enumerate(rows):
            mine = next(b for b in contender.burdens if b.logins == kind.logins)
            _bar(axes, row, mine)
        axes.set_xlim(0, 1)
        axes.set_ylim(len(rows) - 0.45, -0.55)
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
        axes.set_yticks(range(len(rows)), [c.name for c in rows])
        axes.tick_params(axis="y", length=0, labelleft=place == 1)
        axes.set_xlabel("share of users")
        axes.set_title(f"within {kind.logins} logins ({kind.users:,} users)")
        axes.annotate("median", (1.01, 1.0), xycoords="axes fraction", fontsize=8.5, color=GREY,
                      va="bottom")  # fmt: skip
    handles = [
        figure.axes[0].barh([0], [0], color=shade, label=name)
        for shade, (_, _, name) in zip(SHADES, _STEPS, strict=True)
    ]
    what = f"challenges of a legitimate user at {kinds[0].recall:.0%} recall of {kinds[0].tier}"
    figure.legend(handles=handles, loc="outside upper center", ncols=len(_STEPS), title=what,
                  handlelength=1.2)  # fmt: skip
    return figure


def _bar(axes: Axes, row: int, mine: Burden) -> None:
    left = 0.0
    for shade, (low, high, _) in zip(SHADES, _STEPS, strict=True):
        width = sum(mine.shares[low : high + 1])
        axes.barh(row, width, left=left, height=0.72, color=shade)
        left += width
    if mine.median is not None:
        axes.annotate(f"{mine.median:g}", (1.01, row), xycoords=("axes fraction", "data"),
                      va="center", fontsize=9.5)  # fmt: skip


def _probabilities(axes: Axes, contenders: list[ContenderFigures], colours: dict[str, str]) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1)
    for contender in contenders:
        even = next(r for r in contender.probability if r.prevalence == EVEN)
        axes.plot(even.told, even.observed, "o-", markersize=4.5, color=colours[contender.name],
                  label=f"{contender.name}: error {even.error:.3f}")  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    axes.set_xlabel("told probability of an attack, at even prevalence")
    axes.set_ylabel("observed share of attacks")
    axes.set_title("Does the probability hold?")
    axes.legend(loc="upper left")


def _ours(report: Report) -> list[ContenderFigures]:
    chosen = [c for c in report.contenders if c.name in report.ours]
    return (chosen or list(report.contenders))[:2]
