"""How the notebooks' pictures look: colours that colour-blind readers tell apart, readable sizes."""

from __future__ import annotations

from itertools import cycle, islice

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes

from authrisk.evaluation.report.palette import BLUE, GREEN, ORANGE, PURPLE, RED, SKY

YELLOW = "#F0E442"  # as the others of Okabe and Ito, 2008
COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW)
LEGITIMATE, ATTACK = BLUE, RED
MEDIUM, HIGH = 0.5, 0.75
"""riskScores that 1 % and 0.1 % of legitimate logins reach."""


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


def threshold_lines(axes: Axes, *, named: bool = True) -> None:
    """The riskScores that 1 % and 0.1 % of legitimate logins reach, as upright lines."""
    for score, share in ((MEDIUM, "1 %"), (HIGH, "0.1 %")):
        axes.axvline(score, color="black", linewidth=1, linestyle="--")
        if named:
            axes.annotate(
                share, (score, 1.02), xycoords=("data", "axes fraction"), ha="center", fontsize=10
            )
