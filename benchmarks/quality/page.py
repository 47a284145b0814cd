"""The tables of docs/detection.md: `python -m benchmarks.quality.page DIR` prints them.

DIR is what `python -m benchmarks.quality -o DIR` wrote; nothing is measured again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from authrisk.evaluation.asked import MACRO_TIERS
from authrisk.evaluation.figures import Report, TierFigures, View
from authrisk.evaluation.intervals import Estimate
from authrisk.evaluation.metrics import RATES
from authrisk.evaluation.report.tables import percent, points, rate_name, spread
from benchmarks.quality import line_up, worlds

SHOWN_UNSEEN = (
    "supervised LSTM, pretrained", "supervised LSTM", "both LSTMs", "LightGBM",
    "LightGBM, history-relative", "LSTM autoencoder, pretrained", "LSTM autoencoder",
)  # fmt: skip
SHOWN_PROMISES = (
    "supervised LSTM, pretrained", "supervised LSTM", "LSTM autoencoder, pretrained",
    "LSTM autoencoder", "LightGBM", "authrisk-supervised", "authrisk-autoencoder",
)  # fmt: skip
TIERS = (*MACRO_TIERS, "labelled")


def main() -> int:
    """Print the tables of every world that there is a report of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="directory of the reports")
    arguments = parser.parse_args()
    for world in worlds.FULL:
        path = arguments.out / f"{world.name}.json"
        if path.exists():
            report = msgspec.json.decode(path.read_bytes(), type=Report)
            sys.stdout.write("\n".join(_page(report, world.name)) + "\n")
    return 0


def _page(report: Report, name: str) -> Iterator[str]:
    setting = report.setting
    yield f"### {name}"
    yield ""
    yield (
        f"{setting.source}. {setting.legitimate:,} legitimate logins of {setting.users:,} users "
        f"measured, {setting.unseen_users:,} of them never met in training. {report.audit}"
    )
    everyone = [c.name for c in report.contenders]
    for view, said, names in (
        ("all", "all users", everyone),
        ("unseen", "users never met", [n for n in SHOWN_UNSEEN if n in everyone]),
    ):
        for rate in RATES:
            yield from ("", f"**Recall at {rate_name(rate)} false positives, {said}**", "")
            yield from _recalls(report, names, view, rate)
    yield from ("", "**Ahead of LightGBM**, mean of the tiers, paired", "")
    yield from _ahead(report)
    if report.left_out:
        yield from ("", "**A tier left out of training** (one seed)", "")
        yield from _left_out(report)
    yield from ("", "**Promised and realised**", "")
    yield from _promises(report, [n for n in SHOWN_PROMISES if n in everyone])
    yield ""


def _recalls(report: Report, names: Sequence[str], view: str, rate: float) -> Iterator[str]:
    rows = []
    for name in names:
        found = report.contender(name).view(view)
        assert found is not None
        tiers = {t.tier: t for t in found.tiers}
        row = [_tier_recall(tiers[tier], rate) if tier in tiers else None for tier in TIERS]
        rows.append((name, [*row, _mean_recall(found, rate)]))
    best = [
        max((r[k].value for _, r in rows if r[k] is not None), default=None)  # type: ignore[union-attr]
        for k in range(len(TIERS) + 1)
    ]
    yield "|  | " + " | ".join(TIERS) + " | macro |"
    yield "|---|" + "---|" * (len(TIERS) + 1)
    for name, row in rows:
        cells = []
        for k, figure in enumerate(row):
            text = spread(figure) if k == len(TIERS) else percent(figure)
            cells.append(f"**{text}**" if figure and figure.value == best[k] else text)
        yield f"| {name} | " + " | ".join(cells) + " |"


def _tier_recall(found: TierFigures, rate: float) -> Estimate | None:
    return found.recall_at_1pct if rate == RATES[0] else found.recall_at_01pct


def _mean_recall(found: View, rate: float) -> Estimate | None:
    return found.macro_at_1pct if rate == RATES[0] else found.macro_at_01pct


def _ahead(report: Report) -> Iterator[str]:
    yield "|  | warm, 1 % | warm, 0.1 % | unseen, 1 % | unseen, 0.1 % |"
    yield "|---|---|---|---|---|"
    for name in report.ours:
        found = {
            (d.view, d.rate): d.difference
            for d in report.differences
            if (d.first, d.second, d.tier) == (name, line_up.BOOSTING, "macro")
        }
        cells = (found.get((view, rate)) for view in ("warm", "unseen") for rate in RATES)
        yield f"| {name} | " + " | ".join(points(c) for c in cells) + " |"


def _left_out(report: Report) -> Iterator[str]:
    yield "| tier left out |  | recall @1 % | recall @0.1 % | @1 %, trained with it |"
    yield "|---|---|---|---|---|"
    found = sorted(
        report.left_out,
        key=lambda x: (x.tier, -(x.recall_at_1pct.value if x.recall_at_1pct else 0.0)),
    )
    for x in found:
        cells = (x.recall_at_1pct, x.recall_at_01pct, x.trained_with_at_1pct)
        yield f"| {x.tier} | {x.name} | " + " | ".join(spread(c) for c in cells) + " |"


def _promises(report: Report, names: Sequence[str]) -> Iterator[str]:
    shown = [(p.period, p.promised) for p in report.contender(names[0]).promises]
    yield "|  | " + " | ".join(f"{period}, promised {rate_name(r)}" for period, r in shown) + " |"
    yield "|---|" + "---|" * len(shown)
    for name in names:
        found = {(p.period, p.promised): p.realised for p in report.contender(name).promises}
        cells = (spread(found.get(key), 3 if key[1] < RATES[0] else 2) for key in shown)
        yield f"| {name} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
