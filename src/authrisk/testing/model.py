"""The contract of a sequence model, as a check that any model can be put through."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from authrisk.features.catalogue import F_LOGIN, FEATURES, GROUPS, STEPS, F
from authrisk.models.onnx_model import Rows, SequenceModel

LARGEST_BATCH = 40
_ZERO_ONE = np.array([feature.unit == "0/1" for feature in FEATURES])


def check_model(model: SequenceModel) -> None:
    """Put a model through its contract; AssertionError names the promise that it breaks.

    - windows (N, T, F) give `raw` (N,) and `parts` (N, G), float32, for every N from 1 on;
    - the answers are finite: without a past, with a whole one, and for values far out;
    - a window gets the same answer, to the last bit, in any batch, at any place in it, at any
      time, and from several threads at once;
    - the windows that were given are left as they are;
    - the past is read: other logins before the same login change some score.

    >>> from authrisk.models.bundle import load_bundle, pretrained_path
    >>> check_model(load_bundle(pretrained_path("supervised")).model)
    """
    windows = random_windows(LARGEST_BATCH, seed=1)
    raw, parts = _alone(model, windows)
    _is_finite(raw, parts)
    _does_not_depend_on_the_batch(model, windows, raw, parts)
    _answers_several_threads(model, windows, raw, parts)
    _stands_values_far_out(model)
    _reads_the_past(model, windows, raw)


def random_windows(n: int, seed: int) -> Rows:
    """Windows (n, T, F) such as the features give: 0/1 columns, scaled ones, padding in front."""
    rng = np.random.default_rng(seed)
    windows = rng.normal(size=(n, STEPS, F)).astype(np.float32)
    windows[..., _ZERO_ONE] = rng.random((n, STEPS, int(_ZERO_ONE.sum()))) < 0.3
    windows[..., 0] = 1.0
    windows[:, :-1, F_LOGIN:] = 0.0
    for window in windows:
        window[: rng.integers(0, STEPS)] = 0.0
    return windows


def _alone(model: SequenceModel, windows: Rows) -> tuple[Rows, Rows]:
    answers = [model.score(windows[i : i + 1]) for i in range(len(windows))]
    for raw, parts in answers:
        assert raw.shape == (1,), f"raw of one window has the shape {raw.shape}, not (1,)"
        assert parts.shape == (1, len(GROUPS)), f"parts have the shape {parts.shape}"
        assert raw.dtype == parts.dtype == np.float32, "raw and parts are not float32"
    return np.concatenate([raw for raw, _ in answers]), np.concatenate([p for _, p in answers])


def _is_finite(raw: Rows, parts: Rows) -> None:
    assert np.isfinite(raw).all(), "a raw score is not finite"
    assert np.isfinite(parts).all(), "a part is not finite"


def _does_not_depend_on_the_batch(
    model: SequenceModel, windows: Rows, raw: Rows, parts: Rows
) -> None:
    rng = np.random.default_rng(2)
    given = windows.copy()
    for n in range(1, len(windows) + 1):
        chosen = rng.permutation(len(windows))[:n]
        batch_raw, batch_parts = model.score(windows[chosen])
        assert batch_raw.shape == (n,), f"{n} windows give {batch_raw.shape} raw scores"
        assert batch_raw.tobytes() == raw[chosen].tobytes(), (
            f"a raw score depends on the batch ({n} windows)"
        )
        assert batch_parts.tobytes() == parts[chosen].tobytes(), (
            f"parts depend on the batch ({n} windows)"
        )
    assert windows.tobytes() == given.tobytes(), "the windows that were given are changed"


def _answers_several_threads(model: SequenceModel, windows: Rows, raw: Rows, parts: Rows) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(model.score, [windows] * 8))
    for other_raw, other_parts in answers:
        assert other_raw.tobytes() == raw.tobytes(), "threads get different raw scores"
        assert other_parts.tobytes() == parts.tobytes(), "threads get different parts"


def _stands_values_far_out(model: SequenceModel) -> None:
    for value in (0.0, 1.0, -50.0, 50.0):
        _is_finite(*model.score(np.full((2, STEPS, F), value, np.float32)))


def _reads_the_past(model: SequenceModel, windows: Rows, raw: Rows) -> None:
    others = windows.copy()
    others[:, :-1] = windows[::-1, :-1]
    assert not np.array_equal(model.score(others)[0], raw), (
        "another past changes no score: the model sees the last login alone"
    )
