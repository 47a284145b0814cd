"""Is it the model, or the logins? `python -m benchmarks.more_logins [-o DIR] [--world NAME]`.

The pretrained LSTM goes on from a bundle that has seen other simulated worlds; LightGBM as it
stands in `benchmarks.quality` has not. Here LightGBM is given those logins too: trees grown on the
training logins of the bundles' worlds and on the world's own, by the bundle's encoders. How much
the other worlds weigh is chosen on the validation logins. One seed; scores of the others are taken
from DIR/work where `benchmarks.quality -o DIR` left them.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scripts.train_bundles import cases

from authrisk.evaluation.asked import MACRO_TIERS
from authrisk.evaluation.baselines.boosting import CANDIDATES, mean_recall
from authrisk.evaluation.baselines.design import (
    EVERYTHING,
    answered,
    blank,
    chunks,
    matrix,
    needed,
    weights,
)
from authrisk.evaluation.cases import with_hidden
from authrisk.evaluation.comparison import Comparison
from authrisk.evaluation.figures import Difference
from authrisk.evaluation.metrics import RATES
from authrisk.evaluation.periods import DEPLOYED
from authrisk.evaluation.problem import Problem, Scores, pose
from authrisk.evaluation.report.tables import percent, points, rate_name
from authrisk.features.catalogue import column
from authrisk.models.bundle import load_bundle, pretrained_path
from benchmarks.quality import line_up, worlds

NAME = "LightGBM, more logins"
WEIGHTS = (0.03, 0.1, 0.3, 1.0)
"""Of a login of the other worlds beside one of the world itself; the best on validation counts."""
EASY = 6
"""Of the easy legitimate logins of the other worlds one in so many is seen and counts for all, as
in the training of the LSTM."""
LEARNING_RATE, MOST_TREES, PATIENCE = 0.05, 4_000, 100


@dataclass(frozen=True, slots=True)
class Rows:
    """Feature rows (n, F), labels (n,) and weights (n,)."""

    rows: npt.NDArray[np.float32]
    label: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MoreLogins:
    """LightGBM on the logins of a world and on those that the bundles were trained on."""

    name: str = NAME
    supervised: bool = True
    steady: bool = True
    threads: int = 2

    @property
    def version(self) -> str:
        """Of the bundle whose worlds and encoders are used."""
        return load_bundle(pretrained_path("supervised")).version

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Log-odds (N,) where answered, NaN elsewhere."""
        encoders = load_bundle(pretrained_path("supervised")).encoders
        problem = problem.encoded(encoders)
        own, tune = _rows(problem, problem.fit), _rows(problem, problem.tune)
        other = _elsewhere()
        best, most = None, -1.0
        for weight in WEIGHTS:
            booster = self._grown(_together(own, other, weight), tune, seed)
            raw = booster.predict(tune.rows, raw_score=True, num_threads=self.threads)
            found = mean_recall(raw, tune.label, problem.tier[problem.tune])
            sys.stderr.write(f"others weigh {weight}: {found:.4f}, {booster.num_trees()} trees\n")
            if found > most:
                best, most = booster, found
        assert best is not None
        out = blank(problem)
        for part in chunks(answered(problem)):
            rows = problem.features[part[:, None], EVERYTHING]
            out[part] = best.predict(rows, raw_score=True, num_threads=self.threads)
        return out

    def _grown(self, fit: Rows, tune: Rows, seed: int):  # type: ignore[no-untyped-def] # LightGBM
        lightgbm = needed("lightgbm")
        parameters = {
            "objective": "binary", "metric": "average_precision", "seed": seed,
            "learning_rate": LEARNING_RATE, "deterministic": True, "force_row_wise": True,
            "num_threads": self.threads, "verbosity": -1, "max_bin": 63, **CANDIDATES[1],
        }  # fmt: skip
        train = lightgbm.Dataset(fit.rows, fit.label, weight=fit.weight, params=parameters)
        held = lightgbm.Dataset(tune.rows, tune.label, weight=tune.weight, reference=train)
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        return lightgbm.train(parameters, train, MOST_TREES, valid_sets=[held], callbacks=[stop])


def _rows(problem: Problem, mask: npt.NDArray[np.bool_]) -> Rows:
    label = problem.attack[mask].astype(np.float32)
    return Rows(matrix(problem, mask, EVERYTHING), label, weights(problem, mask))


def _together(own: Rows, other: Rows, weight: float) -> Rows:
    # A login of the other worlds weighs `weight` on average, however the tiers are mixed there.
    scale = np.float32(weight * own.weight.mean() / other.weight.mean())
    return Rows(
        np.concatenate([own.rows, other.rows]),
        np.concatenate([own.label, other.label]),
        np.concatenate([own.weight, other.weight * scale]),
    )


@cache
def _elsewhere() -> Rows:
    """The training logins of the bundles' worlds, as `make bundles` makes them."""
    encoders = load_bundle(pretrained_path("supervised")).encoders
    problem = pose(with_hidden(cases(1.0), 1), 1, DEPLOYED, encoders)
    known = ~problem.features[:, [column("client_new"), column("address_new")]].any(axis=1)
    easy = problem.legitimate & known & problem.fit
    kept = np.random.default_rng(1).random(easy.size) < 1 / EASY
    mask = problem.fit & (~easy | kept)
    found = _rows(problem, mask)
    weight = np.where(easy[mask], found.weight * EASY, found.weight).astype(np.float32)
    sys.stderr.write(f"{mask.sum():,} logins of the bundles' worlds\n")
    return replace(found, weight=weight)


def main() -> int:
    """Train, compare, and print a table per world."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=Path("out/quality"), help="directory")
    parser.add_argument("--world", action="append", help="only this one; may be repeated")
    arguments = parser.parse_args()
    chosen = {c.name: c for c in line_up.everyone()}
    boosting, ours = chosen[line_up.BOOSTING], chosen["supervised LSTM, pretrained"]
    for world in worlds.FULL:
        if arguments.world and world.name not in arguments.world:
            continue
        contenders = [ours, MoreLogins(), boosting]
        comparison = Comparison(
            world.problem(), contenders, [ours.name, NAME], arguments.out / "work", seeds=(1,)
        )
        report = comparison.report(world.title)
        lines = [f"## {world.name}, warm users, @1 % / @0.1 %, one seed", ""]
        lines += ["|  | " + " | ".join(MACRO_TIERS) + " | mean |", "|---|" + "---|" * 7]
        for contender in contenders:
            view = report.contender(contender.name).view("warm")
            assert view is not None
            at = {t.tier: t for t in view.tiers}
            pairs = [(at[n].recall_at_1pct, at[n].recall_at_01pct) for n in MACRO_TIERS]
            pairs.append((view.macro_at_1pct, view.macro_at_01pct))
            cells = (f"{percent(a)} / {percent(b)}" for a, b in pairs)
            lines.append(f"| {contender.name} | " + " | ".join(cells) + " |")
        lines += ["", "| minus | users | rate | mean of tiers |", "|---|---|---|---|"]
        lines += [_row(d) for d in report.differences if d.tier == "macro" and d.rate in RATES]
        sys.stdout.write("\n".join(lines) + "\n\n")
    return 0


def _row(found: Difference) -> str:
    assert found.difference is not None
    rate, gap = rate_name(found.rate), points(found.difference)
    return f"| {found.first} - {found.second} | {found.view} | {rate} | {gap} |"


if __name__ == "__main__":
    sys.exit(main())
