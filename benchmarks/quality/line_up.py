"""Who takes part: our LSTMs and every baseline."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence

from authrisk.evaluation.averaged import Averaged
from authrisk.evaluation.bundle_contender import BundleContender
from authrisk.evaluation.problem import Contender
from authrisk.models.bundle import PRETRAINED, load_bundle, pretrained_path

GO_WITHOUT = ("supervised LSTM", "LightGBM")
"""Who is trained again without each tier."""


SMALL = (
    "supervised LSTM", "LSTM autoencoder", "rules", "Freeman, values only", "isolation forest",
    "LightGBM",
)  # fmt: skip
"""Who takes part in the small run."""


def ours() -> list[Contender]:
    """The LSTMs, trained on each world; the bundles that ship, as they are, where there are no
    LSTM contenders."""
    found = _offered("authrisk.training.contenders", "LSTM_CONTENDERS")
    if found:
        alone = next(contender for contender in found if contender.name == "supervised LSTM")
        return [*found, Averaged("supervised LSTM x3", alone, 3)]
    return [BundleContender(load_bundle(pretrained_path(name))) for name in PRETRAINED]


def baselines() -> list[Contender]:
    """Everything that the LSTMs have to beat."""
    return [
        *_offered("authrisk.evaluation.baselines", "BASELINES"),
        *_offered("authrisk.training.baselines", "TORCH_BASELINES"),
    ]


def everyone() -> list[Contender]:
    """Ours first."""
    return [*ours(), *baselines()]


def _offered(module: str, name: str) -> Sequence[Contender]:
    package = module.rpartition(".")[0]
    if importlib.util.find_spec(package) is None or importlib.util.find_spec(module) is None:
        return ()
    found: Sequence[Contender] = getattr(importlib.import_module(module), name)
    return found
