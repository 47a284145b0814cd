"""From the judged logins of a data set to the report that `authrisk evaluate` writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np

from authrisk.errors import InputError
from authrisk.evaluation.answers import Answers
from authrisk.evaluation.asked import Asked, Past
from authrisk.evaluation.comparison import setting_of
from authrisk.evaluation.dataset.arrivals import Judged
from authrisk.evaluation.dataset.clock import moment
from authrisk.evaluation.figures import ContenderFigures, Report, TierFigures, View
from authrisk.evaluation.intervals import ROUNDS, resample
from authrisk.evaluation.measurement import measure_answers
from authrisk.evaluation.metrics import RATES
from authrisk.models.adaptation import Adaptation
from authrisk.models.bundle import Bundle

FEW = 30
"""Labelled logins below which a recall is no more than a hint."""


def dataset_report(
    judged: Iterable[Judged],
    kinds: Sequence[str],
    bundle: Bundle,
    source: str,
    notes: Iterable[str],
    *,
    rounds: int = ROUNDS,
) -> Report:
    """Measure the logins of a data set; `notes` is read after `judged`, when all is counted.

    judged: in the order of time. kinds: what `Judged.kind` counts from 1; "" are the legitimate
    ones. The riskScore is that of the service when the legitimate ones of these logins are told to
    it: calibration follows them, one after the other. Labels are never merged:
    there is no mean over them, and no probability, which would need one meaning of "attack".
    What is too little to measure has no figure and a note. Raises InputError when nothing is
    left to measure.
    """
    asked, raw = _asked(list(judged), kinds)
    live = Adaptation(bundle.calibrator, bundle.version)
    risk = live.risks(raw, asked.owner, asked.time_ns, asked.legitimate)
    answers = Answers(bundle.name, bundle.manifest.kind == "supervised", raw[None], risk[None], ())
    figures = measure_answers(asked, answers, resample(asked.owner, rounds=rounds)).figures
    setting = setting_of(asked, source, _period(asked), rounds)
    return Report(
        setting=msgspec.structs.replace(setting, notes=(*notes, *_too_little(asked, kinds))),
        contenders=(_apart(figures),),
        ours=(bundle.name,),
    )


def _asked(judged: Sequence[Judged], kinds: Sequence[str]) -> tuple[Asked, np.ndarray]:
    if not judged:
        raise InputError(
            "no login is left to measure",
            remedy="give a longer file, or skip fewer days (--skip-days 0)",
        )
    kind = np.concatenate([j.kind for j in judged]) - 1
    time_ns = np.concatenate([j.time_ns for j in judged])
    past = Past(*(np.concatenate(arrays) for arrays in zip(*(j.past for j in judged), strict=True)))
    asked = Asked(
        legitimate=kind == kinds.index(""),
        tier=np.array(kinds)[kind],
        owner=np.concatenate([j.owner for j in judged]),
        time_ns=time_ns,
        late=time_ns > (time_ns.min() + time_ns.max()) // 2,
        unseen=np.zeros(kind.size, np.bool_),
        depth=past.depth,
        gap_s=past.gap_s,
        novelty=past.novelty,
        campaign=np.full(kind.size, -1),
        turn=time_ns,
    )
    return asked, np.concatenate([j.raw for j in judged])


def _apart(figures: ContenderFigures) -> ContenderFigures:
    """Without means over labels, and without what rests on nothing."""
    return msgspec.structs.replace(
        figures,
        views=tuple(_honest(view) for view in figures.views),
        curves=tuple(c for c in figures.curves if np.isfinite(c.recall).all()),
        promise_curves=figures.promise_curves if figures.views[0].legitimate else (),
    )


def _honest(view: View) -> View:
    one, tenth = (view.legitimate * rate >= 1 for rate in RATES)

    def tier(t: TierFigures) -> TierFigures:
        return msgspec.structs.replace(
            t,
            recall_at_1pct=t.recall_at_1pct if one else None,
            recall_at_01pct=t.recall_at_01pct if tenth else None,
        )

    return msgspec.structs.replace(
        view, tiers=tuple(map(tier, view.tiers)), macro_at_1pct=None, macro_at_01pct=None
    )


def _too_little(asked: Asked, kinds: Sequence[str]) -> Iterator[str]:
    legitimate = int(asked.legitimate.sum())
    for rate in RATES:
        if legitimate * rate < 1:
            yield (
                f"Too little: {legitimate:,} legitimate logins give no threshold for {rate:.1%} "
                f"false positives; it takes {1 / rate:,.0f} at the very least."
            )
        elif legitimate * rate < 10:
            yield (
                f"Little: the threshold for {rate:.1%} false positives rests on "
                f"{int(legitimate * rate)} of {legitimate:,} legitimate logins."
            )
    for name in filter(None, kinds):
        n = int(asked.attacks(name).sum())
        if not n:
            yield f"Nothing: no measured login is labelled `{name}`, so nothing is said of it."
        elif n < FEW:
            yield f"Little: of `{name}` only {n} could be measured; its recall is a hint at most."


def _period(asked: Asked) -> dict[str, str]:
    return {
        "measured_from": moment(int(asked.time_ns.min())),
        "measured_to": moment(int(asked.time_ns.max())),
    }
