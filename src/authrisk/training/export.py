"""From torch to ONNX, with the proof that both say the same."""

from __future__ import annotations

import io
import warnings

import numpy as np
import torch
from torch import nn

from authrisk.errors import BundleError
from authrisk.features.catalogue import STEPS, F
from authrisk.models.onnx_model import OnnxModel, Rows

PARITY = 1e-4
"""Largest difference of raw scores between torch and ONNX Runtime that is let through."""


def to_onnx(network: nn.Module) -> bytes:
    """The network as an ONNX model: `windows` (N, T, F) -> `raw` (N,), `parts` (N, G)."""
    network.eval()
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter is deprecated but makes one LSTM node of an LSTM, which is fastest.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(2, STEPS, F),),
            buffer,  # type: ignore[arg-type] # any writer does; the stub names paths
            input_names=["windows"],
            output_names=["raw", "parts"],
            dynamic_axes={"windows": {0: "N"}, "raw": {0: "N"}, "parts": {0: "N"}},
            opset_version=17,
            dynamo=False,
        )
    return buffer.getvalue()


def check_parity(network: nn.Module, data: bytes, windows: Rows) -> float:
    """The largest |torch - ONNX| of raw and parts over windows (N, T, F).

    Raises BundleError when it is above PARITY.
    """
    network.eval()
    with torch.no_grad():
        torch_raw, torch_parts = (t.numpy() for t in network(torch.from_numpy(windows)))
    raw, parts = OnnxModel(data).score(windows)
    scale = max(1.0, float(np.abs(torch_raw).max()) / 10.0)
    worst = max(float(np.abs(raw - torch_raw).max()), float(np.abs(parts - torch_parts).max()))
    if not worst <= PARITY * scale:
        raise BundleError(f"torch and ONNX Runtime differ by {worst:.2g}", where="model.onnx")
    return worst
