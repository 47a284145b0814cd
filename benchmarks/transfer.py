"""Measure transfer: `python -m benchmarks.transfer --bundle NAME_OR_DIR [--own] [-o FILE]`.

Replays a bundle on worlds that nothing was trained on (the TRANSFER profiles) and tells what it
promised, with its own calibration and with the one that follows the traffic, and what it finds.
With --own a bundle of the same recipe is trained on each of these worlds and asked the same.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from authrisk.evaluation.asked import MACRO_TIERS
from authrisk.evaluation.cases import injected_cases
from authrisk.evaluation.fused import Fused
from authrisk.evaluation.metrics import realised_rate, recall_at
from authrisk.evaluation.periods import Mask
from authrisk.evaluation.problem import Problem, Scores, pose
from authrisk.evaluation.replay import adapted_risks, alone, replay
from authrisk.features.population import Population
from authrisk.models.adaptation import Adaptation
from authrisk.models.bundle import Bundle, load_bundle, locate_bundle
from authrisk.models.calibration import HIGH, MEDIUM
from authrisk.simulate.profile import TRANSFER, Profile
from authrisk.simulate.world import simulate

FIRST = 1_000
"""Legitimate logins after which the promise is to hold within a quarter."""
EVENTS = 120_000
SEED, DAYS, SHARE = 901, 240, 0.35


@dataclass(frozen=True, slots=True)
class Told:
    """What a bundle says of the judged logins of a problem; NaN elsewhere."""

    raw: Scores
    own_risk: Scores
    adapted_risk: Scores


def main() -> int:
    """Measure every transfer profile and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", required=True, help="supervised, autoencoder, or a directory")
    parser.add_argument("--own", action="store_true", help="train on each world too: minutes each")
    parser.add_argument("--events", type=int, default=EVENTS, help="about how many a world")
    parser.add_argument("-o", "--out", type=Path, help="Markdown; default: printed")
    arguments = parser.parse_args()
    bundle = load_bundle(locate_bundle(arguments.bundle))
    lines = [f"# Transfer of {bundle.name} {bundle.version}", ""]
    for profile in TRANSFER:
        problem = _problem(profile, arguments.events)
        sys.stderr.write(f"{profile.name}: {len(problem.timeline):,} events\n")
        told = _told(problem, bundle)
        own = _own_scores(problem, bundle) if arguments.own else None
        lines += [f"## {profile.name}", "", *_promise(problem, told), ""]
        # Models against models: what the service does beside them is left out on both sides.
        asked = problem.asked & (problem.legitimate | problem.attack)
        raw = alone(replace(problem, encoders=bundle.encoders), bundle.scalers, bundle.model, asked)
        lines += [*_recalls(problem, raw, own), ""]
    text = "\n".join(lines)
    if arguments.out is None:
        sys.stdout.write(text)
    else:
        arguments.out.write_text(text, encoding="utf-8")
    return 0


def _problem(profile: Profile, events: int) -> Problem:
    """A world of about that many events: the rate is taken from a few users."""
    few = 20
    each = max(1, simulate(profile, few, SEED, DAYS, attacks=False).events.height // few)
    world = simulate(profile, max(few, events // each), SEED, DAYS)
    bad = world.labels["is_attack"]
    cases = injected_cases(world.events, SEED, SHARE, (*MACRO_TIERS, "T5"), bad=bad)
    return pose(cases, SEED)


def _told(problem: Problem, bundle: Bundle) -> Told:
    n = len(problem.timeline)
    told = Told(np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan))
    live = Adaptation(bundle.calibrator, bundle.version)
    judged = problem.legitimate | problem.attack
    for scored in replay(
        problem.timeline, bundle.encoders, bundle.scalers, bundle.model, Population(), judged
    ):
        at = scored.position
        told.raw[at] = scored.raw
        told.own_risk[at] = bundle.calibrator.risk(scored.raw)
        told.adapted_risk[at] = adapted_risks(
            live, problem.timeline, scored, problem.legitimate[at]
        )
    return told


def _promise(problem: Problem, told: Told) -> list[str]:
    order = problem.timeline.by_time
    legitimate = order[problem.legitimate[order]]
    lines = [
        "| legitimate logins | promised | bundle's calibration | adapted |",
        "|---|---|---|---|",
    ]
    stretches = (
        (f"{FIRST:,} to {10 * FIRST:,}", legitimate[FIRST : 10 * FIRST]),
        (f"all after {FIRST:,}", legitimate[FIRST:]),
    )
    for name, at in stretches:
        for level, promised in ((MEDIUM, 0.01), (HIGH, 0.001)):
            before = realised_rate(told.own_risk[at], level)
            after = realised_rate(told.adapted_risk[at], level)
            lines.append(f"| {name} ({at.size:,}) | {promised:.1%} | {before:.2%} | {after:.2%} |")
    return lines


def _recalls(problem: Problem, raw: Scores, own: Scores | None) -> list[str]:
    """Recall at 1 % on the asked logins, the threshold taken on their legitimate ones."""
    lines = [
        "| attacks | n | recall @1 % | of one trained here | share kept |",
        "|---|---|---|---|---|",
    ]
    here: list[float] = []
    there: list[float] = []
    for tier in MACRO_TIERS:
        mask: Mask = problem.asked & problem.attack & np.asarray(problem.tier == tier, np.bool_)
        if not mask.any():
            continue
        there.append(_recall(problem, raw, mask))
        here.append(float("nan") if own is None else _recall(problem, own, mask))
        lines.append(_row(tier, f"{int(mask.sum()):,}", there[-1], here[-1]))
    if there:
        lines.append(_row("macro", "", float(np.mean(there)), float(np.mean(here))))
    return lines


def _recall(problem: Problem, scores: Scores, attacks: Mask) -> float:
    return recall_at(scores[problem.asked & problem.legitimate], scores[attacks], 0.01)


def _row(name: str, attacks: str, there: float, here: float) -> str:
    known = np.isfinite(here) and here > 0
    beside = f"{here:.1%} | {there / here:.0%}" if known else "- | -"
    return f"| {name} | {attacks} | {there:.1%} | {beside} |"


def _own_scores(problem: Problem, bundle: Bundle) -> Scores:
    """Scores of a model that the same recipe trains on this very world."""
    from authrisk.training.contenders import LSTM_CONTENDERS

    supervised, autoencoder = LSTM_CONTENDERS
    if bundle.manifest.kind == "autoencoder":
        return autoencoder.scores(problem, seed=1)
    return Fused("both", supervised, autoencoder).scores(problem, seed=1)


if __name__ == "__main__":
    sys.exit(main())
