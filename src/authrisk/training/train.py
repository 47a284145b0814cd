"""From events to a bundle: split, encode, fit, export, calibrate, measure, write."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl
import torch

from authrisk import __version__
from authrisk.errors import InputError
from authrisk.evaluation.metrics import auc, recall_at
from authrisk.evaluation.replay import replay
from authrisk.features.catalogue import BLOCKS, F_LOGIN, NAMES, STEPS, column
from authrisk.features.coded import RTT, TIME, USER, code_frame
from authrisk.features.encoders import (
    Encoders,
    Scalers,
    as_past,
    fit_encoders,
    fit_scalers,
    scale_rows,
)
from authrisk.features.population import Population
from authrisk.features.timeline import (
    FAMILIAR,
    Rows,
    Timeline,
    arrange,
    previous_failure,
    previous_familiar,
    rows,
    windows,
)
from authrisk.models.bundle import Bundle, encode_golden, write_bundle
from authrisk.models.calibration import Calibration, Calibrator, Platt, fit_calibration
from authrisk.models.onnx_model import OnnxModel
from authrisk.training.autoencoder import LstmAutoencoder
from authrisk.training.card import model_card
from authrisk.evaluation.cases import Cases
from authrisk.training.dataset import Judged, judge_events
from authrisk.training.export import check_parity, to_onnx
from authrisk.training.fit import FitSettings, Fitted, Network, Progress, fit
from authrisk.training.golden import golden_cases
from authrisk.training.split import Split, split
from authrisk.training.supervised import SupervisedLstm

Kind = Literal["autoencoder", "supervised"]

PREVALENCE = 1e-4
"""Share of attacks among logins at which the supervised probability is stated."""
SAMPLE = 128
"""Encoded training windows kept in a bundle."""
_MIN_LOGINS = 1_000


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """What a training run may choose."""

    name: str
    fit: FitSettings = field(default_factory=FitSettings)
    simulated: bool = False
    resolvers: dict[str, str] = field(default_factory=dict)
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that is worked out before the network is trained."""

    cases: Cases
    timeline: Timeline
    split: Split
    encoders: Encoders
    scalers: Scalers
    moments: Rows
    """(N, F - F_LOGIN) unscaled population and source columns."""
    train: Judged
    validation: Judged


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
) -> Trained:
    """Train a model on cases and write its bundle to the directory `out`.

    An interrupted run leaves `.<out>.training/` beside it and goes on from there when it is
    started again with the same events and settings. Raises InputError when there is too little
    to train on, or no attack for the supervised model.
    """
    _check(cases, kind)
    if out.exists() and not settings.replace:
        raise InputError("is there already", where=str(out), remedy="choose another name")
    prepared = prepare(cases, kind, settings.fit.seed)
    torch.manual_seed(settings.fit.seed)
    network = new_network(kind, prepared)
    workdir = out.parent / f".{out.name}.training"
    fitted = fit(network, prepared.train, prepared.validation, settings.fit, workdir, say)
    _settle(network, prepared)
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
    bundle = _write(out, kind, settings, prepared, model_bytes, sample, calibration, metrics)
    for leftover in workdir.glob("*.npz"):
        leftover.unlink()
    if workdir.exists():
        workdir.rmdir()
    return Trained(bundle, fitted, metrics)


def prepare(cases: Cases, kind: Kind, seed: int) -> Prepared:
    """Encode, scale and lay out; the network is not needed for any of it."""
    coded = code_frame(cases.events)
    timeline = arrange(coded, cases.standing, cases.counted)
    legitimate = cases.legitimate[timeline.row_of]
    attack = cases.attack[timeline.row_of]
    parts = split(timeline.ints, legitimate, seed)
    encoders = _fit_encoders(timeline, parts.train & legitimate)
    all_rows = rows(timeline, encoders, Population())
    moment = all_rows[:, F_LOGIN:].copy()
    scalers = fit_scalers(all_rows[parts.train & legitimate])
    scale_rows(all_rows, scalers)
    past = as_past(all_rows, scalers)
    label = attack.astype(np.float32)
    judged = legitimate if kind == "autoencoder" else legitimate | attack
    # Both classes weigh alike; the prior is put right in calibration.
    ratio = (parts.train & legitimate).sum() / max(1, (parts.train & attack).sum())
    weight = np.where(attack, ratio, 1.0).astype(np.float32)

    def lay_out(mask: npt.NDArray[np.bool_]) -> Judged:
        return judge_events(timeline, all_rows, past, mask & judged, label, weight)

    return Prepared(
        cases, timeline, parts, encoders, scalers, moment,
        lay_out(parts.train), lay_out(parts.validation),
    )  # fmt: skip


