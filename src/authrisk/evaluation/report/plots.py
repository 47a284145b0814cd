"""Plots of a report, drawn with matplotlib (extra `evaluate`), as SVG or PNG."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from authrisk.errors import AuthriskError
from authrisk.evaluation.figures import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def has_matplotlib() -> bool:
    """Whether plots can be drawn here."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def need_matplotlib() -> None:
    """Raises AuthriskError, naming the extra, when plots cannot be drawn here."""
    if not has_matplotlib():
        raise AuthriskError(
            "plots need matplotlib, which is not installed",
            remedy="pip install 'authrisk[evaluate]'",
        )


def draw(report: Report, form: str = "svg") -> dict[str, bytes]:
    """Every plot that the report has figures for, by name, as `svg` or `png`.

    Raises AuthriskError when matplotlib is not installed.
    """
    if not has_matplotlib():
        raise AuthriskError(
            "plots need matplotlib, which is not installed",
            remedy="pip install 'authrisk[evaluate]'",
        )
    from authrisk.evaluation.report.palette import style
    from authrisk.evaluation.report.recall_plots import recall, sequence
    from authrisk.evaluation.report.score_plots import burden, reliability, scores

    makers: dict[str, Callable[[Report], Figure | None]] = {
        "recall": recall,
        "sequence": sequence,
        "scores": scores,
        "reliability": reliability,
        "burden": burden,
    }
    drawn = {}
    with style():
        for name, make in makers.items():
            figure = make(report)
            if figure is not None:
                out = io.BytesIO()
                plain = {"Date": None} if form == "svg" else {}
                figure.savefig(out, format=form, dpi=150, metadata=plain)
                drawn[name] = out.getvalue()
    return drawn
