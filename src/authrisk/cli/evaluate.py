"""`authrisk evaluate`: how well a bundle tells attacks from a file's logins."""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.arguments import BundleOption, EventsFile
from authrisk.cli.case_choice import (
    CaseChoice,
    FeedbackOption,
    InjectionSeedOption,
    LabelColumn,
    LabelColumnOption,
    Labels,
    LabelsFileOption,
    LabelsOption,
    ShareOption,
    cases_of,
)
from authrisk.cli.report_writing import form_of, write_report
from authrisk.cli.terminal import STDOUT, report
from authrisk.errors import AuthriskError

if TYPE_CHECKING:
    from authrisk.evaluation.figures import Report
    from authrisk.evaluation.problem import Contender


def run(
    events: EventsFile,
    bundle: BundleOption,
    out: Annotated[
        str,
        typer.Option(
            "-o", "--out", help="report.html, report.md or report.json; - is Markdown on stdout."
        ),
    ] = STDOUT,
    labels: LabelsOption = Labels.INJECT,
    label_column: LabelColumnOption = LabelColumn.TAKEOVER,
    labels_file: LabelsFileOption = None,
    feedback: FeedbackOption = None,
    tiers: Annotated[str, typer.Option(help="Attackers to inject.")] = "T0,T1,T2,T3,T4,T5,T6",
    share: ShareOption = 0.2,
    seed: InjectionSeedOption = 1_001,
    baselines: Annotated[
        bool,
        typer.Option(help="Also fit the usual rivals on the first part and measure them beside."),
    ] = False,
) -> None:
    """Measure a bundle on a file.

    Told are the recall per kind of attacker, how many honest users are asked, whether promised
    rates hold, and all of it by slices, with intervals.
    Use events that the bundle was not trained on. The first quarter of the time builds history
    and is not measured; with --baselines two thirds are not, the baselines are fitted on them.
    Figures on injected attacks hold for those attackers.
    Plots and baselines need: pip install 'authrisk[evaluate]'.

    \b
    Example:
      authrisk evaluate events.parquet --bundle supervised -o report.html
    """
    from authrisk.evaluation.evaluate import evaluate, evaluate_beside
    from authrisk.eventlog import read_events
    from authrisk.models.bundle import load_bundle, locate_bundle

    form = form_of(out)
    loaded = load_bundle(locate_bundle(bundle))
    frame = read_events(events)
    wanted = tuple(tier.strip() for tier in tiers.split(",") if tier.strip())
    choice = CaseChoice(labels, label_column, labels_file, feedback, share, seed, wanted)
    cases = cases_of(events, frame, choice)
    if baselines:
        with tempfile.TemporaryDirectory() as work:
            found = evaluate_beside(
                cases, loaded, _baselines(), Path(work), source=events.name,
                say=lambda name: report(f"measuring {name} ..."),
            )  # fmt: skip
    else:
        found = evaluate(cases, loaded, source=events.name)
    write_report(found, out, form)
    report(_told(found))


def _baselines() -> Sequence[Contender]:
    """Every baseline; those that need torch only where it is installed."""
    for package in ("lightgbm", "sklearn"):
        if importlib.util.find_spec(package) is None:
            raise AuthriskError(
                f"baselines need {package}, which is not installed",
                remedy="pip install 'authrisk[evaluate]'",
            )
    found: list[Contender] = [*_offered("authrisk.evaluation.baselines", "BASELINES")]
    if importlib.util.find_spec("torch") is None:
        report("without torch two baselines are missing: pip install 'authrisk[train]'")
    else:
        found += _offered("authrisk.training.baselines", "TORCH_BASELINES")
    return found


def _offered(module: str, name: str) -> Sequence[Contender]:
    contenders: Sequence[Contender] = getattr(importlib.import_module(module), name)
    return contenders


def _told(found: Report) -> str:
    """The one line that matters most."""
    mine = found.contenders[0]
    view, promise = mine.view(), mine.promises[0]
    macro = None if view is None else view.macro_at_1pct
    realised = "nothing" if promise.realised is None else f"{promise.realised.value:.2%}"
    recall = "unknown" if macro is None else f"{macro.value:.1%}"
    return (
        f"realised {realised} in the {promise.period} period, promised 1 %; "
        f"mean recall at 1 %: {recall}"
    )
