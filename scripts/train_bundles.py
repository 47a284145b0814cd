"""Train the two bundles that ship with the package. One command, no input: `make bundles`.

The data are simulated: consumers (calibrated to published statistics) and the employees of
several companies, with injected attacks. Everything follows from the seeds below.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

from authrisk.enrich.geo import AddressTables
from authrisk.evaluation.cases import Cases, beside, injected_cases
from authrisk.features.coded import user_codes
from authrisk.models.bundle import PRETRAINED, pretrained_path
from authrisk.simulate.draws import uniform
from authrisk.simulate.other_logs import further_logons, host_log, shell_log
from authrisk.simulate.profile import CONSUMER, ENTERPRISE, Profile, varied
from authrisk.simulate.world import simulate
from authrisk.training.recipes import SHIPPED
from authrisk.training.train import Progress, TrainSettings, train

DAYS = 365


class Population(NamedTuple):
    """One installation that is mixed in."""

    profile: Profile
    users: int
    seed: int
    stay: int = DAYS
    """Days that a user is there for. Many users for a while teach more than few for long."""
    log: Literal["web", "shell", "hosts"] = "web"
    """What its log shows of a login."""


WORLDS = (
    Population(CONSUMER, 80_000, 11),
    Population(varied(CONSUMER, 1), 40_000, 12),
    Population(ENTERPRISE, 600, 21, stay=120),
    Population(varied(ENTERPRISE, 1), 500, 22, stay=120),
    Population(varied(ENTERPRISE, 2), 500, 23, stay=120),
    Population(varied(ENTERPRISE, 3), 200, 24, stay=120, log="shell"),
    Population(varied(ENTERPRISE, 4), 150, 25, stay=60, log="hosts"),
)
SHARE = 0.35
"""Injected attacks per legitimate login."""


def cases(scale: float) -> Cases:
    """Events of all worlds, with attacks beside them; who attacks one lives there."""
    return reduce(beside, [_populated(p, i, scale) for i, p in enumerate(WORLDS)])


def _populated(population: Population, number: int, scale: float) -> Cases:
    profile, users, seed, stay, log = population
    world = simulate(profile, max(20, round(users * scale)), seed, DAYS)
    mark = pl.lit(f"w{number}-")
    events = world.events.with_columns(
        event_id=mark + pl.col("event_id"), user_id=mark + pl.col("user_id")
    )
    attacks = events["event_id"].filter(world.labels["is_attack"])
    events = _staying(events, stay, seed)
    if log == "shell":
        events = shell_log(events, seed)
    elif log == "hosts":
        events = further_logons(events, seed)
    # What an attacker goes on to after a login is theirs too.
    bad = events["event_id"].str.replace(r"\+\d+$", "").is_in(attacks.implode())
    found = injected_cases(events, seed, SHARE, bad=bad)
    if log == "hosts":
        who = found.owner, found.lender, found.attack
        found = replace(found, events=host_log(found.events, *who, seed))
    return found


def _staying(events: pl.DataFrame, days: int, seed: int) -> pl.DataFrame:
    """What is left when every user comes and goes: `days` of each, evenly over the time."""
    if days == DAYS:
        return events
    begin = uniform(seed, 7001, user_codes(events["user_id"])) * (DAYS + days) - days
    since = (events["timestamp"] - events["timestamp"].min()).dt.total_seconds() / 86_400
    return events.filter((since >= pl.Series(begin)) & (since < pl.Series(begin + days)))


def main() -> None:
    """Train, write, and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    both = list(PRETRAINED)
    parser.add_argument("kinds", nargs="*", default=both, help=f"of {both} (default: both)")
    parser.add_argument("--out", type=Path, help="directory to write to (default: the package)")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the users, for a trial")
    arguments = parser.parse_args()
    started = time.monotonic()
    data = cases(arguments.scale)
    versions = AddressTables.load().versions
    for kind in arguments.kinds:
        out = arguments.out / kind if arguments.out else pretrained_path(kind)
        settings = TrainSettings(
            f"authrisk-{kind}", SHIPPED[kind], simulated=True, resolvers=versions, replace=True
        )
        trained = train(data, kind, out, settings, _say)
        sys.stdout.write(trained.bundle.card + f"\n{out}: version {trained.bundle.version}\n")
    sys.stderr.write(f"{time.monotonic() - started:.0f} s in all\n")


def _say(progress: Progress) -> None:
    if progress.done == progress.total:
        sys.stderr.write(
            f"epoch {progress.epoch}/{progress.epochs}: loss {progress.train_loss:.4f}, "
            f"validation before {progress.validation_loss}\n"
        )


if __name__ == "__main__":
    main()
