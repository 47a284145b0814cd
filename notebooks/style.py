"""How the notebooks' pictures look: colours that colour-blind readers tell apart, readable sizes."""

from __future__ import annotations

from itertools import cycle, islice

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes

# Okabe and Ito, 2008.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, GREY = "#CC79A7", "#56B4E9", "#F0E442", "#767676"
COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW)
LEGITIMATE, ATTACK = BLUE, RED
MEDIUM, HIGH = 0.5, 0.75
"""riskScores that 1 % and 0.1 % of legitimate logins reach."""

TIERS = {
    "T0": "T0 stuffing",
    "T1": "T1 naive",
    "T2": "T2 VPN",
    "T3": "T3 phishing",
    "T4": "T4 targeted",
    "T5": "T5 perfect copy",
}


def use_style() -> None:
    """Set fonts, sizes and lines for every picture that follows."""
    mpl.rcParams.update(
        {
            "figure.dpi": 80,
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "axes.titlesize": 12,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#E6E6E6",
            "legend.frameon": False,
            "lines.linewidth": 2.0,
            "axes.prop_cycle": cycler(color=COLOURS),
        }
    )


def colours(number: int) -> list[str]:
    """So many colours, from the beginning again when there are more than seven.

    >>> colours(2)
    ['#0072B2', '#E69F00']
    """
    return list(islice(cycle(COLOURS), number))


def tier_name(tier: str) -> str:
    """The tier and what it stands for.

    >>> tier_name("T2")
    'T2 VPN'
    """
    return TIERS.get(tier, tier)


def threshold_lines(axes: Axes, *, named: bool = True) -> None:
    """The riskScores that 1 % and 0.1 % of legitimate logins reach, as upright lines."""
    for score, share in ((MEDIUM, "1 %"), (HIGH, "0.1 %")):
        axes.axvline(score, color="black", linewidth=1, linestyle="--")
        if named:
            axes.annotate(
                share, (score, 1.02), xycoords=("data", "axes fraction"), ha="center", fontsize=10
            )
