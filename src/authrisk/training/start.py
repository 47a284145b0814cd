"""What a training may go on from: the networks of a bundle, and how they see a login."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import nn

from authrisk.errors import BundleError, InputError
from authrisk.features.encoders import Encoders, Scalers
from authrisk.models.bundle import WEIGHTS, load_bundle, read_weights

Weights = Mapping[str, npt.NDArray[np.generic]]
"""Arrays by the names of a network's state."""


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A bundle that was trained before. Its logins must be seen as it sees them: the same
    encoders, the same scalers."""

    version: str
    encoders: Encoders
    scalers: Scalers
    weights: Weights

    def part(self, kind: str) -> str:
        """What stands before the names of the networks of a kind: nothing in a bundle that holds
        one kind alone."""
        own = f"{kind}."
        return own if any(name.startswith(own) for name in self.weights) else ""

    def of(self, part: str, member: int) -> Weights:
        """The state of one network; with fewer networks than asked for they take turns.

        part: what stands before `members` in the names. Empty when there is no such network.
        """
        head = f"{part}members."
        numbers = {
            int(k[len(head) :].partition(".")[0]) for k in self.weights if k.startswith(head)
        }
        if not numbers:
            return {}
        own = f"{head}{member % len(numbers)}."
        return {k[len(own) :]: v for k, v in self.weights.items() if k.startswith(own)}


def read_start(path: Path, kind: str) -> Start:
    """The start that a bundle's directory gives to a training of that kind.

    Raises BundleError where the bundle is refused, InputError where it cannot be gone on from.
    """
    bundle = load_bundle(path)
    if bundle.manifest.kind != kind:
        raise InputError(
            f"is no {kind} bundle", where=str(path), remedy="go on from one of the same --model"
        )
    raw = read_weights(path)
    if raw is None:
        raise InputError(
            f"has no {WEIGHTS} to go on from",
            where=str(path),
            remedy="train it anew: bundles of this version of authrisk keep their weights",
        )
    try:
        weights = load(raw)
    except SafetensorError as error:
        raise BundleError(f"cannot be read: {error}", where=WEIGHTS) from None
    return Start(bundle.version, bundle.encoders, bundle.scalers, weights)


def take_over(network: nn.Module, weights: Weights) -> None:
    """Give a network of the same shape the state of an earlier one; raises BundleError."""
    try:
        network.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in weights.items()})
    except (RuntimeError, TypeError) as error:
        raise BundleError(
            "holds networks of another shape",
            where=WEIGHTS,
            remedy="train anew with this version of authrisk",
        ) from error


def weights_of(network: nn.Module) -> bytes:
    """Its whole state as safetensors."""
    state = network.state_dict()
    return save({k: np.ascontiguousarray(v.detach().numpy()) for k, v in state.items()})
