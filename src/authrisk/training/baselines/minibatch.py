"""One training loop for the dense baselines: shuffled batches, early stopping, one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

Loss = Callable[[Tensor], Tensor]
"""Indices of a batch (B,) -> its mean loss."""


@dataclass(frozen=True, slots=True)
class DenseSettings:
    """How long and how hard."""

    epochs: int = 10
    patience: int = 3
    """Epochs without improvement on the validation logins before stopping."""
    batch: int = 2_048
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draws of torch follow the seed in here, one thread computes; both are put back after."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def train(
    network: nn.Module,
    rows: int,
    loss: Loss,
    validate: Callable[[], float],
    settings: DenseSettings,
    seed: int,
) -> None:
    """Train in place; the network keeps the weights of the epoch that validated lowest."""
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, settings.epochs, settings.learning_rate * 0.02
    )
    rng = np.random.default_rng(seed)
    best, kept, since = np.inf, _copy(network), 0
    for _ in range(settings.epochs):
        network.train()
        order = rng.permutation(rows)
        for begin in range(0, rows, settings.batch):
            optimizer.zero_grad(set_to_none=True)
            value = loss(torch.from_numpy(order[begin : begin + settings.batch]))
            value.backward()  # type: ignore[no-untyped-call] # torch has no types there
            optimizer.step()
        schedule.step()
        network.eval()
        with torch.no_grad():
            found = validate()
        if found < best:
            best, kept, since = found, _copy(network), 0
        else:
            since += 1
            if since >= settings.patience:
                break
    network.load_state_dict(kept)
    network.eval()


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
