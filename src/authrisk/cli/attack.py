"""`authrisk attack`: attackers in anybody's events, and the labels that say where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.arguments import EventsFile
from authrisk.cli.case_choice import LabelsFileOption, known_bad, labels_beside
from authrisk.cli.event_writing import ENDINGS, event_output, label_output
from authrisk.cli.terminal import STDOUT, ending, report, table
from authrisk.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from authrisk.simulate.attackers import Injection


def run(
    events: EventsFile,
    out: Annotated[
        str, typer.Option("-o", "--out", help="labelled.parquet; its labels are put beside it.")
    ],
    tiers: Annotated[
        str, typer.Option(help="What the attackers know, T0 (a leaked list) to T6 (campaigns).")
    ] = "T0,T1,T2,T3,T4,T5,T6",
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Attacks per successful login, all tiers.")
    ] = 0.05,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same attacks.")] = 1,
    labels_file: LabelsFileOption = None,
) -> None:
    """Put attackers among real logins.

    Fakes of T1-T5 stand in for a real login, T0 and T6 are added. Network and client are those of
    other users of the file; nothing is invented. Each event gets a label: tier, victim, campaign.
    Events that a labels file calls attacks stay as they are and lend nothing.

    \b
    Example:
      authrisk attack events.parquet --share 0.05 -o labelled.parquet
    """
    from authrisk.eventlog import read_events
    from authrisk.simulate.attackers import inject

    if out == STDOUT:
        raise InputError("the labels need a file", where=out, remedy="-o labelled.parquet")
    ending(out, ENDINGS)
    frame = read_events(events)
    if frame.is_empty():
        raise InputError("holds no events", where=str(events))
    known = labels_beside(events, labels_file)
    bad = known_bad(frame, known)
    wanted = tuple(tier.strip() for tier in tiers.split(",") if tier.strip())
    injection = inject(frame if bad is None else frame.filter(~bad), wanted, seed, share)
    labelled, labels = injection.apply(frame, known)
    with label_output(out) as write_labels, event_output(out) as write:
        write(labelled)
        write_labels(labels)
    for line in told(injection, frame):
        report(line)


def told(injection: Injection, events: pl.DataFrame) -> list[str]:
    """What was put in, and where attackers had to do with less than their tier."""
    import polars as pl

    made = injection.fakes.select(
        "outcome", "user_id", tier=injection.tier, campaign=injection.campaign
    )
    each = made.group_by("tier").agg(
        attempts=pl.len(),
        logins=(pl.col("outcome") == "success").sum(),
        victims=pl.col("user_id").n_unique(),
        campaigns=pl.col("campaign").drop_nulls().n_unique(),
    )
    lines = table(
        ["tier", "attempts", "logins", "victims", "campaigns"],
        [
            [row["tier"], *(f"{row[name]:,}" for name in each.columns[1:])]
            for row in each.sort("tier").iter_rows(named=True)
        ],
    )
    replaced = injection.replaces.drop_nulls().n_unique()
    lines += ["", f"{made.height:,} attempts put among {events.height:,}, {replaced:,} of which "
              "they replace"]  # fmt: skip
    if injection.fallbacks:
        found = injection.fallbacks.items()
        lines += ["", *table(["less was found", "times"], [[k, f"{n:,}"] for k, n in found])]
    return lines
