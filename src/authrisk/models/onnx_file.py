"""What an ONNX file holds, read before ONNX Runtime sees it.

ONNX Runtime opens files that a model names, spends long on a file of very many tensors and does not
mind weights that are not finite. A model file is untrusted until it has passed here. The reader
walks the protocol buffer (onnx.proto3, wire format of protobuf) and knows only the fields it needs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from authrisk.errors import BundleError

MAX_TENSORS = 1_000
MAX_NODES = 10_000
_FILE = "model.onnx"
_FLOAT, _DOUBLE = 1, 11
_OTHER_FLOATS = {10, 16, 17, 18, 19, 20}  # float16, bfloat16, float8: not what we write

# Field numbers of onnx.proto3.
_MODEL_GRAPH, _MODEL_FUNCTIONS = 7, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_ATTRIBUTE = 5
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_ATTRIBUTE_FLOAT, _ATTRIBUTE_FLOATS = 2, 7
_TENSOR_TYPE, _TENSOR_FLOATS, _TENSOR_RAW, _TENSOR_DOUBLES = 2, 4, 9, 10
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14


def check_onnx(data: bytes) -> None:
    """Raise BundleError unless the file is one flat graph of a bounded number of nodes and
    tensors, all of its numbers finite and inside the file."""
    try:
        _check_model(memoryview(data))
    except (IndexError, ValueError):
        raise BundleError("is no ONNX model", where=_FILE) from None


def _check_model(data: memoryview) -> None:
    nodes = tensors = 0
    for number, value in _fields(data):
        if number == _MODEL_FUNCTIONS:
            raise BundleError("brings functions of its own", where=_FILE)
        if number != _MODEL_GRAPH or not isinstance(value, memoryview):
            continue
        for part, content in _fields(value):
            if part == _GRAPH_SPARSE:
                raise BundleError("has sparse tensors", where=_FILE)
            if not isinstance(content, memoryview):
                continue
            if part == _GRAPH_NODE:
                nodes += 1
                tensors += _check_node(content)
            elif part == _GRAPH_INITIALIZER:
                tensors += 1
                _check_tensor(content)
            if nodes > MAX_NODES or tensors > MAX_TENSORS:
                raise BundleError(
                    f"has more than {MAX_NODES} nodes or {MAX_TENSORS} tensors", where=_FILE
                )


def _check_node(node: memoryview) -> int:
    """The tensors that a node carries in its attributes."""
    tensors = 0
    for number, attribute in _fields(node):
        if number != _NODE_ATTRIBUTE or not isinstance(attribute, memoryview):
            continue
        for part, content in _fields(attribute):
            if part in {_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS}:
                raise BundleError("has graphs within its graph", where=_FILE)
            if part in {_ATTRIBUTE_FLOAT, _ATTRIBUTE_FLOATS}:
                _finite(np.frombuffer(content, "<f4") if isinstance(content, memoryview) else None)
            elif part in {_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS} and isinstance(
                content, memoryview
            ):
                tensors += 1
                _check_tensor(content)
    return tensors


def _check_tensor(tensor: memoryview) -> None:
    kind = 0
    raw: memoryview | None = None
    for number, value in _fields(tensor):
        if number == _TENSOR_EXTERNAL or (number == _TENSOR_LOCATION and value != 0):
            raise BundleError("has weights in another file", where=_FILE)
        if number == _TENSOR_TYPE and isinstance(value, int):
            kind = value
        elif isinstance(value, memoryview):
            if number == _TENSOR_RAW:
                raw = value
            elif number == _TENSOR_FLOATS:
                _finite(np.frombuffer(value, "<f4"))
            elif number == _TENSOR_DOUBLES:
                _finite(np.frombuffer(value, "<f8"))
    if kind in _OTHER_FLOATS:
        raise BundleError("has weights of a kind that is not written here", where=_FILE)
    if raw is not None and kind in {_FLOAT, _DOUBLE}:
        _finite(np.frombuffer(raw, "<f4" if kind == _FLOAT else "<f8"))


def _finite(values: np.ndarray[tuple[int], np.dtype[np.floating]] | None) -> None:
    if values is not None and not np.isfinite(values).all():
        raise BundleError("has weights that are not finite", where=_FILE)


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Field numbers and values of one message; IndexError or ValueError when it is none.

    Varints come as numbers; everything else as the bytes that it is made of.
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(data, at)
        elif wire in {1, 5}:
            size = 8 if wire == 1 else 4
        else:
            raise ValueError("a wire type that protobuf does not have")
        if at + size > len(data):
            raise IndexError("cut off")
        yield number, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
