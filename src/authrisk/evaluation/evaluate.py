"""Measure a bundle on events: recall per attacker tier, promised against realised rates.

Every legitimate login of the file is scored in its turn; attacks (injected, or labelled) are
judged as branches against their victims' own past. Nothing is fitted or tuned here.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from authrisk.errors import InputError
from authrisk.evaluation.cases import Cases, lay_out
from authrisk.evaluation.metrics import auc, bootstrap_recall, realised_rate, recall_at
from authrisk.evaluation.replay import replay
from authrisk.features.catalogue import column
from authrisk.features.population import Population
from authrisk.models.bundle import Bundle
from authrisk.models.calibration import HIGH, MEDIUM

DEPTHS = ((0, 0), (1, 2), (3, 9), (10, None))
"""History depths that are reported apart: earlier familiar logins, from and to."""


class TierFigures(msgspec.Struct, frozen=True):
    """How well one attacker tier is told from the legitimate logins of the file."""

    tier: str
    attacks: int
    recall_at_1pct: float
    interval_at_1pct: tuple[float, float]
    """95 %, bootstrap over victims."""
    recall_at_01pct: float
    recall_at_threshold: float
    """Share with riskScore >= 0.5, as the bundle is calibrated."""
    auc: float


class DepthFigures(msgspec.Struct, frozen=True):
    """Legitimate logins of users with that many earlier logins."""

    depth: str
    logins: int
    realised_1pct: float


class Evaluation(msgspec.Struct, frozen=True):
    """The figures of one bundle on one file."""

    bundle: str
    version: str
    legitimate: int
    users: int
    realised_1pct: float
    """Share of legitimate logins with riskScore >= 0.5, promised 1 %."""
    realised_01pct: float
    tiers: tuple[TierFigures, ...]
    depths: tuple[DepthFigures, ...]

    @property
    def macro_recall_at_1pct(self) -> float:
        """Mean over tiers."""
        return float(np.mean([t.recall_at_1pct for t in self.tiers]))


def evaluate(cases: Cases, bundle: Bundle, *, skip: float = 0.25) -> Evaluation:
    """Replay all cases through the bundle and measure.

    The first `skip` of the time builds history and population counts and is not measured.
    Raises InputError without legitimate logins or without attacks to measure on.
    """
    timeline = lay_out(cases)
    legitimate = cases.legitimate[timeline.row_of]
    attack = cases.attack[timeline.row_of]
    late = np.zeros(len(timeline), np.bool_)
    late[timeline.by_time[int(skip * len(timeline)) :]] = True
    raw = np.full(len(timeline), np.nan)
    depth = np.zeros(len(timeline))
    at, shift, scale = column("depth_log"), *bundle.scalers.vectors()
    for scored in replay(
        timeline,
        bundle.encoders,
        bundle.scalers,
        bundle.model,
        Population(),
        late & (legitimate | attack),
    ):
        raw[scored.position] = scored.raw
        unscaled = scored.rows[:, at] / scale[at] + shift[at]
        depth[scored.position] = np.round(np.expm1(unscaled * 4.0))
    good, bad = late & legitimate, late & attack
    if not good.any() or not bad.any():
        raise InputError(
            "there is nothing to measure: it takes legitimate logins and attacks",
            remedy="give more events, or let attacks be injected",
        )
    risk = bundle.calibrator.risk(raw)
    tier = cases.tier.fill_null("labelled").to_numpy()[timeline.row_of]
    return Evaluation(
        bundle=bundle.name,
        version=bundle.version,
        legitimate=int(good.sum()),
        users=int(np.unique(timeline.users[good]).size),
        realised_1pct=realised_rate(risk[good], MEDIUM),
        realised_01pct=realised_rate(risk[good], HIGH),
        tiers=tuple(
            _tier(str(name), raw[good], bad & (tier == name), raw, risk, timeline.users)
            for name in np.unique(tier[bad])
        ),
        depths=tuple(_depth(low, high, risk[good], depth[good]) for low, high in DEPTHS),
    )


def _tier(
    name: str,
    legitimate: npt.NDArray[np.float64],
    mine: npt.NDArray[np.bool_],
    raw: npt.NDArray[np.float64],
    risk: npt.NDArray[np.float64],
    users: npt.NDArray[np.int32],
) -> TierFigures:
    return TierFigures(
        tier=name,
        attacks=int(mine.sum()),
        recall_at_1pct=recall_at(legitimate, raw[mine], 0.01),
        interval_at_1pct=bootstrap_recall(
            legitimate, raw[mine], users[mine].astype(np.int64), 0.01
        ),
        recall_at_01pct=recall_at(legitimate, raw[mine], 0.001),
        recall_at_threshold=realised_rate(risk[mine], MEDIUM),
        auc=auc(legitimate, raw[mine]),
    )


def _depth(
    low: int, high: int | None, risk: npt.NDArray[np.float64], depth: npt.NDArray[np.float64]
) -> DepthFigures:
    mine = (depth >= low) & (depth <= (np.inf if high is None else high))
    text = f"{low}+" if high is None else str(low) if low == high else f"{low}-{high}"
    return DepthFigures(text, int(mine.sum()), realised_rate(risk[mine], MEDIUM))


def to_markdown(evaluation: Evaluation, source: str) -> str:
    """The report as Markdown."""
    e = evaluation
    lines = [
        f"# {e.bundle} ({e.version}) on {source}",
        "",
        f"{e.legitimate:,} legitimate logins of {e.users:,} users. Promised 1 % step-ups, realised "
        f"{e.realised_1pct:.2%}; promised 0.1 %, realised {e.realised_01pct:.3%}.",
        "",
        "| attacks | n | recall @1 % (95 % interval) | @0.1 % | at riskScore 0.5 | AUC |",
        "|---|---|---|---|---|---|",
    ]
    for t in e.tiers:
        low, high = t.interval_at_1pct
        lines.append(
            f"| {t.tier} | {t.attacks:,} | {t.recall_at_1pct:.1%} ({low:.1%} - {high:.1%}) "
            f"| {t.recall_at_01pct:.1%} | {t.recall_at_threshold:.1%} | {t.auc:.3f} |"
        )
    lines += ["", "| earlier logins of the user | logins | riskScore >= 0.5 |", "|---|---|---|"]
    lines += [f"| {d.depth} | {d.logins:,} | {_percent(d.realised_1pct)} |" for d in e.depths]
    return "\n".join(lines) + "\n"


def _percent(share: float) -> str:
    return "-" if np.isnan(share) else f"{share:.2%}"


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """The report as plain values."""
    out: dict[str, Any] = msgspec.to_builtins(evaluation)
    return out
