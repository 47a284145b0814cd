"""The bundle: a directory with everything that was fitted. Specified in docs/bundle-format.md."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from authrisk.errors import BundleError, InputError
from authrisk.event import LoginEvent
from authrisk.features.catalogue import (
    FAILURE_LIMIT,
    GROUPS,
    HISTORY_LIMIT,
    LOOKBACK,
    NAMES,
    STEPS,
)
from authrisk.features.coded import code_event, coded_from
from authrisk.features.encoders import Encoders, Scalers, from_json
from authrisk.features.population import Population
from authrisk.features.sequences import Preparation, live_window, prepare
from authrisk.models.calibration import Calibration, Calibrator
from authrisk.models.onnx_model import OnnxModel, Rows, SequenceModel
from authrisk.models.signature import SIGNATURE, SIGNATURE_BYTES, require_signed, sign

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
FILES = (
    "encoders.json", "scalers.json", "calibration.json", "model.onnx", "golden.json",
    "sequences.parquet", "metrics.json", "MODEL_CARD.md",
)  # fmt: skip
WEIGHTS = "weights.safetensors"
"""The network as it was trained, for a training that goes on from it. Not needed to serve; a
bundle may do without."""
PRETRAINED = ("supervised", "autoencoder")
GOLDEN_TOLERANCE = 0.01
MOST_GOLDEN = 64
"""Cases that a bundle may hold: they are replayed at each start."""
_SMALL, _LARGE = 4 << 20, 64 << 20
_NAME = re.compile(r"[a-z0-9._-]{1,64}")


class FileEntry(msgspec.Struct, frozen=True):
    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle is, where it comes from, and the hash of each of its files."""

    format_version: int
    kind: Literal["autoencoder", "supervised"]
    name: str
    created: str
    authrisk_version: str
    steps: int
    lookback: int
    features: tuple[str, ...]
    groups: tuple[str, ...]
    resolvers: dict[str, str]
    data: dict[str, Any]
    split: dict[str, str]
    seed: int
    files: dict[str, FileEntry]


class GoldenCase(msgspec.Struct, frozen=True):
    """A login, what went before it, and the score that must come out (empty population)."""

    past: tuple[LoginEvent, ...]
    failures_ns: tuple[int, ...]
    login: LoginEvent
    raw: float
    risk_score: float

    def __post_init__(self) -> None:
        times = [*(event.timestamp_ns for event in (*self.past, self.login)), *self.failures_ns]
        if len(self.past) > HISTORY_LIMIT or len(self.failures_ns) > FAILURE_LIMIT:
            raise BundleError("a case has more past than is looked at", where="golden.json")
        if not all(0 <= time_ns < 1 << 63 for time_ns in times):
            raise BundleError("a case is at no time", where="golden.json")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle, ready to score."""

    manifest: Manifest
    version: str
    encoders: Encoders
    scalers: Scalers
    calibrator: Calibrator
    model: SequenceModel
    preparation: Preparation
    golden: tuple[GoldenCase, ...]
    metrics: dict[str, Any]
    card: str

    @property
    def name(self) -> str:
        """The bundle's own name."""
        return self.manifest.name


def pretrained_path(name: str) -> Path:
    """Where a bundle that ships with the package lies."""
    return Path(__file__).parent.parent / "data" / "bundles" / name


def locate_bundle(name_or_path: str) -> Path:
    """`supervised`, `autoencoder`, or a directory. InputError when it is none of these."""
    if name_or_path in PRETRAINED:
        return pretrained_path(name_or_path)
    path = Path(name_or_path)
    if not path.is_dir():
        raise InputError(
            "is no bundle directory",
            where=name_or_path,
            remedy=f"give a directory, or one of {', '.join(PRETRAINED)}",
        )
    return path