def new_network(kind: Kind, prepared: Prepared) -> Network:
    """An untrained network of the kind with what it needs of the encoding."""
    if kind == "supervised":
        return SupervisedLstm()
    network = LstmAutoencoder()
    shift, scale = (torch.from_numpy(v).float() for v in prepared.scalers.vectors())
    network.shift, network.scale = shift, scale
    return network


def _settle(network: Network, prepared: Prepared) -> None:
    """Constants that come from the training logins: usual values, marginals."""
    judged = prepared.train
    usual = judged.rows[judged.event[judged.label == 0]]
    if isinstance(network, SupervisedLstm):
        network.usual = torch.from_numpy(usual.mean(axis=0, dtype=np.float64)).float()
        return
    marginal = torch.zeros_like(network.marginal)
    for b, block in enumerate(BLOCKS):
        counts = usual[:, block.start : block.start + block.size].sum(axis=0) + 1.0
        marginal[b, : block.size] = torch.from_numpy(np.log(counts / counts.sum())).float()
    network.marginal = marginal


def sample_windows(prepared: Prepared, seed: int) -> tuple[npt.NDArray[np.int64], Rows]:
    """Up to SAMPLE training logins: their labels (n,) and scaled windows (n, T, F)."""
    timeline = prepared.timeline
    judged = prepared.train
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(judged.event.size)[:SAMPLE])
    positions = judged.event[chosen]
    links = previous_familiar(timeline), previous_failure(timeline)
    moment = prepared.moments[positions]
    return judged.label[chosen].astype(np.int64), windows(
        timeline, positions, moment, links, prepared.encoders, prepared.scalers
    )


def measure(
    prepared: Prepared, model_bytes: bytes, kind: Kind
) -> tuple[Calibration, dict[str, Any]]:
    """Calibrate on every other legitimate user of the calibration period and measure on the rest.

    So no login is both a ruler and measured by it.
    """
    timeline, cases = prepared.timeline, prepared.cases
    legitimate = cases.legitimate[timeline.row_of]
    attack = cases.attack[timeline.row_of]
    wanted = prepared.split.calibration & (legitimate | attack)
    raw = np.full(len(timeline), np.nan)
    model = OnnxModel(model_bytes)
    for scored in replay(
        timeline, prepared.encoders, prepared.scalers, model, Population(), wanted
    ):
        raw[scored.position] = scored.raw
    ruler = timeline.users % 2 == 0
    platt = None
    if kind == "supervised":
        platt = _fit_platt(raw[wanted & ruler], attack[wanted & ruler])
    calibration = fit_calibration(raw[wanted & legitimate & ruler], platt)
    risk = Calibrator(calibration).risk(raw)
    good = risk[wanted & legitimate & ~ruler]
    tiers = cases.tier.to_numpy()[timeline.row_of]
    bad = wanted & attack & ~ruler
    metrics: dict[str, Any] = {
        "legitimate_logins": int(good.size),
        "promised_1pct_realised": float((good >= 0.5).mean()),
        "promised_0.1pct_realised": float((good >= 0.75).mean()),
    }
    if bad.any():
        metrics["attacks"] = int(bad.sum())
        raws = raw[wanted & legitimate & ~ruler]
        names = sorted({t for t in tiers[bad] if t is not None})
        per_tier = {}
        for name in names or ["labelled"]:
            mine = raw[bad & (tiers == name)] if names else raw[bad]
            unseen = bad & (tiers == name) & prepared.split.unseen
            per_tier[name] = {
                "attacks": int(mine.size),
                "recall_at_1pct": recall_at(raws, mine, 0.01),
                "recall_at_0.1pct": recall_at(raws, mine, 0.001),
                "recall_at_1pct_unseen_users": recall_at(
                    raw[wanted & legitimate & ~ruler & prepared.split.unseen], raw[unseen], 0.01
                ),
                "auc": auc(raws, mine),
            }
        metrics["per_tier"] = per_tier
    return calibration, metrics


