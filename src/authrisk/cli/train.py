"""`authrisk train`: from events to a bundle."""

from __future__ import annotations

import dataclasses
import enum
import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.arguments import EventsFile
from authrisk.cli.case_choice import (
    CaseChoice,
    FeedbackOption,
    LabelColumn,
    LabelColumnOption,
    Labels,
    LabelsFileOption,
    LabelsOption,
    ShareOption,
    cases_of,
)
from authrisk.cli.terminal import progress_bar, report, table
from authrisk.errors import AuthriskError, InputError

if TYPE_CHECKING:
    import polars as pl

    from authrisk.evaluation.cases import Cases
    from authrisk.models.bundle import Bundle
    from authrisk.training.train import Trained


class Kind(enum.StrEnum):
    """The two models."""

    AUTOENCODER = "autoencoder"
    SUPERVISED = "supervised"


def run(
    events: EventsFile,
    model: Annotated[Kind, typer.Option(help="The autoencoder needs no attacks to learn from.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="BUNDLE", help="A new directory.")],
    labels: LabelsOption = Labels.INJECT,
    label_column: LabelColumnOption = LabelColumn.TAKEOVER,
    labels_file: LabelsFileOption = None,
    feedback: FeedbackOption = None,
    share: ShareOption = 0.4,
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="BUNDLE", help="Go on from a bundle: a name or directory."),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="At most; stops early by itself. Default: by the logins."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bundle.")] = 1,
    name: Annotated[
        str | None, typer.Option(help="The bundle's own name. Default: the directory's.")
    ] = None,
    champion: Annotated[
        str | None,
        typer.Option(help="A bundle that must not be better: else nothing is written."),
    ] = None,
    replace: Annotated[
        bool, typer.Option(help="Take the place of a bundle that is there.")
    ] = False,
) -> None:
    """Train a model on your events and write its bundle.

    The autoencoder learns what is usual, the supervised model legitimate logins against attacks.
    Both are calibrated and measured on the latest part of the file. With --champion, a bundle that
    loses recall against it there, or breaks the promised rates, is refused (exit code 1).
    With --from supervised (or autoencoder, or a bundle of yours) training goes on from there: what
    was learned on many logins is kept, and few of your own are enough.
    After an interruption the same command goes on from the last whole epoch.
    Needs torch: pip install 'authrisk[train]'.

    \b
    Example:
      authrisk train events.parquet --model supervised --labels inject -o my-bundle
    """
    from authrisk.enrich.geo import AddressTables
    from authrisk.eventlog import read_events
    from authrisk.models.bundle import load_bundle, locate_bundle

    _need_torch()
    from authrisk.training.fit import Progress
    from authrisk.training.recipes import CONTINUED, RECIPES
    from authrisk.training.start import read_start
    from authrisk.training.train import TrainSettings, train

    against = None if champion is None else load_bundle(locate_bundle(champion))
    start = None if begin is None else read_start(locate_bundle(begin), model.value)
    recipes = RECIPES if start is None else CONTINUED
    chosen_name = _checked_name(name or out.resolve().name.lower())
    if out.exists() and not replace:
        raise InputError("is there already", where=str(out), remedy="choose another, or --replace")
    frame = read_events(events)
    cases = cases_of(
        events, frame, CaseChoice(labels, label_column, labels_file, feedback, share, seed)
    )
    report(f"{frame.height:,} events, {int(cases.attack.sum()):,} attacks to learn or measure by")
    place = out if against is None else out.with_name(f".{out.name}.challenger")
    fit = dataclasses.replace(recipes[model.value], seed=seed)
    if epochs is not None:
        fit = dataclasses.replace(fit, epochs=epochs, least_steps=0)
    settings = TrainSettings(
        name=chosen_name,
        fit=fit,
        simulated=bool((frame["source_type"] == "simulated").any()),
        resolvers=AddressTables.load().versions,
        replace=replace or against is not None,
    )
    with progress_bar("logins") as bar:
        task = bar.add_task("prepare", total=None)

        def say(p: Progress) -> None:
            latest = "" if p.validation_loss is None else f", validation {p.validation_loss:.4f}"
            text = f"epoch {p.epoch}/{p.epochs}: loss {p.train_loss:.4f}{latest}"
            bar.update(task, description=text, completed=p.done, total=p.total)

        try:
            trained = train(cases, model.value, place, settings, say, start)
        except KeyboardInterrupt:
            report("The same command goes on from the last whole epoch.")
            raise
    for line in told(trained, out):
        report(line)
    if against is not None:
        _pass_gate(frame, cases, against, trained.bundle, place, out)


def _pass_gate(
    events: pl.DataFrame,
    cases: Cases,
    champion: Bundle,
    challenger: Bundle,
    place: Path,
    out: Path,
) -> None:
    """Move the new bundle to its place, or refuse it; AuthriskError names the figures."""
    import shutil

    import polars as pl

    from authrisk.cli.compare import told as told_of_both
    from authrisk.evaluation.gate import frozen_contest, refusals
    from authrisk.models.bundle import move_bundle

    known = cases.events["event_id"].filter(pl.Series(cases.attack) & cases.tier.is_null())
    bad = events["event_id"].is_in(known.implode()) if len(known) else None
    contest = frozen_contest(events, champion, challenger, bad)
    for line in told_of_both(contest):
        report(line)
    why = refusals(contest)
    if why:
        shutil.rmtree(place)
        raise AuthriskError(
            f"the new bundle is refused: {'; '.join(why)}",
            remedy="nothing was replaced; train on more or newer events, or without --champion",
        )
    move_bundle(place, out)
    report(f"passed the gate against {contest.champion}: {out}")


def told(trained: Trained, out: Path) -> list[str]:
    """What came out, for people."""
    bundle, metrics = trained.bundle, trained.metrics
    losses = zip(trained.fitted.train_losses, trained.fitted.validation_losses, strict=True)
    lines = table(
        ["epoch", "train loss", "validation loss"],
        [[str(n), f"{a:.4f}", f"{b:.4f}"] for n, (a, b) in enumerate(losses, 1)],
    )
    lines += ["", f"{metrics['legitimate_logins']:,} later legitimate logins: promised 1 % "
              f"step-ups, realised {metrics['promised_1pct_realised']:.2%}"]  # fmt: skip
    tiers = metrics.get("per_tier", {})
    if tiers:
        lines += table(
            ["attacks", "n", "recall@1%", "AUC"],
            [
                [name, f"{row['attacks']:,}", f"{row['recall_at_1pct']:.1%}", f"{row['auc']:.3f}"]
                for name, row in tiers.items()
            ],
        )
    return [*lines, "", f"bundle {bundle.name} {bundle.version}: {out}"]


def _checked_name(name: str) -> str:
    """The name as a bundle takes it, refused before the training and not after it."""
    if not re.fullmatch(r"[a-z0-9._-]{1,64}", name):
        raise InputError(
            f"{name!r} is no name of a bundle", remedy="--name with 1-64 of a-z 0-9 . _ -"
        )
    return name


def _need_torch() -> None:
    for package in ("torch", "onnx"):
        if importlib.util.find_spec(package) is None:
            raise AuthriskError(
                f"training needs {package}, which is not installed",
                remedy="pip install 'authrisk[train]'",
            )
