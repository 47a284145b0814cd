"""A damaged, forged or foreign bundle is refused at once, naming the file, and never otherwise."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from authrisk.errors import BundleError
from authrisk.models.bundle import FILES, MANIFEST, load_bundle

LONGEST_S = 2.0
JSON_FILES = ("encoders.json", "scalers.json", "calibration.json", "golden.json", "metrics.json")
ALL = (MANIFEST, *FILES)
Restamp = Callable[[Path], None]


@contextmanager
def refused(name: str) -> Iterator[None]:
    """The block raises a BundleError that names the file, in time."""
    begin = time.monotonic()
    with pytest.raises(BundleError) as caught:
        yield
    assert time.monotonic() - begin < LONGEST_S
    assert caught.value.where == name
    assert name in str(caught.value)


@contextmanager
def refused_or_sound() -> Iterator[None]:
    """The block raises a BundleError or nothing, in time."""
    begin = time.monotonic()
    try:
        yield
    except BundleError as error:
        assert error.where in ALL
    assert time.monotonic() - begin < LONGEST_S


def test_the_copy_is_sound(copied: Path) -> None:
    """What the tests damage is whole before."""
    load_bundle(copied)


@pytest.mark.parametrize("name", ALL)
def test_truncated(copied: Path, name: str) -> None:
    """A file that ends early, anywhere, is refused by its name."""
    data = (copied / name).read_bytes()
    for size in sorted({0, 1, 2, len(data) - 1, *range(0, len(data), 1 + len(data) // 20)}):
        (copied / name).write_bytes(data[:size])
        with refused(name):
            load_bundle(copied)


@pytest.mark.parametrize("name", FILES)
def test_flipped_bits(copied: Path, name: str) -> None:
    """One bit that is another, anywhere, is refused by the file's name."""
    data = bytearray((copied / name).read_bytes())
    draw = random.Random(name)
    for _ in range(25):
        at, bit = draw.randrange(len(data)), 1 << draw.randrange(8)
        data[at] ^= bit
        (copied / name).write_bytes(data)
        with refused(name):
            load_bundle(copied)
        data[at] ^= bit


def test_flipped_bits_of_the_manifest(copied: Path) -> None:
    """A manifest with another bit is refused, or says the same with another version."""
    data = bytearray((copied / MANIFEST).read_bytes())
    draw = random.Random(1)
    for _ in range(60):
        at, bit = draw.randrange(len(data)), 1 << draw.randrange(8)
        data[at] ^= bit
        (copied / MANIFEST).write_bytes(data)
        with refused_or_sound():
            load_bundle(copied)
        data[at] ^= bit


@pytest.mark.parametrize("name", FILES)
def test_flipped_bits_under_forged_hashes(copied: Path, restamp: Restamp, name: str) -> None:
    """Where the hashes are forged too, a damaged file is refused or gives the golden scores."""
    data = bytearray((copied / name).read_bytes())
    draw = random.Random(name + "forged")
    for _ in range(40):
        at, bit = draw.randrange(len(data)), 1 << draw.randrange(8)
        data[at] ^= bit
        (copied / name).write_bytes(data)
        restamp(copied)
        with refused_or_sound():
            load_bundle(copied)
        data[at] ^= bit


