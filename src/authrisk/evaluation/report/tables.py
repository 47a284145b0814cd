"""Tables of a report, and how its figures are written."""

from __future__ import annotations

from dataclasses import dataclass

from authrisk.evaluation.intervals import Estimate


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text; the first column names the row."""

    head: tuple[str, ...]
    rows: tuple[list[str], ...]
    caption: str = ""
    best: tuple[int, ...] = ()
    """The row that is best in each column, -1 for none; empty where nothing is marked."""

    def is_best(self, row: int, column: int) -> bool:
        """Whether a cell is marked: only among several."""
        return len(self.rows) > 1 and bool(self.best) and self.best[column] == row


def rate_name(rate: float) -> str:
    """A round rate, as people say it.

    >>> rate_name(0.01), rate_name(0.001)
    ('1 %', '0.1 %')
    """
    return f"{rate * 100:.6g} %"


def percent(figure: Estimate | None, digits: int = 1) -> str:
    """The figure alone.

    >>> percent(Estimate(0.1234, 0.1, 0.2))
    '12.3 %'
    >>> percent(None)
    '-'
    """
    return "-" if figure is None else f"{figure.value * 100:.{digits}f} %"


def spread(figure: Estimate | None, digits: int = 1) -> str:
    """The figure with its interval.

    >>> spread(Estimate(0.1234, 0.1, 0.2))
    '12.3 % (10.0 - 20.0)'
    """
    if figure is None:
        return "-"
    low, high = (f"{value * 100:.{digits}f}" for value in (figure.low, figure.high))
    return f"{percent(figure, digits)} ({low} - {high})"


def points(figure: Estimate | None) -> str:
    """A difference in points, signed, with its interval.

    >>> points(Estimate(0.031, -0.01, 0.06))
    '+3.1 (-1.0 to +6.0)'
    """
    if figure is None:
        return "-"
    value, low, high = (f"{x * 100:+.1f}" for x in (figure.value, figure.low, figure.high))
    return f"{value} ({low} to {high})"
