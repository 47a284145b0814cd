"""A sequence model behind ONNX Runtime: windows in; raw scores and parts per group out."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from authrisk.errors import BundleError
from authrisk.features.catalogue import GROUPS, STEPS, F
from authrisk.models.onnx_file import check_onnx

Rows = npt.NDArray[np.float32]
MAX_BYTES = 64 << 20
_FILE = "model.onnx"
_ROWS = 4
"""Batches are filled up to a multiple of this with empty windows: ONNX Runtime takes other
matrix kernels for fewer rows, whose last bits differ, and a login's score must not depend on
what else is scored with it. `load_bundle` checks that this holds on the machine at hand."""


class SequenceModel(Protocol):
    """What scores windows. Higher is riskier, always."""

    def score(self, windows: Rows) -> tuple[Rows, Rows]:
        """windows (N, T, F) -> raw (N,), parts (N, G) in bits, in the order of GROUPS."""


class OnnxModel:
    """A model of a bundle. One intra-op thread: logins run side by side, not inside each other."""

    def __init__(self, data: bytes) -> None:
        """Raises BundleError when the file is no ONNX model of our windows, or not finite."""
        if len(data) > MAX_BYTES:
            raise BundleError(f"is larger than {MAX_BYTES >> 20} MiB", where=_FILE)
        check_onnx(data)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # ONNX Runtime raises classes of no common base, plain RuntimeError among them; whatever
        # an untrusted file makes it raise is a refusal of that file.
        try:
            session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise BundleError(
                f"ONNX Runtime refuses it: {type(error).__name__}", where=_FILE
            ) from error
        inputs = [(i.name, i.type, tuple(i.shape[1:])) for i in session.get_inputs()]
        if inputs != [("windows", "tensor(float)", (STEPS, F))]:
            raise BundleError(f"takes {inputs}, not windows (N, {STEPS}, {F})", where=_FILE)
        if [o.name for o in session.get_outputs()] != ["raw", "parts"]:
            raise BundleError("does not answer raw and parts", where=_FILE)
        if any(o.type != "tensor(float)" for o in session.get_outputs()):
            raise BundleError("answers something else than float32", where=_FILE)
        self._session: Any = session
        try:
            raw, parts = self.score(np.zeros((2, STEPS, F), np.float32))
        except Exception as error:
            raise BundleError(f"does not run: {type(error).__name__}", where=_FILE) from error
        if raw.shape != (2,) or parts.shape != (2, len(GROUPS)):
            raise BundleError("answers of another shape", where=_FILE)
        if not (np.isfinite(raw).all() and np.isfinite(parts).all()):
            raise BundleError("has weights that are not finite", where=_FILE)

    def score(self, windows: Rows) -> tuple[Rows, Rows]:
        """windows (N, T, F) -> raw (N,), parts (N, G). A row's answer is the same in any batch."""
        n = len(windows)
        if not n:
            # ONNX Runtime ends the process when an LSTM gets an empty batch.
            return np.zeros(0, np.float32), np.zeros((0, len(GROUPS)), np.float32)
        if n % _ROWS:
            filled = np.zeros((n + _ROWS - n % _ROWS, *windows.shape[1:]), np.float32)
            filled[:n] = windows
            windows = filled
        raw, parts = self._session.run(None, {"windows": windows})
        return raw[:n], parts[:n]
