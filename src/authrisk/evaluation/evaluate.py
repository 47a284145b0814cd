"""Measure a bundle on events: every figure of the protocol, alone or beside other contenders.

Every legitimate login of the file is scored in its turn; attacks (injected, or labelled) are
judged as branches against their victims' own past. Nothing of the bundle is fitted or tuned here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from authrisk.errors import InputError
from authrisk.evaluation.answers import Answers
from authrisk.evaluation.asked import Past, asked_at, past_of
from authrisk.evaluation.bundle_contender import BundleContender
from authrisk.evaluation.cases import Cases, lay_out
from authrisk.evaluation.comparison import Comparison, setting_of
from authrisk.evaluation.figures import Report
from authrisk.evaluation.intervals import ROUNDS, resample
from authrisk.evaluation.measurement import measure_answers
from authrisk.evaluation.periods import Mask
from authrisk.evaluation.problem import Contender, Problem, pose
from authrisk.evaluation.replay import adapted_risks, replay
from authrisk.features.coded import TIME
from authrisk.features.population import Population
from authrisk.models.adaptation import Adaptation
from authrisk.models.bundle import Bundle


def evaluate(
    cases: Cases,
    bundle: Bundle,
    *,
    skip: float = 0.25,
    source: str = "events",
    adapt: bool = True,
) -> Report:
    """Replay all cases through the bundle and measure.

    The first `skip` of the events build history and population counts and are not measured; of
    the time that is measured, the second half is the late period. The riskScore is that of the
    service with every outcome told: calibration follows the legitimate logins (`adapt`; else the
    bundle's own is taken as it is). Raises InputError without
    legitimate logins or without attacks to measure on.
    """
    timeline = lay_out(cases)
    judged = (cases.legitimate | cases.attack)[timeline.row_of]
    wanted = np.zeros(len(timeline), np.bool_)
    wanted[timeline.by_time[int(skip * len(timeline)) :]] = True
    wanted &= judged
    _check(cases.legitimate[timeline.row_of] & wanted, cases.attack[timeline.row_of] & wanted)
    legitimate = cases.legitimate[timeline.row_of]
    heard = wanted | legitimate if adapt else wanted
    live = Adaptation(bundle.calibrator, bundle.version)
    raw, risk, pasts, at = [], [], [], []
    for scored in replay(
        timeline, bundle.encoders, bundle.scalers, bundle.model, Population(), heard
    ):
        told = legitimate[scored.position] if adapt else np.zeros(scored.position.size, np.bool_)
        mine = wanted[scored.position]
        risk.append(adapted_risks(live, timeline, scored, told)[mine])
        at.append(scored.position[mine])
        raw.append(scored.raw[mine].astype(np.float64))
        pasts.append(past_of(scored.rows[mine], bundle.scalers))
    positions = np.concatenate(at)
    time_ns = timeline.ints[positions, TIME]
    asked = asked_at(
        timeline,
        cases,
        positions,
        Past(*(np.concatenate(arrays) for arrays in zip(*pasts, strict=True))),
        late=time_ns > (time_ns.min() + time_ns.max()) // 2,
        unseen=np.zeros(positions.size, np.bool_),
    )
    scores = np.concatenate(raw)
    platt = bundle.calibrator.calibration.platt
    answers = Answers(
        bundle.name,
        bundle.manifest.kind == "supervised",
        scores[None],
        np.concatenate(risk)[None],
        () if platt is None else (platt,),
    )
    measured = measure_answers(asked, answers, resample(asked.owner))
    return Report(
        setting=setting_of(asked, source, _period(time_ns), ROUNDS),
        contenders=(measured.figures,),
        ours=(bundle.name,),
    )


def evaluate_beside(
    cases: Cases,
    bundle: Bundle,
    others: Sequence[Contender],
    work: Path,
    *,
    seed: int = 1,
    source: str = "events",
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """A bundle as it is beside contenders that are fitted on the first part of the same events.

    All are measured on the test and late periods of the protocol. `work` keeps scores; `say`
    hears the name of each contender. Raises InputError where there is too little to measure on.
    """
    problem = _posed(cases, seed)
    contenders = (BundleContender(bundle), *others)
    comparison = Comparison(problem, contenders, (bundle.name,), work, seeds=(seed,))
    return comparison.report(source, say=say)


def to_json(report: Report) -> dict[str, Any]:
    """The report as plain values; what could not be measured is None."""
    out: dict[str, Any] = msgspec.to_builtins(report)
    return out


def _posed(cases: Cases, seed: int) -> Problem:
    if not cases.legitimate.any():
        raise InputError("there are no legitimate logins")
    problem = pose(cases, seed)
    _check(problem.asked & problem.legitimate, problem.asked & problem.attack)
    return problem


def _check(legitimate: Mask, attack: Mask) -> None:
    if not legitimate.any() or not attack.any():
        raise InputError(
            "there is nothing to measure: it takes legitimate logins and attacks",
            remedy="give more events, or let attacks be injected",
        )


def _period(time_ns: np.ndarray) -> dict[str, str]:
    first, last = (
        np.datetime64(int(ns), "ns").astype("datetime64[s]")
        for ns in (time_ns.min(), time_ns.max())
    )
    return {"measured_from": f"{first}+00:00", "measured_to": f"{last}+00:00"}
