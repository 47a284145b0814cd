"""Recall against the false-positive rate, and what the sequence adds."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from authrisk.evaluation.asked import MIMIC
from authrisk.evaluation.figures import ContenderFigures, Report
from authrisk.evaluation.intervals import Estimate
from authrisk.evaluation.metrics import RATES
from authrisk.evaluation.report.palette import (
    GREY,
    INK,
    PALE,
    contender_colours,
    tier_colour,
    tier_name,
)

_MOST_RATE = 0.1
_APART = 0.05
"""Least distance of two labels, as a share of the height."""


def recall(report: Report) -> Figure | None:
    """One panel of all tiers for one contender; a panel per tier for several. None without any."""
    if not report.contenders[0].curves:
        return None
    if len(report.contenders) == 1:
        return _recall_of_one(report.contenders[0])
    tiers = [curve.tier for curve in report.contenders[0].curves]
    columns = 4
    rows = -(-len(tiers) // columns)
    figure = Figure(figsize=(11.5, 2.75 * rows + 0.8))
    colours = contender_colours(report)
    # Pale ones below, ours on top.
    order = sorted(
        report.contenders, key=lambda c: (c.name in report.ours, colours[c.name] != PALE)
    )
    axes: Axes | None = None
    for place, tier in enumerate(tiers, 1):
        axes = figure.add_subplot(rows, columns, place, sharex=axes, sharey=axes)
        for contender in order:
            curve = next((c for c in contender.curves if c.tier == tier), None)
            if curve is not None:
                mine = contender.name in report.ours
                pale = colours[contender.name] == PALE
                axes.plot(curve.rates, curve.recall, color=colours[contender.name],
                          linewidth=2.6 if mine else 1.1 if pale else 1.7)  # fmt: skip
        _rate_axis(axes)
        axes.set_title(tier_name(tier))
        if place % columns != 1:
            axes.tick_params(labelleft=False)
        else:
            axes.set_ylabel("recall")
        if place + columns > len(tiers):
            axes.set_xlabel("false-positive rate")
    _names(figure, report, colours)
    return figure


def sequence(report: Report) -> Figure | None:
    """What is caught by the supervised LSTM, by the network that sees the last login only, and by
    the best booster: dots with intervals, per tier. None where there is nobody to set beside."""
    chosen = _sequence_contenders(report)
    if not chosen:
        return None
    colours = contender_colours(report)
    tiers = [t for t in report.setting.attacks if t != MIMIC] + ["macro"]
    figure = Figure(figsize=(11.5, 0.62 * len(tiers) + 1.4))
    axes: Axes | None = None
    for place, rate in enumerate(RATES):
        axes = figure.add_subplot(1, 2, place + 1, sharey=axes)
        for n, contender in enumerate(chosen):
            colour = colours[contender.name]
            for row, tier in enumerate(tiers):
                found = _figure(contender, tier, place)
                if found is None:
                    continue
                y = row + (n - (len(chosen) - 1) / 2) * 0.17
                axes.plot([found.low, found.high], [y, y], color=colour, linewidth=2, alpha=0.55)
                axes.plot(found.value, y, "o", color=colour, markersize=6.5)
        for row in range(len(tiers) - 1):
            axes.axhline(row + 0.5, color="#EEF1F5", linewidth=0.8)
        axes.axhline(len(tiers) - 1.5, color=GREY, linewidth=0.8)
        axes.set_xlim(0, 1.02)
        axes.set_ylim(len(tiers) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(_percent)
        axes.set_title(f"Recall at {rate:.1%} false positives".replace(".0%", "%"))
        axes.set_yticks(range(len(tiers)), [tier_name(t) if t != "macro" else "macro mean"
                                            for t in tiers])  # fmt: skip
        if place:
            axes.tick_params(labelleft=False, left=False)
    handles = [
        figure.axes[0].plot([], [], "o-", color=colours[contender.name], label=contender.name)[0]
        for contender in chosen
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(chosen))
    return figure


def _recall_of_one(contender: ContenderFigures) -> Figure:
    figure = Figure(figsize=(9.5, 4.6))
    axes = figure.add_subplot()
    rates = np.array(contender.curves[0].rates)
    axes.plot(rates, rates, color=GREY, linewidth=1, linestyle=":")
    ends = []
    for curve in contender.curves:
        mimic = curve.tier == MIMIC
        axes.plot(curve.rates, curve.recall, color=tier_colour(curve.tier),
                  linestyle="--" if mimic else "-")  # fmt: skip
        ends.append((float(np.interp(_MOST_RATE, curve.rates, curve.recall)), curve.tier))
    _rate_axis(axes)
    axes.set_ylabel("recall")
    axes.set_xlabel("false-positive rate: share of legitimate logins that are challenged")
    heights = _apart([height for height, _ in sorted(ends)])
    for height, (_, tier) in zip(heights, sorted(ends), strict=True):
        axes.annotate(tier_name(tier), (1.012, height), xycoords=("axes fraction", "data"),
                      color=tier_colour(tier), va="center", fontsize=10)  # fmt: skip
    axes.set_title(f"What {contender.name} catches, and what it costs")
    return figure


def _rate_axis(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_xlim(1e-4, _MOST_RATE)
    axes.set_ylim(0, 1.005)
    axes.set_xticks([1e-4, 1e-3, 1e-2, 1e-1], ["0.01%", "0.1%", "1%", "10%"])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(_percent)
    for rate in RATES:
        axes.axvline(rate, color=INK, linewidth=0.8, linestyle=(0, (2, 3)))


def _names(figure: Figure, report: Report, colours: dict[str, str]) -> None:
    """Names above the panels, ours first and bold, the pale ones together at the end."""
    axes = figure.axes[0]
    named = [c.name for c in report.contenders if colours[c.name] != PALE]
    named.sort(key=lambda name: name not in report.ours)
    handles = [
        axes.plot([], [], color=colours[name], label=name,
                  linewidth=2.6 if name in report.ours else 1.7)[0]
        for name in named
    ]  # fmt: skip
    if len(named) < len(report.contenders):
        handles += axes.plot([], [], color=PALE, linewidth=1.1, label="other baselines")
    legend = figure.legend(handles=handles, loc="outside upper center", ncols=min(5, len(handles)))
    for text, handle in zip(legend.get_texts(), handles, strict=True):
        text.set_fontweight("bold" if handle.get_label() in report.ours else "normal")


def _sequence_contenders(report: Report) -> list[ContenderFigures]:
    """The supervised ones of ours, the network of the last login, LightGBM."""
    ours = [c for c in report.contenders if c.name in report.ours and c.supervised]
    rivals = [c for c in report.contenders if c.name in {"last login only", "LightGBM"}]
    return [*ours, *rivals] if ours and rivals else []


def _figure(contender: ContenderFigures, tier: str, rate: int) -> Estimate | None:
    view = contender.view()
    if view is None:
        return None
    if tier == "macro":
        return (view.macro_at_1pct, view.macro_at_01pct)[rate]
    found = next((t for t in view.tiers if t.tier == tier), None)
    return None if found is None else (found.recall_at_1pct, found.recall_at_01pct)[rate]


def _apart(heights: list[float]) -> list[float]:
    """Ascending heights moved apart so that labels do not overlap, within 0..1.

    >>> [round(h, 2) for h in _apart([0.5, 0.5])]
    [0.5, 0.55]
    """
    out: list[float] = []
    for height in heights:
        out.append(max(height, out[-1] + _APART) if out else height)
    over = max(0.0, out[-1] - 1.0) if out else 0.0
    for i in range(len(out) - 1, -1, -1):
        ceiling = 1.0 if i == len(out) - 1 else out[i + 1] - _APART
        out[i] = min(out[i], ceiling) if over else out[i]
    return out


_percent = FuncFormatter(lambda value, _: f"{value:.0%}")
