"""Several networks as one model: the mean of what some of one kind say, or both kinds together.

Networks of different seeds err differently; their mean errs less. An autoencoder beside a
supervised network also sees attackers that no label told of. All are trained on the same logins and
exported as one model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from authrisk.evaluation.fused import SMOOTH, WEIGHT, Together, fit_together
from authrisk.features.catalogue import BLOCKS
from authrisk.training.autoencoder import LstmAutoencoder
from authrisk.training.fit import FitSettings, Fitted, Network, Progress, fit
from authrisk.training.prepare import (
    Kind,
    Prepared,
    known_columns,
    prepare_problem,
    windows_at,
)
from authrisk.training.recipes import AUTOENCODER, CONTINUED
from authrisk.training.start import Start, take_over
from authrisk.training.supervised import SupervisedLstm, knots_of

RULERS = 40_000
"""Validation logins that the map between two networks is fitted on."""


class Ensemble(nn.Module):
    """windows (N, T, F) -> raw (N,), parts (N, G): means over the members."""

    def __init__(self, members: list[Network]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """windows (N, T, F) -> raw (N,), parts (N, G)."""
        raw, parts = self.members[0](windows)
        for member in list(self.members)[1:]:
            more_raw, more_parts = member(windows)
            raw, parts = raw + more_raw, parts + more_parts
        share = 1.0 / len(self.members)
        return raw * share, parts * share


class Fused(nn.Module):
    """windows (N, T, F) -> raw (N,) log-odds, parts (N, G) bits: the sum of both networks, and the
    autoencoder as a net under it (`evaluation.fused`). Parts are shared as the decision is."""

    def __init__(self, supervised: nn.Module, autoencoder: nn.Module, together: Together) -> None:
        super().__init__()
        self.supervised, self.autoencoder = supervised, autoencoder
        self.register_buffer("scale", torch.tensor([together.scale]))
        self.register_buffer("shift", torch.tensor([together.shift]))
        self.scale: Tensor
        self.shift: Tensor

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """windows (N, T, F) -> raw (N,), parts (N, G)."""
        raw, parts = self.supervised(windows)
        bits, bit_parts = self.autoencoder(windows)
        both = raw + WEIGHT * bits  # (N,)
        other = self.scale * bits + self.shift  # (N,)
        gap = both - other
        near = (SMOOTH - gap.abs()).clamp(min=0.0)
        either = torch.maximum(both, other) + near * near / (4.0 * SMOOTH)
        share = ((gap.clamp(-SMOOTH, SMOOTH) + SMOOTH) / (2.0 * SMOOTH))[:, None]  # (N, 1)
        per_bit = (share * WEIGHT + (1.0 - share) * self.scale) / math.log(2)
        return either, share * parts + per_bit * bit_parts


def fit_model(
    kind: Kind,
    prepared: Prepared,
    settings: FitSettings,
    workdir: Path,
    say: Callable[[Progress], None],
    start: Start | None = None,
) -> tuple[nn.Module, Fitted]:
    """The whole model of the settings, and the course of its first network.

    start: what to go on from, with the encoders and scalers of `prepared`; else from nothing.
    """
    alone = kind != "supervised" or not settings.with_autoencoder
    part = "" if start is None else start.part(kind)
    network, fitted = fit_ensemble(kind, prepared, settings, workdir, say, start, part)
    if alone:
        return network, fitted
    scalers = prepared.scalers if start is not None else None
    blind = prepare_problem(prepared.problem, "autoencoder", scalers=scalers)
    own = replace(
        AUTOENCODER if start is None else CONTINUED["autoencoder"],
        seed=settings.seed,
        epochs=min(settings.epochs, AUTOENCODER.epochs),
        least_steps=settings.least_steps,
    )
    where = workdir / "autoencoder"
    beside, _ = fit_ensemble("autoencoder", blind, own, where, say, start, "autoencoder.")
    together = _together(network, beside, prepared, settings)
    return Fused(network, beside, together).eval(), fitted


def fit_ensemble(
    kind: Kind,
    prepared: Prepared,
    settings: FitSettings,
    workdir: Path,
    say: Callable[[Progress], None],
    start: Start | None = None,
    part: str = "",
) -> tuple[Ensemble, Fitted]:
    """Train `settings.members` networks, one after the other, each resumable in its own folder of
    `workdir`; answers them as one, and the course of the first.

    start, part: what to go on from, and which networks of it (`Start.of`). Where it has none of
    them, training begins from nothing.
    """
    members: list[Network] = []
    courses: list[Fitted] = []
    for member in range(settings.members):
        own = replace(settings, seed=settings.seed * 101 + member)
        torch.manual_seed(own.seed)
        network = new_network(kind, prepared)
        if start is not None and (earlier := start.of(part, member)):
            take_over(network, earlier)
        courses.append(
            fit(network, prepared.train, prepared.validation, own, workdir / str(member), say)
        )
        _settle(network, prepared)
        members.append(network)
    return Ensemble(members).eval(), courses[0]


def new_network(kind: Kind, prepared: Prepared) -> Network:
    """An untrained network of the kind with what it needs of the encoding."""
    if kind == "supervised":
        judged = prepared.train
        seen = judged.rows[judged.event[judged.label == 0]]
        return SupervisedLstm(
            torch.from_numpy(known_columns(prepared)), knots_of(seen, prepared.scalers)
        )
    network = LstmAutoencoder()
    shift, scale = (torch.from_numpy(v).float() for v in prepared.scalers.vectors())
    network.shift, network.scale = shift, scale
    return network


def _together(
    network: nn.Module, beside: nn.Module, prepared: Prepared, settings: FitSettings
) -> Together:
    """Fitted on legitimate validation logins: no network was trained on them."""
    problem = prepared.problem
    positions = np.flatnonzero(problem.tune & problem.legitimate)
    rng = np.random.default_rng(settings.seed)
    positions = np.sort(rng.permutation(positions)[:RULERS])
    raws: list[list[np.ndarray]] = [[], []]
    for begin in range(0, positions.size, 4096):
        found = torch.from_numpy(windows_at(prepared, positions[begin : begin + 4096]))
        with torch.no_grad():
            for raw, model in zip(raws, (network, beside), strict=True):
                raw.append(model(found)[0].numpy())
    first, second = (np.concatenate(raw).astype(np.float64) for raw in raws)
    return fit_together(first, second, settings.net_margin)


def _settle(network: Network, prepared: Prepared) -> None:
    """Constants that come from the training logins: usual values, marginals."""
    judged = prepared.train
    usual = judged.rows[judged.event[judged.label == 0]]
    if isinstance(network, SupervisedLstm):
        weight = judged.weight[judged.label == 0]  # easy logins are few here and count for many
        mean = np.average(usual, axis=0, weights=weight.astype(np.float64))
        network.usual = torch.from_numpy(mean).float()
        return
    marginal = torch.zeros_like(network.marginal)
    for b, block in enumerate(BLOCKS):
        counts = usual[:, block.start : block.start + block.size].sum(axis=0) + 1.0
        marginal[b, : block.size] = torch.from_numpy(np.log(counts / counts.sum())).float()
    network.marginal = marginal