def load_bundle(path: Path, trusted: Sequence[Ed25519PublicKey] = ()) -> Bundle:
    """The bundle in a directory, verified whole as docs/bundle-format.md says.

    trusted: where keys are named, one of them must have signed it (`models.signature`).

    Raises BundleError naming the file and the reason.
    """
    content, manifest, version = _read_verified(path, trusted)
    encoders: Encoders = from_json(Encoders, content["encoders.json"], "encoders.json")
    scalers: Scalers = from_json(Scalers, content["scalers.json"], "scalers.json")
    calibration: Calibration = from_json(
        Calibration, content["calibration.json"], "calibration.json"
    )
    golden = from_json(tuple[GoldenCase, ...], content["golden.json"], "golden.json")
    metrics = from_json(dict[str, Any], content["metrics.json"], "metrics.json")
    bundle = Bundle(
        manifest=manifest,
        version=version,
        encoders=encoders,
        scalers=scalers,
        calibrator=Calibrator(calibration),
        model=OnnxModel(content["model.onnx"]),
        preparation=prepare(encoders, scalers),
        golden=golden,
        metrics=metrics,
        card=content["MODEL_CARD.md"].decode(errors="replace"),
    )
    _check_golden(bundle)
    return bundle


def read_weights(path: Path) -> bytes | None:
    """The weights of a verified bundle as safetensors; None for one that has none.

    Raises BundleError as `load_bundle` does.
    """
    content, _, _ = _read_verified(path)
    return content.get(WEIGHTS)


def sign_bundle(path: Path, private: Path) -> Path:
    """Sign a verified bundle with a private key; a signature that is there is replaced.

    Answers the signature's path. Raises BundleError for a bundle that is refused, InputError for
    a key or a directory that cannot be used.
    """
    _read_verified(path)
    signature = sign((path / MANIFEST).read_bytes(), private)
    target, partial = path / SIGNATURE, path.parent / f".{path.name}.{SIGNATURE}"
    try:
        partial.write_bytes(signature)
        partial.replace(target)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(target)) from None
    return target


def golden_window(case: GoldenCase, preparation: Preparation) -> Rows:
    """The window (1, T, F) of a golden case, with a population of its own past alone."""
    rows = [code_event(event) for event in (*case.past, case.login)]
    population = Population()
    for row in coded_from(rows).ints[:-1]:
        population.add(row)
    return live_window(rows, case.failures_ns, ((), (), ()), population, preparation)


