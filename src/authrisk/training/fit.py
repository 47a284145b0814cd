"""The training loop: one pass a time over the stretches, early stopping, resumable by epoch."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from authrisk.errors import InputError
from authrisk.evaluation.fused import MARGIN
from authrisk.training.autoencoder import LstmAutoencoder
from authrisk.training.dataset import Batch, Judged, batches, steps
from authrisk.training.supervised import SupervisedLstm

Network = LstmAutoencoder | SupervisedLstm
CHECKPOINT = "checkpoint.npz"


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How long and how hard to train."""

    seed: int = 1
    epochs: int = 12
    least_steps: int = 0
    """As many more epochs as it takes for so many batches: few logins need more passes."""
    patience: int = 3
    """Epochs without improvement on the validation logins before stopping."""
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    threads: int = 1
    """Of torch. One is fastest unless the machine is idle: two wait for each other."""
    averaging: float = 0.995
    """Decay of the running mean of the weights, which is what is kept."""
    members: int = 1
    """Networks whose mean is the model."""
    tier_weights: Mapping[str, float] = field(default_factory=dict)
    """Of each tier of attacks against the others, 1 where none is named."""
    with_autoencoder: bool = False
    """Of a supervised model: whether an autoencoder judges with it (`evaluation.fused`)."""
    net_margin: float = MARGIN
    """Log-odds by which that autoencoder's alarm must exceed the sum's to decide alone."""


class Progress(NamedTuple):
    """Said after every batch."""

    epoch: int
    epochs: int
    done: int
    """Judged logins of this epoch so far."""
    total: int
    train_loss: float
    validation_loss: float | None
    """Of the latest finished epoch."""


class Fitted(NamedTuple):
    """Losses per epoch; the network holds the weights of the best one."""

    train_losses: tuple[float, ...]
    validation_losses: tuple[float, ...]
    best_epoch: int


