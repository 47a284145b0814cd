"""`authrisk simulate`: logins of invented people, with known attacks."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.event_writing import event_output, label_output
from authrisk.cli.terminal import STDOUT, report, show, table
from authrisk.errors import InputError

if TYPE_CHECKING:
    from authrisk.simulate.profiles.profile import Profile


class ProfileName(enum.StrEnum):
    """Whose logins."""

    CONSUMER = "consumer"
    ENTERPRISE = "enterprise"
    UNIVERSITY = "university"
    BANK = "bank"
    GAMES = "games"


class Shape(enum.StrEnum):
    """What is written."""

    EVENTS = "events"
    SSHD = "sshd"
    WSO2_IS = "wso2_is"
    RBA_CSV = "rba_csv"


def run(
    out: Annotated[
        str, typer.Option("-o", "--out", help="The file; - is stdout (NDJSON or log lines).")
    ] = STDOUT,
    profile: Annotated[
        ProfileName,
        typer.Option(help="A public service, a company; three more that no model trains on."),
    ] = ProfileName.CONSUMER,
    users: Annotated[int, typer.Option(min=1, help="How many people.")] = 1_000,
    days: Annotated[int, typer.Option(min=1, help="Over how many days.")] = 90,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same file.")] = 1,
    attacks: Annotated[
        bool, typer.Option("--attacks/--no-attacks", help="Stuffing and spraying among them.")
    ] = True,
    shape: Annotated[
        Shape, typer.Option("--as", help="Events, or a log in a server's own format.")
    ] = Shape.EVENTS,
    figures: Annotated[
        bool, typer.Option("--report", help="Show how these people live, and write no events.")
    ] = False,
) -> None:
    """Invent logins of people and attackers.

    People have habits, devices, networks and travels; attackers stuff and spray (T0).
    Events get their labels in a file beside them; an RBA CSV holds its labels itself.

    \b
    Example:
      authrisk simulate --users 2000 --days 180 --seed 7 -o events.parquet
      authrisk simulate --profile enterprise --users 500 --days 365 --report
    """
    from authrisk.simulate.profile import PROFILES
    from authrisk.simulate.world import simulate

    chosen = PROFILES[profile.value]
    if figures:
        _show_figures(chosen, users, seed, days)
        return
    if shape is Shape.EVENTS:
        with label_output(out) as write_labels, event_output(out) as write:
            made = simulate(chosen, users, seed, days, attacks=attacks)
            write(made.events)
            write_labels(made.labels)
    else:
        from authrisk.simulate.logs import log_lines

        made = simulate(chosen, users, seed, days, attacks=attacks)
        _write_lines(out, log_lines(made.events, shape.value, made.labels))
    labelled = int(made.labels["is_attack"].sum())
    report(f"{made.events.height:,} attempts of {users:,} users, {labelled:,} by attackers (T0)")


def _show_figures(profile: Profile, users: int, seed: int, days: int) -> None:
    """Published figures beside simulated ones where there are any, and the rates of oddities."""
    from authrisk.simulate.calibration import calibration_report
    from authrisk.simulate.oddities import oddity_report
    from authrisk.simulate.profile import CONSUMER
    from authrisk.simulate.world import simulate

    if profile is CONSUMER:
        calibration = calibration_report(simulate(profile, users, seed, days).events)
        rows = [[name, _figure(published), _figure(simulated)]
                for name, published, simulated in calibration.iter_rows()]  # fmt: skip
        show([*table(["figure", "published", "simulated"], rows), ""])
    rates = [[name, _figure(value)] for name, value in
             oddity_report(profile, users, seed, days).iter_rows()]  # fmt: skip
    show(table(["legitimate logins", "simulated"], rates))


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}" if abs(value) < 100 else f"{value:.1f}"


def _write_lines(out: str, lines: list[str]) -> None:
    from authrisk.eventlog.sibling import replacing

    if out == STDOUT:
        sys.stdout.writelines(line + "\n" for line in lines)
        sys.stdout.flush()
        return
    if Path(out).suffix.lower() == ".parquet":
        raise InputError("a log is text", where=out, remedy="use another ending, or --as events")
    with replacing(Path(out)) as partial, partial.open("w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