def _fit_platt(raw: npt.NDArray[np.floating], attack: npt.NDArray[np.bool_]) -> Platt | None:
    """Logistic regression of the label on the raw score, shifted to PREVALENCE."""
    if not attack.any() or attack.all():
        return None
    x = torch.from_numpy(raw.astype(np.float64))
    y = torch.from_numpy(attack.astype(np.float64))
    share = float(y.mean())
    weight = torch.where(y == 1, 0.5 / share, 0.5 / (1 - share))
    slope = torch.ones((), dtype=torch.float64, requires_grad=True)
    intercept = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([slope, intercept], max_iter=100)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        z = torch.nn.functional.softplus(slope) * x + intercept
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y, weight)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    odds = np.log(PREVALENCE / (1 - PREVALENCE))
    rising = float(torch.nn.functional.softplus(slope).detach())
    return Platt(rising, float(intercept.detach()) + float(odds), PREVALENCE)


def _fit_encoders(timeline: Timeline, chosen: npt.NDArray[np.bool_]) -> Encoders:
    previous = previous_familiar(timeline)
    pairs = chosen & (previous >= 0)
    gaps = timeline.ints[pairs, TIME] - timeline.ints[previous[pairs], TIME]
    rtt = np.log1p(np.maximum(timeline.floats[:, RTT], 0.0))
    shifts = np.abs(rtt[pairs] - rtt[previous[pairs]])
    return fit_encoders(gaps / 1e9, shifts[np.isfinite(shifts)])


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


def _write(
    out: Path,
    kind: Kind,
    settings: TrainSettings,
    prepared: Prepared,
    model_bytes: bytes,
    sample: tuple[npt.NDArray[np.int64], Rows],
    calibration: Calibration,
    metrics: dict[str, Any],
) -> Bundle:
    own = prepared.timeline.ints[prepared.timeline.standing == FAMILIAR]
    fingerprint = hashlib.sha256(prepared.timeline.ints.tobytes()).hexdigest()
    first, last = (
        dt.datetime.fromtimestamp(int(ns) // 1_000_000_000, dt.UTC).isoformat()
        for ns in (prepared.split.times_ns[0], prepared.split.times_ns[3])
    )
    manifest: dict[str, Any] = {
        "kind": kind,
        "name": settings.name,
        "created": dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat(),
        "authrisk_version": __version__,
        "resolvers": settings.resolvers,
        "data": {
            "fingerprint": fingerprint,
            "events": int((~prepared.cases.attack).sum()),
            "familiar_logins": len(own),
            "attacks": int(prepared.cases.attack.sum()),
            "users": int(np.unique(own[:, USER]).size),
            "first": first,
            "last": last,
            "simulated": settings.simulated,
        },
        "split": prepared.split.described(),
        "seed": settings.fit.seed,
    }
    golden = golden_cases(prepared.timeline, prepared.cases, prepared.encoders, prepared.scalers,
                          OnnxModel(model_bytes), Calibrator(calibration))  # fmt: skip
    files = {
        "encoders.json": msgspec.json.encode(prepared.encoders),
        "scalers.json": msgspec.json.encode(prepared.scalers),
        "calibration.json": msgspec.json.encode(calibration),
        "model.onnx": model_bytes,
        "golden.json": encode_golden(golden),
        "sequences.parquet": _sequences(*sample),
        "metrics.json": msgspec.json.encode(metrics),
        "MODEL_CARD.md": model_card(kind, manifest, metrics).encode(),
    }
    return write_bundle(out, manifest=manifest, files=files, replace=settings.replace)


def _sequences(labels: npt.NDArray[np.int64], sample: Rows) -> bytes:
    buffer = io.BytesIO()
    flat = pl.Series("window", sample.reshape(len(sample), -1), dtype=pl.List(pl.Float32))
    pl.DataFrame([pl.Series("label", labels), flat]).write_parquet(
        buffer,
        compression="zstd",
        metadata={"steps": str(STEPS), "features": ",".join(NAMES), "first": str(column("first"))},
    )
    return buffer.getvalue()
