"""Pictures of what a model learnt and of what its scores are worth.

`judged` is the table of `judged.judge`: tier "" is a legitimate login.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from style import ATTACK, HIGH, LEGITIMATE, MEDIUM, colours, threshold_lines

from authrisk.evaluation.report.palette import BLUE, GREY, tier_name

_LINES = ("-", "--", "-.", ":")
_DECADES = 4.0
_BINS = np.linspace(0.0, 1.0, 41)


def losses(train: Sequence[float], validation: Sequence[float], unit: str) -> Figure:
    """The loss of each epoch on the logins trained on and on those kept aside."""
    figure, axes = plt.subplots(figsize=(8, 3.6))
    epochs = range(1, len(train) + 1)
    best = int(np.argmin(validation))
    axes.plot(epochs, train, "o-", color=GREY, label="train")
    axes.plot(epochs, validation, "s-", color=BLUE, label="validation")
    axes.plot([best + 1], [validation[best]], "o", markersize=15, markerfacecolor="none",
              markeredgecolor=ATTACK, markeredgewidth=2, label="kept")  # fmt: skip
    axes.set_xticks(list(epochs))
    axes.set_xlabel("epoch")
    axes.set_ylabel(unit)
    axes.set_title("Losses")
    axes.legend()
    return figure


def distributions(judged: pl.DataFrame) -> Figure:
    """riskScores of legitimate logins and of each attacker tier, one strip each."""
    tiers = _tiers(judged)
    figure, axes = plt.subplots(
        len(tiers), 1, figsize=(10, 1.0 + 0.85 * len(tiers)), sharex=True, squeeze=False
    )
    for i, (axis, tier) in enumerate(zip(axes[:, 0], tiers, strict=True)):
        risk = _values(judged, tier, "risk")
        height, _ = np.histogram(risk, _BINS)
        colour = ATTACK if tier else LEGITIMATE
        axis.stairs(100 * height / max(1, risk.size), _BINS, fill=True, color=colour, alpha=0.85)
        threshold_lines(axis, named=i == 0)
        axis.set_xlim(0, 1)
        axis.grid(visible=False)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        name = tier_name(tier)
        axis.set_ylabel(f"{name}\n(n = {risk.size:,})", rotation=0, ha="right", va="center")
        axis.annotate(
            f"{(risk >= MEDIUM).mean():.1%} at or above 0.5", (1.01, 0.5),
            xycoords="axes fraction", va="center", fontsize=10,
        )  # fmt: skip
    axes[-1, 0].set_xlabel("riskScore; each strip is % of its logins, on its own scale")
    figure.suptitle("Where do scores lie? Lines: reached by 1 % and 0.1 % of legitimate logins")
    return figure


def recalls(judged: pl.DataFrame) -> Figure:
    """Share of attacks caught over the share of legitimate logins challenged, per tier."""
    figure, axes = plt.subplots(figsize=(9, 5))
    legitimate = np.sort(_values(judged, "", "raw"))
    rates = np.geomspace(max(1e-4, 1 / max(2, legitimate.size)), 1.0, 120)
    at = np.ceil((1 - rates) * legitimate.size).astype(int) - 1
    thresholds = legitimate[np.clip(at, 0, None)]
    tiers = _tiers(judged)[1:]
    for i, (tier, colour) in enumerate(zip(tiers, colours(len(tiers)), strict=True)):
        attacks = _values(judged, tier, "raw")
        caught = [100 * float((attacks > t).mean()) for t in thresholds]
        axes.plot(100 * rates, caught, _LINES[i % 4], color=colour, label=tier_name(tier))
    axes.plot(100 * rates, 100 * rates, color=GREY, linewidth=1, label="guessing")
    for rate in (0.1, 1.0):
        axes.axvline(rate, color="black", linewidth=1, linestyle="--")
    axes.set_xscale("log")
    axes.set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    axes.set_xlim(100 * rates[0], 50)
    axes.set_xlabel("legitimate logins challenged (%, log)")
    axes.set_ylabel("attacks caught (%)")
    axes.set_title("Recall against false-positive rate")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def promises(judged: pl.DataFrame) -> Figure:
    """The share of legitimate logins that a threshold promises, and the share it really asked."""
    figure, axes = plt.subplots(figsize=(6.5, 5))
    risk = _values(judged, "", "risk")
    thresholds = np.linspace(0.05, 0.95, 60)
    promised = 10 ** (-_DECADES * thresholds)
    realised = np.array([(risk >= t).mean() for t in thresholds])
    noise = 1.96 * np.sqrt(promised * (1 - promised) / max(1, risk.size))
    axes.fill_between(
        100 * promised, 100 * np.maximum(promised - noise, 1e-6), 100 * (promised + noise),
        color=GREY, alpha=0.25, linewidth=0, label=f"chance alone, {risk.size:,} logins",
    )  # fmt: skip
    axes.plot(100 * promised, 100 * promised, color=GREY, linewidth=1)
    shown = realised > 0
    axes.plot(100 * promised[shown], 100 * realised[shown], color=BLUE, label="realised")
    for score, name in ((MEDIUM, "riskScore 0.5"), (HIGH, "0.75")):
        at = 100 * 10 ** (-_DECADES * score)
        axes.axvline(at, color="black", linewidth=1, linestyle="--")
        axes.annotate(name, (at, 1.01), xycoords=("data", "axes fraction"), ha="center")
    _percent_axes(axes, 0.02, 100)
    axes.set_xlabel("promised: legitimate logins challenged (%, log)")
    axes.set_ylabel("realised (%, log)")
    axes.legend(loc="lower right")
    return figure


def reliability(judged: pl.DataFrame, probability: Sequence[float], prevalence: float) -> Figure:
    """Stated P(attack) against the share of attacks, both at `prevalence`.

    The test has far more attacks than real traffic: every login is weighed so that attacks make
    up `prevalence` of all.
    """
    figure, axes = plt.subplots(figsize=(6.5, 5))
    stated = np.array(probability)
    attack = (judged["tier"] != "").to_numpy()
    weight = np.where(attack, prevalence / attack.sum(), (1 - prevalence) / (~attack).sum())
    axes.plot([1e-9, 1], [1e-9, 1], color=GREY, linewidth=1, label="stated = observed")
    order = np.argsort(stated, kind="stable")
    # Neighbours in groups of an eighth of the attacks each, with the legitimate among them.
    eighth = np.minimum(np.cumsum(attack[order]) * 8 // max(1, attack.sum()), 7)
    for k in range(8):
        mine = order[eighth == k]
        bad, good = weight[mine[attack[mine]]].sum(), weight[mine[~attack[mine]]].sum()
        number = int((~attack[mine]).sum())
        x = float(np.average(stated[mine], weights=weight[mine]))
        if number:
            spread = 1.96 / math.sqrt(number)
            low, y, high = (bad / (bad + good * g) for g in (1 + spread, 1, max(0.0, 1 - spread)))
            axes.errorbar(x, y, [[y - low], [high - y]], fmt="o", color=BLUE, capsize=3)
        else:  # 0 of n: at most 3 / n, with 95 % confidence
            y = bad / (bad + 3 * (1 - prevalence) / (~attack).sum())
            axes.plot(x, y, "^", color=ATTACK, markersize=9, markerfacecolor="none")
    axes.plot([], [], "o", color=BLUE, label="an eighth of the attacks each")
    axes.plot(
        [], [], "^", color=ATTACK, markerfacecolor="none", label="no legitimate left: at least"
    )
    low = max(1e-7, float(stated[attack].min())) / 2
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, 2)
    axes.set_ylim(low, 2)
    axes.set_xlabel(f"stated P(attack), when {prevalence:g} of logins are attacks (log)")
    axes.set_ylabel("observed share of attacks (log)")
    axes.legend(loc="lower right")
    return figure


def mean_bits(judged: pl.DataFrame, names: Sequence[str], title: str) -> Figure:
    """Mean bits of each name (field or group) for legitimate logins and each tier."""
    tiers = _tiers(judged)
    means = np.array(
        [[float(_values(judged, t, n).mean()) for n in names]
         for t in tiers]
    )  # fmt: skip
    figure, axes = plt.subplots(figsize=(2.6 + 0.62 * len(names), 1.4 + 0.46 * len(tiers)))
    top, low = max(float(means.max()), 0.1), float(means.min())
    if low < -0.05:
        norm = TwoSlopeNorm(0.0, min(low, -top / 2), top)
        image = axes.imshow(means, aspect="auto", cmap="RdBu_r", norm=norm)
    else:
        image = axes.imshow(means, aspect="auto", cmap="Blues", vmin=0, vmax=top)
    axes.grid(visible=False)
    for (i, j), value in np.ndenumerate(means):
        dark = value > 0.6 * top or (low < -0.05 and value < 0.6 * min(low, -top / 2))
        axes.annotate(f"{round(value, 1) + 0.0:.1f}", (j, i), ha="center", va="center", fontsize=9,
                      color="white" if dark else "black")  # fmt: skip
    axes.set_xticks(range(len(names)), list(names), rotation=40, ha="right")
    axes.set_yticks(range(len(tiers)), [tier_name(t) for t in tiers])
    figure.colorbar(image, label="mean bits", pad=0.01)
    axes.set_title(title)
    return figure


def bits_of(judged: pl.DataFrame, names: Sequence[str], quantiles: dict[str, float]) -> Figure:
    """Bits per name of one login per tier, side by side, the three largest bars in red.

    quantiles: for each tier which login, by rank of its score: 0.5 the median, 1 the highest.
    """
    logins = []
    for tier, quantile in quantiles.items():
        mine = judged.filter(pl.col("tier") == tier).sort("risk", "raw")
        if mine.height:
            logins.append(mine.row(round(quantile * (mine.height - 1)), named=True))
    figure, axes = plt.subplots(
        1, len(logins), figsize=(4.2 * len(logins), 1.2 + 0.25 * len(names)), sharex=True,
        sharey=True, squeeze=False,
    )  # fmt: skip
    for axis, login in zip(axes[0], logins, strict=True):
        values = np.array([login[name] for name in names])
        title = f"{tier_name(login['tier'])}, riskScore {login['risk']:.2f}"
        loud = np.sort(values)[-3]
        bars = [ATTACK if v >= max(loud, 1.0) else BLUE for v in values]
        axis.barh(range(len(names)), values, color=bars)
        axis.set_title(title, fontsize=11)
        axis.set_xlabel("bits")
    axes[0, 0].set_yticks(range(len(names)), list(names))
    axes[0, 0].invert_yaxis()
    return figure


def what_if(names: Sequence[str], risks: Sequence[float]) -> Figure:
    """The riskScore of one login and of its variants."""
    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.4 * len(names)))
    y = np.arange(len(names))
    loud = [ATTACK if risk >= MEDIUM else BLUE for risk in risks]
    axes.hlines(y, 0, risks, color=loud, linewidth=3)
    axes.scatter(risks, y, s=90, color=loud, zorder=3)
    for place, risk in zip(y, risks, strict=True):
        axes.annotate(f"{risk:.2f}", (risk, place), (9, 0), textcoords="offset points", va="center",
                      bbox={"color": "white", "pad": 1})  # fmt: skip
    threshold_lines(axes)
    axes.set_xlim(0, 1.08)
    axes.set_yticks(y, list(names))
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("riskScore; lines: reached by 1 % and 0.1 % of legitimate logins")
    return figure


def _percent_axes(axes: Axes, low: float, high: float) -> None:
    ticks, names = [0.1, 1, 10, 100], ["0.1", "1", "10", "100"]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(ticks, names)
    axes.set_yticks(ticks, names)
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)


def _tiers(judged: pl.DataFrame) -> list[str]:
    return sorted(judged["tier"].unique().to_list())


def _values(judged: pl.DataFrame, tier: str, name: str) -> npt.NDArray[np.float64]:
    return judged.filter(pl.col("tier") == tier)[name].to_numpy()
