"""Who takes part: our LSTMs and every baseline."""

from __future__ import annotations

from authrisk.evaluation.averaged import Averaged
from authrisk.evaluation.baselines import BASELINES
from authrisk.evaluation.bundle_contender import BundleContender
from authrisk.evaluation.fused import Fused
from authrisk.evaluation.problem import Contender
from authrisk.models.bundle import PRETRAINED, load_bundle, pretrained_path
from authrisk.training.baselines import TORCH_BASELINES
from authrisk.training.contenders import LSTM_CONTENDERS, PRETRAINED_CONTENDERS

FUSED = "both LSTMs"
FUSED_PRETRAINED = "both LSTMs, pretrained"
GO_WITHOUT = ("supervised LSTM", FUSED, "LightGBM")
"""Whose recall of each tier is measured without it in training."""

BOOSTING = "LightGBM"
TOGETHER = "supervised LSTM x3"
"""The mean of three networks."""
SMALL = (
    "supervised LSTM", "LSTM autoencoder", "rules", "Freeman, values only", "isolation forest",
    "LightGBM",
)  # fmt: skip
"""Who takes part in the small run."""


def ours() -> list[Contender]:
    """The LSTMs, trained on each world: from nothing, and going on from the bundles that ship."""
    alone = next(contender for contender in LSTM_CONTENDERS if contender.kind == "supervised")
    blind = next(contender for contender in LSTM_CONTENDERS if contender.kind == "autoencoder")
    both = Fused(FUSED, alone, blind)
    pretrained = Fused(FUSED_PRETRAINED, *PRETRAINED_CONTENDERS)
    return [
        pretrained, *PRETRAINED_CONTENDERS, both, *LSTM_CONTENDERS, Averaged(TOGETHER, alone, 3),
    ]  # fmt: skip


def shipped() -> list[Contender]:
    """The bundles of the package, trained on other worlds, as they are served."""
    return [BundleContender(load_bundle(pretrained_path(name))) for name in PRETRAINED]


def baselines() -> list[Contender]:
    """Everything that the LSTMs have to beat."""
    boosting = next(contender for contender in BASELINES if contender.name == BOOSTING)
    return [*BASELINES, *TORCH_BASELINES, Averaged(f"{BOOSTING} x3", boosting, 3)]


def everyone() -> list[Contender]:
    """Ours first, then what ships, then the rest."""
    return [*ours(), *shipped(), *baselines()]
