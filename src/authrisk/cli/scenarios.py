"""`authrisk scenarios`: what patient attackers reach against a bundle that learns as it goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authrisk.cli.arguments import BundleOption, EventsFile, TrustName, TrustOption
from authrisk.cli.terminal import STDOUT, ending, progress_bar, report, show, table

if TYPE_CHECKING:
    from authrisk.evaluation.scenarios.play import Played, Spread


def run(
    events: EventsFile,
    bundle: BundleOption,
    out: Annotated[
        str, typer.Option("-o", "--out", help="figures.json; - is a table on stdout.")
    ] = STDOUT,
    victims: Annotated[int, typer.Option(min=1, help="Users to play against.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Who plays whom.")] = 1,
    trust: TrustOption = TrustName.LOW_RISK,
) -> None:
    """Play attackers that take their time.

    Against the scorer as the service runs it, each begins where the events end: a slow drift from
    the victim's profile to the attacker's own, one thing a day; 10,000 failed logins; forged
    verdicts; campaigns. Told is what each reaches, over all victims.

    \b
    Example:
      authrisk scenarios events.parquet --bundle supervised
    """
    import msgspec

    from authrisk.evaluation.scenarios.play import play
    from authrisk.eventlog import read_events
    from authrisk.models.bundle import load_bundle, locate_bundle

    if out != STDOUT:
        ending(out, (".json",))
    loaded = load_bundle(locate_bundle(bundle))
    frame = read_events(events).sort("timestamp", maintain_order=True)
    with progress_bar("scenarios") as bar:
        task = bar.add_task("stage", total=None)
        found = play(
            frame,
            loaded,
            victims=victims,
            seed=seed,
            trust="confirmed" if trust is TrustName.CONFIRMED else "low-risk",
            say=lambda name: bar.update(task, description=name),
        )
    if out == STDOUT:
        show(told(found))
    else:
        Path(out).write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    alone = found.drifts[0]
    report(f"{found.victims} victims; {alone.held_off:.0%} of the slow attackers needed 20 "
           "accepted logins and 14 days or more")  # fmt: skip


def told(found: Played) -> list[str]:
    """The figures, for people."""
    lines = table(
        ["slow drift", "attackers", "held off", "never through", "logins 5 % / median",
         "days 5 % / median"],
        [
            ["victim in between" if d.victim_too else "attacker alone", f"{d.attackers:,}",
             f"{d.held_off:.0%}", f"{d.never:.0%}", _low(d.logins), _low(d.days)]
            for d in found.drifts
        ],
    )  # fmt: skip
    lines += ["", *table(
        [f"{found.floods[0].failures:,} failures", "moved, median", "moved, most", "within 0.05"],
        [
            [f.origin, f"{f.moved.median:+.3f}", f"{f.moved.most:+.3f}", f"{f.within:.0%}"]
            for f in found.floods
        ],
    )]  # fmt: skip
    forged = found.forgery
    lines += ["", *table(
        ["forged verdicts", "attacker's riskScore"],
        [["none", f"{forged.before:.2f}"],
         *([str(n), f"{score:.2f}"] for n, score in enumerate(forged.after, 1)),
         ["taken back exactly", f"{forged.taken_back:.0%}"]],
    )]  # fmt: skip
    if found.pursuit is not None:
        p = found.pursuit
        lines += ["", *table(
            ["campaigns", "detected", "at once", "logins, median", "days, median"],
            [[f"{p.campaigns:,}", f"{p.detected:.0%}", f"{p.at_once:.0%}",
              _number(p.median_logins), _number(p.median_days)]],
        )]  # fmt: skip
    return lines


def _low(spread: Spread) -> str:
    return f"{spread.low:.0f} / {spread.median:.0f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
