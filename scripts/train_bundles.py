"""Train the two bundles that ship with the package. One command, no input: `make bundles`.

The data are simulated: consumers (calibrated to published statistics) and the employees of
several companies, with injected attacks. Everything follows from the seeds below.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import reduce
from pathlib import Path

import polars as pl

from authrisk.enrich.geo import AddressTables
from authrisk.evaluation.cases import Cases, beside, injected_cases
from authrisk.models.bundle import PRETRAINED, pretrained_path
from authrisk.simulate.profile import CONSUMER, ENTERPRISE, Profile, varied
from authrisk.simulate.world import simulate
from authrisk.training.contenders import AUTOENCODER, SUPERVISED
from authrisk.training.train import FitSettings, Kind, Progress, TrainSettings, train

WORLDS: tuple[tuple[Profile, int, int, int], ...] = (
    (CONSUMER, 60_000, 365, 11),
    (varied(CONSUMER, 1), 20_000, 365, 12),
    (ENTERPRISE, 150, 365, 21),
    (varied(ENTERPRISE, 1), 110, 365, 22),
    (varied(ENTERPRISE, 2), 110, 365, 23),
)
"""(profile, users, days, seed) of each population that is mixed in."""
SHARE = 0.35
"""Injected attacks per legitimate login."""
FITS: dict[Kind, FitSettings] = {"supervised": SUPERVISED, "autoencoder": AUTOENCODER}


def cases(scale: float) -> Cases:
    """Events of all worlds, with attacks beside them; who attacks one lives there."""
    parts = []
    for i, (profile, users, days, seed) in enumerate(WORLDS):
        world = simulate(profile, max(20, round(users * scale)), seed, days)
        mark = pl.lit(f"w{i}-")
        events = world.events.with_columns(
            event_id=mark + pl.col("event_id"), user_id=mark + pl.col("user_id")
        )
        parts.append(injected_cases(events, seed, SHARE, bad=world.labels["is_attack"]))
    return reduce(beside, parts)


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
            f"authrisk-{kind}", FITS[kind], simulated=True, resolvers=versions, replace=True
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