def write_bundle(
    path: Path,
    *,
    manifest: Mapping[str, Any],
    files: Mapping[str, bytes],
    replace: bool = False,
) -> Bundle:
    """Write a bundle beside its place, verify it there, then rename it. Answers it loaded.

    manifest: the fields of `Manifest` but `format_version`, `files` and what the code knows.
    Raises InputError when the place is taken and `replace` is False, or when what is there is
    no bundle: nothing else is ever deleted.
    """
    if path.exists():
        if not replace:
            raise InputError("is there already", where=str(path), remedy="choose another name")
        _require_bundle(path)
    if set(files) - {WEIGHTS} != set(FILES):
        raise BundleError(f"needs the files {', '.join(FILES)}, and may have {WEIGHTS}")
    whole = Manifest(
        format_version=FORMAT_VERSION,
        steps=STEPS,
        lookback=LOOKBACK,
        features=NAMES,
        groups=GROUPS,
        files={
            name: FileEntry(hashlib.sha256(data).hexdigest(), len(data))
            for name, data in sorted(files.items())
        },
        **manifest,
    )
    partial = path.parent / f".{path.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    encoded = msgspec.json.format(msgspec.json.encode(whole), indent=2)
    for name, data in (*files.items(), (MANIFEST, encoded)):
        with (partial / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    bundle = load_bundle(partial)
    move_bundle(partial, path)
    return bundle


def move_bundle(source: Path, path: Path) -> None:
    """Rename a bundle to its place beside it; a bundle that is there is replaced.

    Raises InputError when what is there is no bundle.
    """
    old = path.parent / f".{path.name}.old"
    if path.exists():
        _require_bundle(path)
        shutil.rmtree(old, ignore_errors=True)
        path.rename(old)
    source.rename(path)
    shutil.rmtree(old, ignore_errors=True)
    _sync_directory(path.parent)


def _require_bundle(path: Path) -> None:
    """Raise InputError unless the directory holds a manifest and nothing but a bundle's files."""
    names = {entry.name for entry in path.iterdir()} if path.is_dir() else set()
    if MANIFEST not in names or names - {MANIFEST, *FILES, WEIGHTS, SIGNATURE}:
        raise InputError(
            "is no bundle and is not replaced", where=str(path), remedy="choose another name"
        )


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_verified(
    path: Path, trusted: Sequence[Ed25519PublicKey] = ()
) -> tuple[dict[str, bytes], Manifest, str]:
    try:
        entries = sorted(path.iterdir())
    except OSError as error:
        raise BundleError(f"cannot be read: {error.strerror}", where=str(path)) from None
    names = {entry.name for entry in entries}
    for name in (MANIFEST, *FILES):
        if name not in names:
            raise BundleError("is missing", where=name)
    for entry in entries:
        if entry.name not in {MANIFEST, *FILES, WEIGHTS, SIGNATURE}:
            raise BundleError("does not belong into a bundle", where=entry.name)
        if entry.is_symlink() or not entry.is_file():
            raise BundleError("is not a plain file", where=entry.name)
        if entry.name == SIGNATURE and entry.stat().st_size != SIGNATURE_BYTES:
            raise BundleError(f"is not {SIGNATURE_BYTES} bytes", where=SIGNATURE)
        limit = _LARGE if entry.suffix in {".onnx", ".parquet", ".safetensors"} else _SMALL
        if entry.stat().st_size > limit:
            raise BundleError(f"is larger than {limit >> 20} MiB", where=entry.name)
    raw = (path / MANIFEST).read_bytes()
    if trusted:
        signed = (path / SIGNATURE).read_bytes() if SIGNATURE in names else None
        require_signed(raw, signed, trusted)
    stated = from_json(dict[str, Any], raw, MANIFEST).get("format_version")
    if type(stated) is not int or stated != FORMAT_VERSION:
        raise BundleError(
            f"format version {stated!r} is not {FORMAT_VERSION}",
            where=MANIFEST,
            remedy="use the version of authrisk that wrote it, or train anew",
        )
    manifest: Manifest = from_json(Manifest, raw, MANIFEST)
    if not _NAME.fullmatch(manifest.name):
        raise BundleError("the name is not 1-64 of a-z 0-9 . _ -", where=MANIFEST)
    if set(manifest.files) != names - {MANIFEST, SIGNATURE}:
        raise BundleError("does not list the bundle's files", where=MANIFEST)
    content: dict[str, bytes] = {}
    for name, stated_file in manifest.files.items():
        data = (path / name).read_bytes()
        if len(data) != stated_file.bytes or hashlib.sha256(data).hexdigest() != stated_file.sha256:
            raise BundleError("is not the file that the manifest states", where=name)
        content[name] = data
    ours = (STEPS, LOOKBACK, NAMES, GROUPS)
    if (manifest.steps, manifest.lookback, manifest.features, manifest.groups) != ours:
        raise BundleError(
            "features, groups or steps differ from what this version of authrisk computes",
            where=MANIFEST,
            remedy=f"use authrisk {manifest.authrisk_version}, or train anew",
        )
    return content, manifest, hashlib.sha256(raw).hexdigest()[:12]


def _check_golden(bundle: Bundle) -> None:
    if not 0 < len(bundle.golden) <= MOST_GOLDEN:
        raise BundleError(
            f"holds {len(bundle.golden)} cases, not 1 to {MOST_GOLDEN}", where="golden.json"
        )
    windows = np.concatenate([golden_window(case, bundle.preparation) for case in bundle.golden])
    together = _scored(bundle, windows)
    alone = np.concatenate([_scored(bundle, windows[i : i + 1]) for i in range(len(windows))])
    if not np.array_equal(together, alone):
        raise BundleError(
            "scores depend on the batch that a login is in on this processor", where="model.onnx"
        )
    risks = bundle.calibrator.risk(together)
    for case, raw, risk in zip(bundle.golden, together, risks, strict=True):
        if not (
            abs(raw - case.raw) <= GOLDEN_TOLERANCE
            and abs(risk - case.risk_score) <= GOLDEN_TOLERANCE
        ):
            raise BundleError(
                f"case {case.login.event_id} gives {raw:.4f}, not {case.raw:.4f}",
                where="golden.json",
                remedy="this machine or version computes other scores than the training did",
            )


def _scored(bundle: Bundle, windows: Rows) -> Rows:
    return bundle.model.score(windows)[0]


def encode_golden(cases: Sequence[GoldenCase]) -> bytes:
    """`golden.json` of the cases."""
    return msgspec.json.encode(tuple(cases))
