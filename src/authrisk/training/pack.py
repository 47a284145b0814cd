"""Put what was fitted into a bundle."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from authrisk import __version__
from authrisk.features.catalogue import NAMES, STEPS
from authrisk.features.coded import USER
from authrisk.features.timeline import FAMILIAR, Rows
from authrisk.models.bundle import WEIGHTS, Bundle, encode_golden, write_bundle
from authrisk.models.calibration import Calibration, Calibrator
from authrisk.models.onnx_model import OnnxModel
from authrisk.training.card import model_card
from authrisk.training.fit import FitSettings
from authrisk.training.golden import golden_cases
from authrisk.training.prepare import Kind, Prepared


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """What a training run may choose."""

    name: str
    fit: FitSettings = field(default_factory=FitSettings)
    simulated: bool = False
    resolvers: dict[str, str] = field(default_factory=dict)
    replace: bool = False


def pack(
    out: Path,
    kind: Kind,
    settings: TrainSettings,
    prepared: Prepared,
    model_bytes: bytes,
    weights: bytes,
    sample: tuple[npt.NDArray[np.int64], Rows],
    calibration: Calibration,
    metrics: dict[str, Any],
) -> Bundle:
    own = prepared.timeline.ints[prepared.timeline.standing == FAMILIAR]
    fingerprint = hashlib.sha256(prepared.timeline.ints.tobytes()).hexdigest()
    first, last = (
        dt.datetime.fromtimestamp(int(ns) // 1_000_000_000, dt.UTC).isoformat()
        for ns in (prepared.periods.bounds_ns[0], prepared.periods.bounds_ns[-1])
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
        "split": prepared.periods.described(),
        "seed": settings.fit.seed,
    }
    golden = golden_cases(prepared.timeline, prepared.cases, prepared.encoders, prepared.scalers,
                          OnnxModel(model_bytes), Calibrator(calibration))  # fmt: skip
    files = {
        "encoders.json": msgspec.json.encode(prepared.encoders),
        "scalers.json": msgspec.json.encode(prepared.scalers),
        "calibration.json": msgspec.json.encode(calibration),
        "model.onnx": model_bytes,
        WEIGHTS: weights,
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
        metadata={"steps": str(STEPS), "features": ",".join(NAMES)},
    )
    return buffer.getvalue()