def fit(
    network: Network,
    train: Judged,
    validation: Judged,
    settings: FitSettings,
    workdir: Path,
    say: Callable[[Progress], None],
) -> Fitted:
    """Train the network in place. An interrupted run of the same data and settings goes on from
    its last whole epoch, kept as plain arrays in `workdir`.

    Deterministic by seed on one machine and thread count.
    """
    if not train.event.size or not validation.event.size:
        raise InputError(
            "no logins to train or to validate on", remedy="give more events, or more users"
        )
    torch.set_num_threads(settings.threads)
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=True,
    )
    per_epoch = max(1, steps(train))
    settings = replace(settings, epochs=max(settings.epochs, -(-settings.least_steps // per_epoch)))
    mean = copy.deepcopy(network)
    state = _State(network, settings, train, validation, workdir / CHECKPOINT)
    state.restore(network, mean, optimizer)
    while not state.finished:
        epoch = len(state.train_losses)
        rate = settings.learning_rate * 0.5 * (1 + np.cos(np.pi * epoch / settings.epochs))
        for group in optimizer.param_groups:
            group["lr"] = max(rate, settings.learning_rate * 0.02)
        network.train()
        torch.manual_seed(settings.seed * 1_000 + epoch)  # of dropout
        total, done = 0.0, 0
        for batch in batches(train, settings.seed * 1_000 + epoch):
            optimizer.zero_grad(set_to_none=True)
            loss = batch_loss(network, batch)
            loss.backward()  # type: ignore[no-untyped-call] # torch has no types there
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            state.steps += 1
            _follow(mean, network, min(settings.averaging, (1 + state.steps) / (10 + state.steps)))
            total += float(loss.detach()) * batch.label.size
            done += batch.label.size
            latest = state.validation_losses[-1] if state.validation_losses else None
            say(Progress(epoch + 1, settings.epochs, done, train.event.size, total / done, latest))
        state.add(total / done, evaluate(mean, validation), network, mean, optimizer)
    network.load_state_dict({k: torch.from_numpy(v) for k, v in state.best.items()})
    network.eval()
    return Fitted(tuple(state.train_losses), tuple(state.validation_losses), state.best_epoch)


def _follow(mean: Network, network: Network, decay: float) -> None:
    """Move the running mean of the weights towards the network's."""
    with torch.no_grad():
        for kept, now in zip(mean.parameters(), network.parameters(), strict=True):
            kept.lerp_(now, 1.0 - decay)


def evaluate(network: Network, judged: Judged) -> float:
    """The loss over judged logins."""
    network.eval()
    total, done = 0.0, 0
    with torch.no_grad():
        for batch in batches(judged, 0):
            total += float(batch_loss(network, batch)) * batch.label.size
            done += batch.label.size
    return total / max(done, 1)


def batch_loss(network: Network, batch: Batch) -> Tensor:
    """The loss of one batch."""
    login, past = torch.from_numpy(batch.login), torch.from_numpy(batch.past)
    at = torch.from_numpy(batch.at)
    if isinstance(network, LstmAutoencoder):
        context = network.states(past).flatten(0, 1)[at]  # (M, H)
    else:
        login = network.veiled(login) if network.training else login
        states, given = (x.flatten(0, 1) for x in network.states(past))
        context = network.context(
            states[at],
            given[torch.from_numpy(batch.recent)],
            torch.from_numpy(batch.relation),
            torch.from_numpy(batch.there),
            login,
        )
    return network.loss(
        context, login, torch.from_numpy(batch.label), torch.from_numpy(batch.weight)
    )


class _State:
    """What a run has reached, and its checkpoint file."""

    def __init__(
        self,
        network: Network,
        settings: FitSettings,
        train: Judged,
        validation: Judged,
        path: Path,
    ) -> None:
        self.settings, self.path = settings, path
        self.train_losses: list[float] = []
        self.validation_losses: list[float] = []
        self.best: dict[str, Any] = {}
        self.steps = 0
        # Labels are in it by their weighted sum; shapes tell one network from another.
        self.identity = json.dumps(
            {
                "network": {name: list(v.shape) for name, v in network.state_dict().items()},
                "settings": asdict(settings),
                "train": [int(train.event.size), float(train.rows.sum(dtype=np.float64))],
                "labels": float((train.label * train.weight).sum(dtype=np.float64)),
                "validation": int(validation.event.size),
            }
        )

    @property
    def best_epoch(self) -> int:
        return int(np.argmin(self.validation_losses))

    @property
    def finished(self) -> bool:
        epochs = len(self.train_losses)
        if epochs >= self.settings.epochs:
            return True
        return epochs > 0 and epochs - 1 - self.best_epoch >= self.settings.patience

    def add(
        self,
        train_loss: float,
        validation_loss: float,
        network: Network,
        mean: Network,
        optimizer: Any,
    ) -> None:
        self.train_losses.append(train_loss)
        self.validation_losses.append(validation_loss)
        weights = _arrays(network)
        means = _arrays(mean)
        if self.best_epoch == len(self.train_losses) - 1:
            self.best = means
        moments = {
            f"moment.{i}.{name}": np.asarray(value)
            for i, entry in optimizer.state_dict()["state"].items()
            for name, value in entry.items()
        }
        arrays = {
            "identity": np.array(self.identity),
            "losses": np.array([self.train_losses, self.validation_losses]),
            "steps": np.array(self.steps),
            **{f"now.{k}": v for k, v in weights.items()},
            **{f"mean.{k}": v for k, v in means.items()},
            **{f"best.{k}": v for k, v in self.best.items()},
            **moments,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial.npz")
        np.savez(partial, allow_pickle=False, **arrays)
        partial.replace(self.path)

    def restore(self, network: Network, mean: Network, optimizer: Any) -> None:
        if not self.path.exists():
            return
        try:
            with self.path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                arrays = dict(file)
        except (OSError, EOFError, ValueError, BadZipFile):
            return  # damaged: the run begins anew and replaces it
        if str(arrays.get("identity")) != self.identity:
            return
        self.train_losses, self.validation_losses = (list(x) for x in arrays["losses"].tolist())
        self.best = {k[5:]: v for k, v in arrays.items() if k.startswith("best.")}
        self.steps = int(arrays["steps"])
        for part, into in (("now.", network), ("mean.", mean)):
            kept = {k: v for k, v in arrays.items() if k.startswith(part)}
            into.load_state_dict({k[len(part) :]: torch.from_numpy(v) for k, v in kept.items()})
        state = optimizer.state_dict()
        for key, value in arrays.items():
            if key.startswith("moment."):
                _, i, name = key.split(".")
                state["state"].setdefault(int(i), {})[name] = torch.from_numpy(value)
        optimizer.load_state_dict(state)


def _arrays(network: Network) -> dict[str, Any]:
    return {k: v.detach().numpy().copy() for k, v in network.state_dict().items()}
