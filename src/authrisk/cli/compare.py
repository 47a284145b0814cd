"""`authrisk compare`: two bundles on the same logins, before one takes the other's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.arguments import EventsFile
from authrisk.cli.case_choice import (
    CaseChoice,
    FeedbackOption,
    InjectionSeedOption,
    LabelColumn,
    LabelColumnOption,
    Labels,
    LabelsFileOption,
    LabelsOption,
    cases_of,
)
from authrisk.cli.terminal import STDOUT, ending, report, show, table

if TYPE_CHECKING:
    import polars as pl

    from authrisk.evaluation.contest import Contest
    from authrisk.evaluation.intervals import Estimate

SHOWN = 10


def run(
    champion: Annotated[str, typer.Argument(metavar="CHAMPION", help="The bundle that serves.")],
    challenger: Annotated[str, typer.Argument(metavar="CHALLENGER", help="The one that may.")],
    events: EventsFile,
    out: Annotated[
        str,
        typer.Option(
            "-o", "--out", help="users.parquet or users.csv: every user; - shows the first."
        ),
    ] = STDOUT,
    attacks: Annotated[
        bool, typer.Option(help="Compare recall too; without, all logins are legitimate.")
    ] = True,
    labels: LabelsOption = Labels.INJECT,
    label_column: LabelColumnOption = LabelColumn.TAKEOVER,
    labels_file: LabelsFileOption = None,
    feedback: FeedbackOption = None,
    seed: InjectionSeedOption = 1_001,
) -> None:
    """Compare two bundles on a file.

    Told are recall per kind of attacker with the difference in pairs, whether promised rates hold,
    how often both agree, and which users would be challenged more or less. The first quarter of
    the events builds history and is not measured. A bundle is `supervised`, `autoencoder`, or a
    directory.

    \b
    Example:
      authrisk compare supervised my-bundle events.parquet -o users.csv
    """
    from authrisk.evaluation.cases import TRAINING_TIERS, legitimate_cases
    from authrisk.evaluation.contest import fight
    from authrisk.eventlog import read_events
    from authrisk.models.bundle import load_bundle, locate_bundle

    form = None if out == STDOUT else ending(out, (".parquet", ".csv"))
    both = [load_bundle(locate_bundle(name)) for name in (champion, challenger)]
    frame = read_events(events)
    if attacks:
        choice = CaseChoice(
            labels, label_column, labels_file, feedback, 0.2, seed, (*TRAINING_TIERS, "T5")
        )
        cases = cases_of(events, frame, choice)
    else:
        cases = legitimate_cases(frame)
    fought = fight(cases, *both)
    show([*told(fought.contest), "", *_first(fought.people)] if form is None
         else told(fought.contest))  # fmt: skip
    if form == ".parquet":
        fought.people.write_parquet(out)
    elif form == ".csv":
        fought.people.write_csv(out)
    contest = fought.contest
    report(
        f"{contest.users_more:,} of {contest.users:,} users would be challenged more often, "
        f"{contest.users_less:,} less often"
    )


def told(contest: Contest) -> list[str]:
    """The figures, for people."""
    lines = [
        f"champion {contest.champion}, challenger {contest.challenger}",
        f"{contest.legitimate:,} legitimate logins of {contest.users:,} users",
        "",
        *table(
            ["riskScore from", "promised", "champion", "challenger"],
            [
                [f"{p.level}", f"{p.promised:.1%}", _rate(p.champion), _rate(p.challenger)]
                for p in contest.promises
            ],
        ),
        "",
        f"the same level for {contest.agreement:.2%} of the legitimate logins; only the champion "
        f"challenges {contest.only_champion:,}, only the challenger {contest.only_challenger:,}",
    ]
    if contest.tiers:
        lines += ["", *table(
            ["attacks", "n", "at", "champion", "challenger", "gain"],
            [
                [d.tier, f"{d.attacks:,}", f"{d.rate:.1%}", _share(d.champion),
                 _share(d.challenger), _share(d.gain, signed=True)]
                for d in contest.tiers
            ],
        )]  # fmt: skip
    return lines


def _first(people: pl.DataFrame) -> list[str]:
    import polars as pl

    changed = people.filter(pl.col("change") != 0)
    if changed.is_empty():
        return ["no user would be challenged more or less often"]
    ends = pl.concat([changed.head(SHOWN), changed[SHOWN:].tail(SHOWN)])
    return table(
        ["user", "logins", "champion challenges", "challenger challenges"],
        [[str(r[0]), *(f"{n:,}" for n in r[1:4])] for r in ends.iter_rows()],
    )


def _rate(found: Estimate | None) -> str:
    return "-" if found is None else f"{found.value:.2%} [{found.low:.2%}, {found.high:.2%}]"


def _share(found: Estimate | None, *, signed: bool = False) -> str:
    if found is None:
        return "-"
    sign = "+" if signed else ""
    return f"{found.value:{sign}.1%} [{found.low:{sign}.1%}, {found.high:{sign}.1%}]"
