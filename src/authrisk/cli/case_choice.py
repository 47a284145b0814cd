"""Which logins are attacks, as the options of `train`, `evaluate` and `compare` say it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.terminal import report
from authrisk.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from authrisk.evaluation.cases import Cases


class Labels(enum.StrEnum):
    """Where the attacks come from."""

    INJECT = "inject"
    COLUMN = "column"
    FEEDBACK = "feedback"


class LabelColumn(enum.StrEnum):
    """The columns of a labels file."""

    TAKEOVER = "is_account_takeover"
    ATTACK_IP = "is_attack_ip"
    ATTACK = "is_attack"


LabelsOption = Annotated[
    Labels,
    typer.Option(help="Attacks: injected ones, a column of the labels, or people's verdicts."),
]
LabelColumnOption = Annotated[LabelColumn, typer.Option(help="With --labels column.")]
LabelsFileOption = Annotated[
    Path | None, typer.Option(help="Default: EVENTS.labels.parquet beside the events.")
]
FeedbackOption = Annotated[
    Path | None, typer.Option(help="With --labels feedback: the service's history.")
]
ShareOption = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Injected attacks per successful login.")
]
InjectionSeedOption = Annotated[int, typer.Option(min=0, help="Of the injected attacks.")]


@dataclass(frozen=True, slots=True)
class CaseChoice:
    """The options, checked against each other when the cases are made."""

    labels: Labels
    column: LabelColumn
    labels_file: Path | None
    feedback: Path | None
    share: float
    seed: int
    tiers: tuple[str, ...] | None = None


def cases_of(events_path: Path, events: pl.DataFrame, choice: CaseChoice) -> Cases:
    """The cases of an events file. Raises InputError where options or files do not fit."""
    from authrisk.evaluation.cases import (
        TRAINING_TIERS,
        feedback_cases,
        injected_cases,
        labelled_cases,
    )
    from authrisk.eventlog import labels_path

    if events.is_empty():
        raise InputError("holds no events", where=str(events_path))
    if choice.labels is Labels.FEEDBACK:
        if choice.feedback is None:
            raise InputError(
                "--labels feedback needs the history that holds the verdicts",
                remedy="--feedback authrisk-history.sqlite",
            )
        return feedback_cases(events, verdicts_of(choice.feedback))
    path = choice.labels_file or labels_path(events_path)
    if choice.labels is Labels.COLUMN and not path.exists():
        raise InputError("no labels file", where=str(path), remedy="name it by --labels-file")
    labels = labels_beside(events_path, choice.labels_file)
    if choice.labels is Labels.COLUMN:
        return labelled_cases(events, labels, choice.column.value)
    bad = known_bad(events, labels)
    tiers = choice.tiers or TRAINING_TIERS
    return injected_cases(events, choice.seed, choice.share, tiers, bad)


def known_bad(events: pl.DataFrame, labels: pl.DataFrame) -> pl.Series | None:
    """Events (N,) that a labels file calls attacks or takeovers; None when it calls none so.

    A blocklisted address alone is not enough: more than half of its logins are benign.
    """
    import polars as pl

    bad = labels.filter(pl.any_horizontal("is_attack", "is_account_takeover"))["event_id"]
    marks = events["event_id"].is_in(bad.implode())
    return marks if marks.any() else None


_SAID: dict[str | None, str] = {
    "challenge_failed": "compromised",
    "challenge_passed": "legitimate",
}


def verdicts_of(history: Path) -> pl.DataFrame:
    """What is known of logins in a service's history: `event_id`, `verdict`.

    A person's verdict goes before what became of a challenge: failed is `compromised`, passed is
    `legitimate`. Plain successes and failures say nothing: attackers have passwords, users typos.
    """
    import polars as pl

    from authrisk.cli.history_reading import opened

    with opened(history) as store:
        judged = ((s.event.event_id, s.verdict or _SAID.get(s.outcome)) for s in store.since(0))
        rows = [(event_id, verdict) for event_id, verdict in judged if verdict is not None]
    return pl.DataFrame(rows, {"event_id": pl.String, "verdict": pl.String}, orient="row")


def labels_beside(events_path: Path, labels_file: Path | None) -> pl.DataFrame:
    """The labels file that is named, or the one beside the events; empty when there is none."""
    import polars as pl

    from authrisk.eventlog import LABEL_SCHEMA, labels_path, read_labels

    path = labels_file or labels_path(events_path)
    if labels_file is None and not path.exists():
        return pl.DataFrame(schema=LABEL_SCHEMA)
    report(f"labels: {path}")
    return read_labels(path)
