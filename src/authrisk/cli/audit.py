"""`authrisk audit`: whether injected attackers are betrayed by anything but what they do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from authrisk.cli.terminal import report, show, table
from authrisk.errors import InputError


def run(
    events: Annotated[Path, typer.Argument(metavar="EVENTS", help="What `parse` wrote (Parquet).")],
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Injected attacks per successful login.")
    ] = 0.5,
    seed: Annotated[int, typer.Option(min=0, help="Of the injected attacks.")] = 1,
    labels_file: Annotated[
        Path | None, typer.Option(help="Default: EVENTS.labels.parquet beside the events.")
    ] = None,
) -> None:
    """Audit the injected attackers on a file.

    A small booster sees one group of features at a time and must not tell fakes from real logins
    by what the attacker left alone: area 0.45 to 0.56, and 0.48 to 0.52 with shuffled labels. Where
    it can, figures on injected attacks are worth nothing. Exit code 1 when it fails.
    Needs LightGBM: pip install 'authrisk[evaluate]'.

    \b
    Example:
      authrisk audit events.parquet
    """
    from authrisk.cli.case_choice import known_bad, labels_beside
    from authrisk.evaluation.audit import audit
    from authrisk.evaluation.cases import injected_cases
    from authrisk.evaluation.problem import pose
    from authrisk.eventlog import read_events
    from authrisk.simulate.attackers import TIERS

    frame = read_events(events)
    if frame.is_empty():
        raise InputError("holds no events", where=str(events))
    bad = known_bad(frame, labels_beside(events, labels_file))
    found = audit(pose(injected_cases(frame, seed, share, TIERS, bad), seed), seed)
    rows = [
        [f.view, f.tier, f"{f.fakes:,}", f"{f.area:.3f}", f"{f.low:.2f}-{f.high:.2f}",
         "" if f.passed else "LEAK"]
        for f in found.findings
    ]  # fmt: skip
    show(table(["view", "tier", "fakes", "area", "allowed", ""], rows))
    for line in found.told():
        report(line)
    if not found.passed:
        raise typer.Exit(1)
