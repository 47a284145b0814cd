"""Copies of the pretrained bundles that a test may damage."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from authrisk.models.bundle import MANIFEST, PRETRAINED, Bundle, load_bundle, pretrained_path


@pytest.fixture(scope="session", params=PRETRAINED)
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return load_bundle(pretrained_path(request.param))


@pytest.fixture
def copied(bundle: Bundle, tmp_path: Path) -> Path:
    """A copy of the bundle."""
    path = tmp_path / "copy"
    shutil.copytree(pretrained_path(bundle.manifest.kind), path)
    return path


@pytest.fixture(scope="session")
def restamp() -> Callable[[Path], None]:
    """Write the files' hashes into the manifest, as somebody would who forges a bundle."""

    def stamp(path: Path) -> None:
        manifest = json.loads((path / MANIFEST).read_bytes())
        for name, entry in manifest["files"].items():
            data = (path / name).read_bytes()
            entry["sha256"], entry["bytes"] = hashlib.sha256(data).hexdigest(), len(data)
        (path / MANIFEST).write_text(json.dumps(manifest))

    return stamp