@pytest.mark.parametrize("name", ["model.onnx", *JSON_FILES])
def test_truncated_under_forged_hashes(copied: Path, restamp: Restamp, name: str) -> None:
    """Where the hashes are forged too, a file that ends early is refused by its name."""
    data = (copied / name).read_bytes()
    for size in range(0, len(data), 1 + len(data) // 15):
        (copied / name).write_bytes(data[:size])
        restamp(copied)
        with refused(name):
            load_bundle(copied)


@pytest.mark.parametrize("name", ALL)
def test_missing(copied: Path, name: str) -> None:
    """A file that is not there is named."""
    (copied / name).unlink()
    with refused(name):
        load_bundle(copied)


@pytest.mark.parametrize("name", ["model.pkl", ".hidden", "golden.json.bak", "sub"])
def test_extra(copied: Path, name: str) -> None:
    """What does not belong into a bundle is named, a directory too."""
    if name == "sub":
        (copied / name).mkdir()
    else:
        (copied / name).write_bytes(b"x")
    with refused(name):
        load_bundle(copied)


@pytest.mark.parametrize("name", ALL)
def test_no_plain_file(copied: Path, tmp_path: Path, name: str) -> None:
    """A link, a directory or a pipe in a file's place is refused, even a link to the very file."""
    elsewhere = tmp_path / "elsewhere"
    (copied / name).rename(elsewhere)
    (copied / name).symlink_to(elsewhere)
    with refused(name):
        load_bundle(copied)
    (copied / name).unlink()
    (copied / name).mkdir()
    with refused(name):
        load_bundle(copied)
    (copied / name).rmdir()
    os.mkfifo(copied / name)
    with refused(name):
        load_bundle(copied)


@pytest.mark.parametrize("name", ALL)
def test_huge(copied: Path, name: str) -> None:
    """A file of a gigabyte is refused unread."""
    with (copied / name).open("r+b") as file:
        file.truncate(1 << 30)
    with refused(name):
        load_bundle(copied)


@pytest.mark.parametrize("where", ["nowhere", "a file"])
def test_no_directory(tmp_path: Path, where: str) -> None:
    """A place that is no directory is refused by its path."""
    path = tmp_path / where
    if where == "a file":
        path.write_bytes(b"")
    with refused(str(path)):
        load_bundle(path)


@pytest.mark.parametrize(
    "change",
    [
        {"format_version": 2}, {"format_version": "1"}, {"format_version": None},
        {"format_version": True}, {"format_version": 1e400},
        {"name": ""}, {"name": "../evil"}, {"name": "A"}, {"name": "x" * 65}, {"name": None},
        {"kind": "transformer"}, {"steps": 17}, {"lookback": 1}, {"features": []},
        {"groups": ["client"]}, {"seed": "1"}, {"unheard_of": 1}, {"files": {}}, {"files": []},
    ],
    ids=str,
)  # fmt: skip
def test_foreign_manifest(copied: Path, change: dict[str, object]) -> None:
    """A manifest of another version, of other features, or of another shape is refused."""
    manifest = json.loads((copied / MANIFEST).read_bytes()) | change
    (copied / MANIFEST).write_text(json.dumps(manifest))
    with refused(MANIFEST):
        load_bundle(copied)


def test_reordered_features(copied: Path) -> None:
    """The same features in another order are other features."""
    manifest = json.loads((copied / MANIFEST).read_bytes())
    manifest["features"][:2] = reversed(manifest["features"][:2])
    (copied / MANIFEST).write_text(json.dumps(manifest))
    with refused(MANIFEST):
        load_bundle(copied)


def test_stripped_manifest(copied: Path) -> None:
    """Each field of the manifest is needed."""
    manifest = json.loads((copied / MANIFEST).read_bytes())
    for name in manifest:
        rest = {key: value for key, value in manifest.items() if key != name}
        (copied / MANIFEST).write_text(json.dumps(rest))
        with refused(MANIFEST):
            load_bundle(copied)
    for name in FILES:
        files = {key: value for key, value in manifest["files"].items() if key != name}
        (copied / MANIFEST).write_text(json.dumps(manifest | {"files": files}))
        with refused(MANIFEST):
            load_bundle(copied)


@pytest.mark.parametrize("name", ["encoders.json", "scalers.json", "calibration.json"])
def test_stripped_fields(copied: Path, restamp: Restamp, name: str) -> None:
    """Each field of the fitted values is needed (but the probability that only labels give)."""
    values = json.loads((copied / name).read_bytes())
    for field in values.keys() - {"platt"}:
        rest = {key: value for key, value in values.items() if key != field}
        (copied / name).write_text(json.dumps(rest))
        restamp(copied)
        with refused(name):
            load_bundle(copied)


def test_stripped_golden_fields(copied: Path, restamp: Restamp) -> None:
    """A golden case without one of its fields is refused, and so is a bundle without cases."""
    cases = json.loads((copied / "golden.json").read_bytes())
    for field in cases[0]:
        rest = {key: value for key, value in cases[0].items() if key != field}
        (copied / "golden.json").write_text(json.dumps([rest, *cases[1:]]))
        restamp(copied)
        with refused("golden.json"):
            load_bundle(copied)
    (copied / "golden.json").write_text("[]")
    restamp(copied)
    with refused("golden.json"):
        load_bundle(copied)


DEEP = "[" * 200_000
BAD_JSON = [
    b"", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"a": NaN}', b"{" * 9, DEEP.encode(),
    b'{"a":' * 100_000, b'{"\\ud800": 1}', b"9" * 100_000, b'{"raw": [1e999]}',
]  # fmt: skip


@pytest.mark.parametrize("name", [MANIFEST, *JSON_FILES])
@pytest.mark.parametrize("data", BAD_JSON, ids=lambda data: repr(data[:12]))
def test_hostile_json(copied: Path, restamp: Restamp, name: str, data: bytes) -> None:
    """JSON that is none, is deep, is endless, or holds something else is refused by its name."""
    (copied / name).write_bytes(data)
    if name != MANIFEST:
        restamp(copied)
    with refused(name):
        load_bundle(copied)


