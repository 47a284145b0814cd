"""Our models as contenders: trained on a problem, exported, and asked for every login.

Model against model: what the service does beside the model (the second judgement of what is new
for its user, docs/decisions/slow-drift.md) is left out here, since no baseline has it. The bundles
that ship take part as they are served (`evaluation.bundle_contender`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from authrisk.evaluation.problem import Problem, Scores
from authrisk.evaluation.replay import alone
from authrisk.models.bundle import load_bundle, locate_bundle
from authrisk.models.onnx_model import OnnxModel
from authrisk.training.ensemble import fit_ensemble
from authrisk.training.export import to_onnx
from authrisk.training.fit import FitSettings
from authrisk.training.prepare import Kind, prepare_problem
from authrisk.training.recipes import AUTOENCODER, CONTINUED, SUPERVISED
from authrisk.training.start import read_start


@dataclass(frozen=True, slots=True)
class LstmContender:
    """One of our networks alone, with the recipe of the shipped bundles, or going on from one."""

    name: str
    kind: Kind
    settings: FitSettings
    begin: str | None = None
    """A bundle that training goes on from (`models.bundle.locate_bundle`)."""

    @property
    def supervised(self) -> bool:
        """Whether labels are looked at."""
        return self.kind == "supervised"

    @property
    def version(self) -> str:
        """Tells the kept scores of those apart that go on from two bundles."""
        return "" if self.begin is None else _version(locate_bundle(self.begin))

    def scores(self, problem: Problem, seed: int) -> Scores:
        """Raw scores (N,) of the ONNX model, NaN where nothing is asked."""
        start, part, scalers = None, "", None
        if self.begin is not None:
            start = read_start(locate_bundle(self.begin), self.kind)
            part, scalers = start.part(self.kind), start.scalers
            problem = problem.encoded(start.encoders)
        prepared = prepare_problem(
            problem, self.kind, scalers=scalers, tier_weights=self.settings.tier_weights
        )
        settings = replace(self.settings, seed=seed)
        with TemporaryDirectory() as work:
            network, _ = fit_ensemble(
                self.kind, prepared, settings, Path(work), lambda _: None, start, part
            )
        model = OnnxModel(to_onnx(network))
        wanted = problem.periods.calibration | problem.asked
        return alone(problem, prepared.scalers, model, wanted)


@cache
def _version(path: Path) -> str:
    return load_bundle(path).version


LSTM_CONTENDERS: tuple[LstmContender, ...] = (
    LstmContender("supervised LSTM", "supervised", SUPERVISED),
    LstmContender("LSTM autoencoder", "autoencoder", AUTOENCODER),
)
PRETRAINED_CONTENDERS: tuple[LstmContender, ...] = (
    LstmContender(
        "supervised LSTM, pretrained", "supervised", CONTINUED["supervised"], "supervised"
    ),
    LstmContender(
        "LSTM autoencoder, pretrained", "autoencoder", CONTINUED["autoencoder"], "autoencoder"
    ),
)
"""They go on from the bundles that ship: trained on other worlds, then on the problem's logins."""
