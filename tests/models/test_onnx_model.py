"""The model behind ONNX Runtime: its contract, and which ONNX files are no model of ours."""

from __future__ import annotations

import time
from contextlib import suppress

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from authrisk.errors import BundleError
from authrisk.features.catalogue import GROUPS, STEPS, F
from authrisk.models.bundle import Bundle, golden_window
from authrisk.models.onnx_model import MAX_BYTES, OnnxModel
from authrisk.testing.model import check_model, random_windows

G = len(GROUPS)


def test_contract(bundle: Bundle) -> None:
    """The pretrained models keep the contract of sequence models."""
    check_model(bundle.model)


def test_golden_windows_keep_their_bits_in_any_batch(bundle: Bundle) -> None:
    """A real login's answer is the same among 0 to 39 others, to the last bit."""
    cases = [golden_window(case, bundle.preparation) for case in bundle.golden]
    windows = np.concatenate([*cases, random_windows(40 - len(cases), seed=3)])
    alone = [bundle.model.score(windows[i : i + 1]) for i in range(len(windows))]
    for n in range(1, 41):
        raw, parts = bundle.model.score(windows[:n])
        assert raw.tolist() == [float(alone[i][0][0]) for i in range(n)]
        assert np.array_equal(parts, np.concatenate([alone[i][1] for i in range(n)]))


def test_no_windows(bundle: Bundle) -> None:
    """Nothing in, nothing out."""
    raw, parts = bundle.model.score(np.zeros((0, STEPS, F), np.float32))
    assert raw.shape == (0,)
    assert parts.shape == (0, G)


class Broken:
    """A model that breaks one promise."""

    def __init__(self, how: str) -> None:
        self.how, self.calls = how, 0

    def score(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n = len(windows)
        raw = windows.sum(axis=(1, 2), dtype=np.float64).astype(np.float32)
        parts = np.zeros((n, G), np.float32)
        if self.how == "shape":
            parts = parts[:, :-1]
        elif self.how == "type":
            raw = raw.astype(np.float64)
        elif self.how == "batch":
            raw += np.float32(n - 1)
        elif self.how == "memory":
            self.calls += 1
            raw += np.float32(self.calls)
        elif self.how == "writes" and n > 1:
            windows[0] = 0.0
        elif self.how == "nan":
            raw[windows[:, 0, 0] == 0] = np.nan
        elif self.how == "last login only":
            raw = windows[:, -1].sum(axis=1)
        return raw, parts


def test_the_check_lets_a_sound_model_pass() -> None:
    """A plain sum keeps all promises."""
    check_model(Broken("not at all"))


@pytest.mark.parametrize(
    "how", ["shape", "type", "batch", "memory", "writes", "nan", "last login only"]
)
def test_the_check_finds(how: str) -> None:
    """Each broken promise is found."""
    with pytest.raises(AssertionError):
        check_model(Broken(how))


def graph(nodes, outputs=("raw", "parts"), shape=("N", STEPS, F), tensors=(), kinds=(1, 1)):
    """A small ONNX model from `windows` to the outputs."""
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("windows", TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info(name, kind, None)
            for name, kind in zip(outputs, kinds, strict=False)
        ],
        list(tensors),
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(made, opset_imports=opset, ir_version=8).SerializeToString()


def total(name: str, axes: tuple[int, ...]) -> onnx.NodeProto:
    return helper.make_node("ReduceMax", ["windows"], [name], axes=list(axes), keepdims=0)


RAW = total("raw", (1, 2))
WIDE = helper.make_node("ReduceMax", ["windows"], ["wide"], axes=[1], keepdims=0)
FIRST = [
    numpy_helper.from_array(np.array([0]), "begin"),
    numpy_helper.from_array(np.array([G]), "end"),
    numpy_helper.from_array(np.array([1]), "axis"),
]
PARTS = helper.make_node("Slice", ["wide", "begin", "end", "axis"], ["parts"])


def test_a_model_of_ours_is_taken() -> None:
    """What the refused ones are made from is a model."""
    OnnxModel(graph([RAW, WIDE, PARTS], tensors=FIRST))


NODES = {
    "empty": b"",
    "no model": b"not a model",
    "a pickle": b"\x80\x04\x95\x00.",
    "other windows": graph([RAW, WIDE, PARTS], shape=("N", STEPS, F + 1), tensors=FIRST),
    "fixed batch": graph([RAW, WIDE, PARTS], shape=(1, STEPS, F), tensors=FIRST),
    "one output": graph([RAW], outputs=("raw",)),
    "other order": graph([RAW, WIDE, PARTS], outputs=("parts", "raw"), tensors=FIRST),
    "raw too wide": graph([total("raw", (1,)), WIDE, PARTS], tensors=FIRST),
    "parts too wide": graph([RAW, total("parts", (1,))]),
    "one number for all": graph([total("raw", (0, 1, 2)), WIDE, PARTS], tensors=FIRST),
    "whole numbers": graph(
        [
            total("float", (1, 2)),
            helper.make_node("Cast", ["float"], ["raw"], to=TensorProto.INT64),
            WIDE,
            PARTS,
        ],
        tensors=FIRST,
        kinds=(TensorProto.INT64, 1),
    ),
    "texts": graph(
        [
            total("float", (1, 2)),
            helper.make_node("Cast", ["float"], ["raw"], to=TensorProto.STRING),
            WIDE,
            PARTS,
        ],
        tensors=FIRST,
        kinds=(TensorProto.STRING, 1),
    ),
    "fails when it runs": graph(
        [
            RAW,
            helper.make_node("Reshape", ["windows", "to"], ["parts"]),
        ],
        tensors=[numpy_helper.from_array(np.array([7, 7]), "to")],
    ),
    "an unknown operator": graph([RAW, helper.make_node("Evil", ["windows"], ["parts"])]),
}


@pytest.mark.parametrize("name", NODES)
def test_no_model_of_ours(name: str) -> None:
    """What is no ONNX, takes or answers something else, or breaks when it runs, is refused."""
    with pytest.raises(BundleError, match=r"model\.onnx"):
        OnnxModel(NODES[name])


def test_weights_in_another_file_are_not_read(tmp_path, monkeypatch) -> None:
    """A model that points at a file outside the bundle is refused."""
    monkeypatch.chdir(tmp_path)
    np.zeros(G, np.float32).tofile(tmp_path / "weights")
    tensor = numpy_helper.from_array(np.zeros(G, np.float32), "zero")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "weights"), ("offset", "0"), ("length", str(4 * G))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    add = helper.make_node("Add", ["small", "zero"], ["parts"])
    small = helper.make_node("Slice", ["wide", "begin", "end", "axis"], ["small"])
    data = graph([RAW, WIDE, small, add], tensors=[*FIRST, tensor])
    with pytest.raises(BundleError, match=r"model\.onnx"):
        OnnxModel(data)


def test_too_large() -> None:
    """More than the limit is refused before ONNX Runtime sees it."""
    with pytest.raises(BundleError, match="MiB"):
        OnnxModel(bytes(MAX_BYTES + 1))


def test_many_tensors() -> None:
    """A model of 100,000 tensors is answered for within two seconds, whatever the answer is."""
    tensors = [numpy_helper.from_array(np.zeros(1, np.float32), f"t{i}") for i in range(100_000)]
    data = graph([RAW, WIDE, PARTS], tensors=[*FIRST, *tensors])
    begin = time.monotonic()
    with suppress(BundleError):
        OnnxModel(data)
    assert time.monotonic() - begin < 2.0
