"""Reports: one page that needs nothing else, the same figures in every form."""

from __future__ import annotations

import re

import numpy as np
import pytest

from authrisk.errors import AuthriskError
from authrisk.evaluation.answers import Answers
from authrisk.evaluation.asked import Asked
from authrisk.evaluation.comparison import setting_of
from authrisk.evaluation.figures import Report
from authrisk.evaluation.intervals import resample
from authrisk.evaluation.measurement import differences, measure_answers
from authrisk.evaluation.report import plots
from authrisk.evaluation.report.html import to_html
from authrisk.evaluation.report.markdown import to_markdown
from authrisk.evaluation.report.palette import contender_colours
from authrisk.models.calibration import Calibrator, Platt, fit_calibration

NAMES = ("ours <1>", "ours 2", "ours | 3", "LightGBM", "last login only", "Freeman", "a rule")
OURS = NAMES[:3]


@pytest.fixture(scope="module")
def report(asked: Asked, scores: np.ndarray) -> Report:
    """Seven contenders, the same scores with more and more noise; three are ours, as in the
    published comparison."""
    rng = np.random.default_rng(1)
    resamples = resample(asked.owner, seeds=3, rounds=10)
    measured = []
    for k, name in enumerate(NAMES):
        raw = scores + rng.normal(0, 0.1 + k / 5, scores.shape)
        calibrators = [Calibrator(fit_calibration(row[asked.legitimate])) for row in raw]
        risk = np.stack([c.risk(row) for c, row in zip(calibrators, raw, strict=True)])
        supervised = k % 2 == 0
        platts = (Platt(2.0, -11.2, 1e-4),) * 3 if supervised else ()
        answers = Answers(name, supervised, raw, risk, platts)
        measured.append(measure_answers(asked, answers, resamples))
    return Report(
        setting=setting_of(asked, "drawn & <lots>", {"test_from": "yesterday"}, 10),
        contenders=tuple(m.figures for m in measured),
        ours=OURS,
        differences=tuple(
            d for m in measured[:3] for o in measured if o is not m for d in differences(m, o)
        ),
        audit="passed",
    )


@pytest.fixture(scope="module")
def drawn(report: Report) -> dict[str, bytes]:
    return plots.draw(report)


def test_the_page_needs_nothing_else(report: Report, drawn: dict[str, bytes]) -> None:
    """No script, no address of anything outside, every plot inside; names are escaped."""
    assert set(drawn) >= {"recall", "sequence", "scores", "reliability"}
    page = to_html(report, drawn)
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(?!data:image/svg|#)", page)
    assert page.count("<img") == len(drawn)
    assert "ours &lt;1&gt;" in page
    assert "<lots>" not in page


def test_plots_are_drawn_alike(report: Report, drawn: dict[str, bytes]) -> None:
    """The same report gives the same bytes: reports can be compared."""
    assert plots.draw(report) == drawn


def test_every_figure_is_in_both_forms(report: Report) -> None:
    """The cells of the Markdown tables are those of the page; a bar in a name does not break a
    row."""
    markdown, page = to_markdown(report), to_html(report)
    for contender in report.contenders:
        view = contender.view()
        assert view is not None
        assert view.macro_at_1pct is not None
        cell = f"{view.macro_at_1pct.value * 100:.1f} % ({view.macro_at_1pct.low * 100:.1f}"
        assert cell in markdown
        assert cell in page
    columns = 0
    for line in markdown.splitlines():
        bars = len(re.findall(r"(?<!\\)\|", line))
        if bars and columns:
            assert bars == columns, line
        columns = bars


def test_one_contender_one_colour(report: Report) -> None:
    """Every contender has a colour; ours and the known rivals differ from each other."""
    colours = contender_colours(report)
    assert set(colours) == set(NAMES)
    assert len({colours[name] for name in NAMES[:6]}) == 6


def test_without_matplotlib(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra that brings it."""
    monkeypatch.setattr(plots, "has_matplotlib", lambda: False)
    with pytest.raises(AuthriskError, match=r"authrisk\[evaluate\]"):
        plots.draw(report)
