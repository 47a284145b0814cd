"""How plots look: colours that colour-blind readers tell apart, quiet axes, readable sizes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from itertools import cycle
from typing import Any

from authrisk.evaluation.figures import Report

# Okabe and Ito, 2008.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, GREY, PALE = "#CC79A7", "#56B4E9", "#767676", "#C9CED6"
INK, GRID = "#1D2433", "#E9ECF1"
OURS = (BLUE, GREEN, "#12355B")
RIVALS = {
    "LightGBM": ORANGE,
    "last login only": PURPLE,
    "isolation forest": RED,
    "Freeman": SKY,
}
"""The rivals that a reader looks for."""

TIER_NAMES = {
    "": "legitimate",
    "T0": "T0 stuffing",
    "T1": "T1 naive",
    "T2": "T2 VPN",
    "T3": "T3 phishing",
    "T4": "T4 targeted",
    "T5": "T5 perfect copy",
    "T6": "T6 campaign",
}
TIER_COLOURS = {
    "": GREY, "T0": ORANGE, "T1": BLUE, "T2": SKY, "T3": GREEN, "T4": RED, "T5": GREY,
    "T6": PURPLE,
    "account takeover": RED, "blocklisted address": SKY, "red team": RED,
    "red team, failed": ORANGE,
}  # fmt: skip
SHADES = ("#DCE9F3", "#A9CBE3", "#6AA6CE", "#2D7BB0", "#0B4F80")
"""From little to much."""
_STYLE: dict[str, Any] = {
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#9AA3B2",
    "axes.linewidth": 0.8,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": "#5B6475",
    "ytick.color": "#5B6475",
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "path",
    "svg.hashsalt": "authrisk",
}


def style() -> AbstractContextManager[None]:
    """Fonts, sizes and lines of every plot that is drawn within."""
    import matplotlib

    return matplotlib.rc_context(_STYLE)  # type: ignore[arg-type] # one of the stubs' own names


def tier_name(tier: str) -> str:
    """The tier and what it stands for.

    >>> tier_name("T2")
    'T2 VPN'
    """
    return TIER_NAMES.get(tier, tier)


def tier_colour(tier: str) -> str:
    """The colour of a tier, the same in every plot."""
    return TIER_COLOURS.get(tier, INK)


def contender_colours(report: Report) -> dict[str, str]:
    """A colour per contender: strong ones for ours and for the well-known others, the rest pale.

    The well-known ones look alike in every report; where there are none, the first others are
    coloured.
    """
    others = [c.name for c in report.contenders if c.name not in report.ours]
    known = {name: RIVALS[name] for name in others if name in RIVALS}
    colours = known or dict(zip(others, RIVALS.values(), strict=False))
    colours |= dict(zip(report.ours, cycle(OURS), strict=False))
    return {c.name: colours.get(c.name, PALE) for c in report.contenders}
