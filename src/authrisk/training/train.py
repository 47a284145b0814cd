"""From events to a bundle: split, encode, fit, export, calibrate, measure, write."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from authrisk.errors import InputError
from authrisk.evaluation.cases import Cases
from authrisk.models.bundle import Bundle
from authrisk.training.ensemble import fit_model, new_network
from authrisk.training.export import check_parity, to_onnx
from authrisk.training.fit import FitSettings, Fitted, Progress
from authrisk.training.measure import measure
from authrisk.training.pack import TrainSettings, pack
from authrisk.training.prepare import Kind, Prepared, prepare, sample_windows
from authrisk.training.start import Start, weights_of

__all__ = [
    "FitSettings",
    "Kind",
    "Prepared",
    "Progress",
    "TrainSettings",
    "Trained",
    "new_network",
    "prepare",
    "train",
]

_MIN_LOGINS = 1_000


@dataclass(frozen=True, slots=True)
class Trained:
    """A bundle and how it came to be, for notebooks and reports."""

    bundle: Bundle
    fitted: Fitted
    metrics: dict[str, Any]


def train(
    cases: Cases,
    kind: Kind,
    out: Path,
    settings: TrainSettings,
    say: Callable[[Progress], None] = lambda _: None,
    start: Start | None = None,
) -> Trained:
    """Train a model on cases and write its bundle to the directory `out`.

    start: a bundle to go on from (`training.start.read_start`); else from nothing.

    An interrupted run leaves `.<out>.training/` beside it and goes on from there when it is
    started again with the same events and settings. Raises InputError when there is too little
    to train on, or no attack for the supervised model.
    """
    _check(cases, kind)
    if out.exists() and not settings.replace:
        raise InputError("is there already", where=str(out), remedy="choose another name")
    prepared = prepare(cases, kind, settings.fit.seed, start, settings.fit.tier_weights)
    workdir = out.parent / f".{out.name}.training"
    network, fitted = fit_model(kind, prepared, settings.fit, workdir, say, start)
    model_bytes = to_onnx(network)
    sample = sample_windows(prepared, settings.fit.seed)
    parity = check_parity(network, model_bytes, sample[1])
    calibration, metrics = measure(prepared, model_bytes, kind)
    metrics |= {
        "parity_torch_onnx": parity,
        "epochs": len(fitted.train_losses),
        "best_epoch": fitted.best_epoch + 1,
        "train_losses": list(fitted.train_losses),
        "validation_losses": list(fitted.validation_losses),
    }
    if start is not None:
        metrics["continued_from"] = start.version
    weights = weights_of(network)
    bundle = pack(out, kind, settings, prepared, model_bytes, weights, sample, calibration, metrics)
    if workdir.exists():
        shutil.rmtree(workdir)
    return Trained(bundle, fitted, metrics)


def _check(cases: Cases, kind: Kind) -> None:
    n = int(cases.legitimate.sum())
    if n < _MIN_LOGINS:
        raise InputError(
            f"{n} successful logins are too few to train on",
            remedy=f"{_MIN_LOGINS} at least, 100,000 for a good model",
        )
    if kind == "supervised" and not cases.attack.any():
        raise InputError(
            "the supervised model needs attacks to learn from",
            remedy="use --labels inject, or --model autoencoder",
        )
