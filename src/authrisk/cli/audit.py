"""`authrisk audit`: whether injected attackers are betrayed by anything but what they do."""

from __future__ import annotations

import typer

from authrisk.cli.arguments import EventsFile
from authrisk.cli.case_choice import (
    InjectionSeedOption,
    LabelsFileOption,
    ShareOption,
    known_bad,
    labels_beside,
)
from authrisk.cli.terminal import report, show, table
from authrisk.errors import InputError


def run(
    events: EventsFile,
    share: ShareOption = 0.5,
    seed: InjectionSeedOption = 1,
    labels_file: LabelsFileOption = None,
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
