"""Trained models as they serve: ONNX sessions, calibration, and the bundle that carries them."""
