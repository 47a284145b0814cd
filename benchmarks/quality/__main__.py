"""Measure detection: `python -m benchmarks.quality [--small] [-o DIR]`.

Builds the worlds, audits the attacks, trains and scores every contender over the seeds in two
processes, and writes the report of each world as Markdown, HTML and JSON, with the marks to beat
in `quality.md`. Scores are kept in DIR/work: an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import msgspec

from authrisk.evaluation.audit import audit
from authrisk.evaluation.comparison import Comparison, require_passed
from authrisk.evaluation.figures import Report
from authrisk.evaluation.report.html import to_html
from authrisk.evaluation.report.markdown import to_markdown
from authrisk.evaluation.report.plots import draw, need_matplotlib
from benchmarks.quality import line_up, worlds
from benchmarks.quality.bounds import broken
from benchmarks.quality.marks import marks
from benchmarks.quality.workers import PROCESSES, work_off
from benchmarks.quality.worlds import World
from benchmarks.speed.machine import machine

SEEDS = (1, 2, 3, 4, 5)
SMALL_SEEDS = (1, 2)
LEFT_OUT_SEEDS = (1,)
"""Seeds for which every tier is left out of training once."""


def main() -> int:
    """Run, write, and answer 1 when a bound of the small run does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="5 minutes, loose bounds")
    parser.add_argument("-o", "--out", type=Path, default=Path("out/quality"), help="directory")
    parser.add_argument("--world", action="append", help="only this one; may be repeated")
    parser.add_argument("--only", action="append", help="only this contender; may be repeated")
    parser.add_argument("--keep-tiers", action="store_true", help="leave no tier out of training")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="of the full run, at most 5")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    arguments = parser.parse_args()
    need_matplotlib()
    chosen = worlds.SMALL if arguments.small else worlds.FULL
    chosen = tuple(w for w in chosen if not arguments.world or w.name in arguments.world)
    only = arguments.only or (list(line_up.SMALL) if arguments.small else None)
    arguments.out.mkdir(parents=True, exist_ok=True)
    clock = Clock()
    clock.say(machine())
    reports = {
        world.name: _run(
            world,
            arguments.out,
            clock,
            SMALL_SEEDS if arguments.small else SEEDS[: arguments.seeds],
            () if arguments.small or arguments.keep_tiers else LEFT_OUT_SEEDS,
            only,
            arguments.processes,
        )
        for world in chosen
    }
    (arguments.out / "quality.md").write_text(_summary(reports, clock), encoding="utf-8")
    clock.say(f"{arguments.out / 'quality.md'}")
    failures = [f"{name}: {text}" for name, r in reports.items() for text in broken(r)]
    for failure in failures:
        clock.say(f"bound broken in {failure}")
    return 1 if failures and arguments.small else 0


class Clock:
    """Says on stderr what is going on and when; remembers how long each stage took."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.stages: list[tuple[str, float]] = []
        self._since = self.started

    def say(self, line: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        sys.stderr.write(f"{minutes:3d}:{seconds:02d}  {line}\n")

    def stage(self, name: str) -> None:
        """The stage that ends now."""
        now = time.monotonic()
        self.stages.append((name, now - self._since))
        self.say(f"{name}: {now - self._since:.0f} s")
        self._since = now


def _run(
    world: World,
    out: Path,
    clock: Clock,
    seeds: tuple[int, ...],
    left_out_seeds: tuple[int, ...],
    only: list[str] | None,
    processes: int,
) -> Report:
    problem = world.problem()
    clock.stage(f"{world.name}: {len(problem.timeline):,} events posed")
    verdict = audit(problem, 1)
    clock.stage(f"{world.name}: attacks audited")
    require_passed(verdict)  # before the trainings, not after them
    contenders = [c for c in line_up.everyone() if only is None or c.name in only]
    ours = [c.name for c in line_up.ours() if only is None or c.name in only]
    comparison = Comparison(
        problem,
        contenders,
        ours or [contenders[0].name],
        out / "work",
        seeds,
        left_out_seeds,
        left_out_of=line_up.GO_WITHOUT,
    )
    waiting = [job for job in comparison.jobs() if not comparison.is_done(job)]
    # Ours train longest: begun first, they do not end alone.
    waiting.sort(key=lambda job: job.contender not in ours)
    for n, done in enumerate(work_off(world, waiting, out / "work", processes), 1):
        without = f" without {done.job.without}" if done.job.without else ""
        clock.say(f"{world.name} {n}/{len(waiting)}: {done.job.contender}{without}, "
                  f"seed {done.job.seed}: {done.seconds:.0f} s")  # fmt: skip
    clock.stage(f"{world.name}: {len(waiting)} trainings")
    report = comparison.report(world.title, verdict)
    clock.stage(f"{world.name}: measured")
    _write(report, world, out)
    clock.stage(f"{world.name}: written")
    return report


def _write(report: Report, world: World, out: Path) -> None:
    plots = draw(report)
    folder = out / f"{world.name}.plots"
    folder.mkdir(exist_ok=True)
    for name, plot in plots.items():
        (folder / f"{name}.svg").write_bytes(plot)
    names = {name: f"{folder.name}/{name}.svg" for name in plots}
    (out / f"{world.name}.md").write_text(to_markdown(report, names), encoding="utf-8")
    (out / f"{world.name}.html").write_text(to_html(report, plots), encoding="utf-8")
    data = msgspec.json.format(msgspec.json.encode(report), indent=1)
    (out / f"{world.name}.json").write_bytes(data + b"\n")


def _summary(reports: dict[str, Report], clock: Clock) -> str:
    lines = ["# Detection quality", "", machine(), ""]
    for name, report in reports.items():
        found = list(marks(report))
        held = sum(mark.holds for mark in found)
        lines += [
            f"## {name}: {report.setting.source}", "",
            f"[All figures]({name}.md). {held} of {len(found)} marks hold.", "",
            "| mark | found | holds |", "|---|---|---|",
        ]  # fmt: skip
        lines += [f"| {m.what} | {m.found} | {'yes' if m.holds else '**no**'} |" for m in found]
        lines.append("")
    lines += ["## Time", "", "| stage | s |", "|---|---|"]
    lines += [f"| {name} | {seconds:.0f} |" for name, seconds in clock.stages]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