@pytest.mark.parametrize("deep", ["data", "split", "files", "kind", "unheard_of"])
def test_deep_manifest_fields(copied: Path, deep: str) -> None:
    """A field nested deeper than anyone nests is refused."""
    manifest = json.loads((copied / MANIFEST).read_bytes())
    manifest[deep] = "DEEP"
    text = json.dumps(manifest).replace('"DEEP"', '{"a":' + DEEP + "]" * len(DEEP) + "}")
    (copied / MANIFEST).write_text(text)
    with refused(MANIFEST):
        load_bundle(copied)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("encoders.json", "gap_edges_s", [1, 2, 3]),
        ("encoders.json", "gap_edges_s", [7, 6, 5, 4, 3, 2, 1]),
        ("encoders.json", "rtt_shift_limit", -1),
        ("encoders.json", "rtt_shift_limit", "0.5"),
        ("scalers.json", "shift", [0.0]),
        ("scalers.json", "scale", None),
        ("scalers.json", "names", ["country_new"]),
        ("calibration.json", "raw", [1.0, 0.0]),
        ("calibration.json", "raw", []),
        ("calibration.json", "surprise", [0.0]),
        ("calibration.json", "tail_slope", 0.0),
        ("calibration.json", "tail_slope", -1.0),
        ("calibration.json", "platt", {"slope": -1.0, "intercept": 0.0, "prevalence": 1e-4}),
        ("calibration.json", "platt", {"slope": 1.0, "intercept": 0.0, "prevalence": 7.0}),
    ],
)
def test_wrong_values(copied: Path, restamp: Restamp, name: str, field: str, value: object) -> None:
    """Fitted values that are incomplete, not monotone or out of range are refused."""
    values = json.loads((copied / name).read_bytes())
    (copied / name).write_text(json.dumps(values | {field: value}))
    restamp(copied)
    with refused(name):
        load_bundle(copied)


@pytest.mark.parametrize("name", ["scale", "shift"])
def test_nothing_scaled_away(copied: Path, restamp: Restamp, name: str) -> None:
    """A scaler that blinds the model does not give the golden scores."""
    values = json.loads((copied / "scalers.json").read_bytes())
    values[name] = [0.0 if name == "scale" else 1e30] * len(values[name])
    (copied / "scalers.json").write_text(json.dumps(values))
    restamp(copied)
    with pytest.raises(BundleError):
        load_bundle(copied)


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp_ns": 10**30}, {"timestamp_ns": -(10**30)}, {"timestamp_ns": "0"},
        {"src_asn": 10**30}, {"outcome": "maybe"}, {"user_agent": 5}, {"src_latitude": 1e308},
    ],
    ids=str,
)  # fmt: skip
def test_hostile_golden_events(copied: Path, restamp: Restamp, change: dict[str, object]) -> None:
    """A golden case whose login is impossible is refused, or judged like any other."""
    cases = json.loads((copied / "golden.json").read_bytes())
    cases[0]["login"] |= change
    (copied / "golden.json").write_text(json.dumps(cases))
    restamp(copied)
    with refused_or_sound():
        load_bundle(copied)


@pytest.mark.parametrize("failures", [[10**30], [1] * 100_000, ["x"], [None]], ids=lambda f: f[0])
def test_hostile_golden_failures(copied: Path, restamp: Restamp, failures: list[object]) -> None:
    """Failed attempts of a golden case that are no times, or endlessly many, are refused or
    judged like any others."""
    cases = json.loads((copied / "golden.json").read_bytes())
    cases[0]["failures_ns"] = failures
    (copied / "golden.json").write_text(json.dumps(cases))
    restamp(copied)
    with refused_or_sound():
        load_bundle(copied)


def test_endless_golden_cases(copied: Path, restamp: Restamp) -> None:
    """Thousands of golden cases are refused before they are replayed."""
    case = {
        "past": [], "failures_ns": [], "raw": 0.0, "risk_score": 0.0,
        "login": {"event_id": "", "timestamp_ns": 0, "user_id": None},
    }  # fmt: skip
    (copied / "golden.json").write_text(json.dumps([case] * 30_000))
    restamp(copied)
    with refused("golden.json"):
        load_bundle(copied)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite(copied: Path, restamp: Restamp, value: float) -> None:
    """One weight that is no number, in any tensor of the model, is refused."""
    data = (copied / "model.onnx").read_bytes()
    tensors = [
        i
        for i, tensor in enumerate(onnx.load_from_string(data).graph.initializer)
        if tensor.data_type == onnx.TensorProto.FLOAT
    ]
    for i in tensors:
        model = onnx.load_from_string(data)
        tensor = model.graph.initializer[i]
        weights = numpy_helper.to_array(tensor).copy()
        weights.flat[weights.size // 2] = value
        tensor.CopyFrom(numpy_helper.from_array(weights, tensor.name))
        (copied / "model.onnx").write_bytes(model.SerializeToString())
        restamp(copied)
        with refused("model.onnx"):
            load_bundle(copied)
