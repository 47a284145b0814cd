"""`authrisk evaluate`: how well a bundle tells attacks from a file's logins."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from authrisk.cli.case_choice import CaseChoice, LabelColumn, Labels, cases_of
from authrisk.cli.terminal import STDOUT, ending, report, show


def run(
    events: Annotated[Path, typer.Argument(metavar="EVENTS", help="What `parse` wrote (Parquet).")],
    bundle: Annotated[str, typer.Option(help="supervised, autoencoder, or a directory.")],
    out: Annotated[
        str, typer.Option("-o", "--out", help="report.md or report.json; - is Markdown on stdout.")
    ] = STDOUT,
    labels: Annotated[
        Labels,
        typer.Option(help="Attacks: injected ones, a column of the labels, or people's verdicts."),
    ] = Labels.INJECT,
    label_column: Annotated[
        LabelColumn, typer.Option(help="With --labels column.")
    ] = LabelColumn.TAKEOVER,
    labels_file: Annotated[
        Path | None, typer.Option(help="Default: EVENTS.labels.parquet beside the events.")
    ] = None,
    feedback: Annotated[
        Path | None, typer.Option(help="With --labels feedback: the service's history.")
    ] = None,
    tiers: Annotated[str, typer.Option(help="Attackers to inject.")] = "T0,T1,T2,T3,T4,T5",
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Injected attacks per successful login.")
    ] = 0.2,
    seed: Annotated[int, typer.Option(min=0, help="Of the injected attacks.")] = 1_001,
) -> None:
    """Measure a bundle on a file.

    Told are the recall per kind of attacker, and how many honest users are asked.
    Use events that the bundle was not trained on. The first quarter of the time builds history
    and is not measured. Figures on injected attacks hold for those attackers.

    \b
    Example:
      authrisk evaluate events.parquet --bundle supervised -o report.md
    """
    import msgspec

    from authrisk.evaluation.evaluate import evaluate, to_json, to_markdown
    from authrisk.eventlog import read_events
    from authrisk.models.bundle import load_bundle, locate_bundle

    as_json = out != STDOUT and ending(out, (".md", ".json")) == ".json"
    loaded = load_bundle(locate_bundle(bundle))
    frame = read_events(events)
    wanted = tuple(tier.strip() for tier in tiers.split(",") if tier.strip())
    choice = CaseChoice(labels, label_column, labels_file, feedback, share, seed, wanted)
    evaluation = evaluate(cases_of(events, frame, choice), loaded)
    if as_json:
        data = msgspec.json.format(msgspec.json.encode(to_json(evaluation)), indent=2)
        Path(out).write_bytes(data + b"\n")
    else:
        text = to_markdown(evaluation, events.name)
        if out == STDOUT:
            show(text.splitlines())
        else:
            Path(out).write_text(text, encoding="utf-8")
    report(
        f"realised {evaluation.realised_1pct:.2%}, promised 1 %; "
        f"mean recall at 1 %: {evaluation.macro_recall_at_1pct:.1%}"
    )
