"""The supervised LSTM: reads a user's past logins, then judges the current one with one logit.

The LSTM reads the past login by login. The judge sees the current login, the last state, and what
an attention finds in all states: it asks with the current login and is answered by those past
logins that share something with it (`relation` columns). Neither embedding nor LSTM has a bias and
the padding rows are zero, so a user without history is the zero state, whatever T is.

What failed attempts may say is bounded, apart from all else: the victim of a flood must not be
locked out by it.

Continuous columns enter as they are and as piecewise linear encodings (Gorishniy et al., "On
Embeddings for Numerical Features", NeurIPS 2022): thresholds are hard for a network, and much of
what a past login says is one.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from authrisk.features.catalogue import (
    F_LOGIN,
    F_RELATION,
    FEATURES,
    FIELDS,
    GROUPS,
    NAMES,
    F,
    column,
)

EMBED, HIDDEN, JUDGE = 48, 64, 256
HEADS, WIDTH = 6, 16
"""Attention heads and the length of each one's query, key and value."""
BINS = 10
"""Pieces of a continuous column."""
DROPOUT = 0.2
FLOOD = 0.2
"""What failed attempts may move the logit by, either way: a flood of them must not lock a user
out, nor hide an attacker (docs/decisions/models.md)."""

_GROUPED = sorted(range(F), key=lambda i: (FEATURES[i].group, i))
"""All columns, those of a group side by side."""
_CONTINUOUS = [
    i
    for i in _GROUPED
    if FEATURES[i].unit != "0/1"
    and FEATURES[i].scope != "relation"
    and FEATURES[i].group != "failures"
]
_FAILURES = torch.tensor([f.group == "failures" for f in FEATURES])
_PAIRS = len(FIELDS) ** 2  # Q
_AGO = NAMES.index("ago_log") - (F - F_RELATION)
_LONGEST = 1.2  # above ln(1 + s) / 20 of ten years


class SupervisedLstm(nn.Module):
    """windows (N, T, F) -> raw (N,) log-odds, parts (N, G) bits.

    H hidden, E embedded, M judged logins, K = T - 1 past ones, R relation columns, A answers of
    the attention, Q pairs of fields.
    """

    known: Tensor
    judge_mask: Tensor
    failure_mask: Tensor
    usual: Tensor
    flooded: Tensor
    edges: Tensor
    slopes: Tensor
    continuous: Tensor
    grouped: Tensor

    def __init__(self, known: Tensor, knots: Tensor) -> None:
        """known (F,): 1 for columns that the training data can teach something about. The others
        (a place, for a log without addresses) have no say; untrained weights would be noise.
        knots (C, BINS + 1): ascending edges of the pieces of each continuous column, scaled."""
        super().__init__()
        self.embed = nn.Linear(F_LOGIN, EMBED, bias=False)
        self.fade = nn.Dropout(DROPOUT)
        self.lstm = nn.LSTM(EMBED, HIDDEN, batch_first=True, bias=False)
        self.ask = nn.Linear(F, HEADS * WIDTH)
        self.key = nn.Linear(HIDDEN + EMBED + F_RELATION, HEADS * WIDTH)
        self.answer = nn.Linear(HIDDEN + EMBED + F_RELATION, HEADS * WIDTH)
        self.recall = nn.Linear(HIDDEN + HEADS * WIDTH + _PAIRS, JUDGE, bias=False)
        self.see = nn.Linear(F, JUDGE)
        self.gauge = nn.Linear(len(_CONTINUOUS) * BINS, JUDGE, bias=False)
        self.decide = nn.Sequential(
            nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(JUDGE, JUDGE // 2),
            nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(JUDGE // 2, 1),
        )  # fmt: skip
        self.failures = nn.Linear(F, 1)
        self.register_buffer("known", known)  # (F,)
        self.register_buffer("judge_mask", (~_FAILURES).float() * known)  # (F,)
        self.register_buffer("failure_mask", _FAILURES.float() * known)  # (F,)
        self.register_buffer("usual", torch.zeros(F))
        self.register_buffer(
            "flooded", torch.tensor([float(group == "failures") for group in GROUPS])
        )  # (G,)
        width = knots[:, 1:] - knots[:, :-1]  # (C, BINS)
        self.register_buffer("edges", knots[:, :-1].clone())  # (C, BINS)
        self.register_buffer("slopes", torch.where(width > 0, 1 / width.clamp(min=1e-6), 0.0))
        self.register_buffer("continuous", torch.tensor(_CONTINUOUS))  # (C,)
        self.register_buffer("grouped", torch.tensor(_GROUPED))  # (F,)

    def states(self, past: Tensor) -> Tensor:
        """past (B, L, F_LOGIN or more) -> (B, L + 1, H + E): the states after 0, 1, ... L logins,
        each with the embedding of the last of them."""
        weight = self.embed.weight * self.known[:F_LOGIN]
        embedded = torch.relu(nn.functional.linear(past[..., :F_LOGIN], weight))  # (B, L, E)
        embedded = self.fade(embedded)
        states, _ = self.lstm(embedded)  # (B, L, H)
        states = torch.cat([states, embedded], dim=-1)  # (B, L, H + E)
        return torch.cat([torch.zeros_like(states[:, :1]), states], dim=1)  # (B, L + 1, H + E)

    def context(self, recent: Tensor, relation: Tensor, there: Tensor, login: Tensor) -> Tensor:
        """What the past says about a login, (M, H + A + Q).

        recent (M, K, H + E): of `states`, after each of the last K logins. relation (M, K, R).
        there (M, K, 1): 1 where there is such a login. login (M, F).
        """
        m, k = recent.shape[0], recent.shape[1]
        seen = torch.cat([recent, relation], dim=-1)  # (M, K, H + E + R)
        shape = (m, k, HEADS, WIDTH)
        keys = self.key(seen).reshape(shape).permute(0, 2, 3, 1)  # (M, HEADS, WIDTH, K)
        answers = torch.relu(self.answer(seen)).reshape(shape).transpose(1, 2)
        asked = nn.functional.linear(login, self.ask.weight * self.judge_mask, self.ask.bias)
        asked = asked.reshape(m, HEADS, 1, WIDTH)  # (M, HEADS, 1, WIDTH)
        mask = there.transpose(1, 2).unsqueeze(1)  # (M, 1, 1, K)
        weight = (asked @ keys) * (WIDTH**-0.5) + (mask - 1.0) * 1e4  # (M, HEADS, 1, K)
        share = torch.softmax(weight, dim=-1) * mask
        found = (share @ answers).reshape(m, HEADS * WIDTH)  # (M, A)
        # When were these two last seen together? 0 for never.
        shared = relation[..., : len(FIELDS)]  # (M, K, FIELDS)
        young = shared * (_LONGEST - relation[..., _AGO : _AGO + 1])
        pairs = (shared.unsqueeze(-1) * young.unsqueeze(-2)).reshape(m, k, _PAIRS)  # (M, K, Q)
        context = torch.cat([recent[:, -1, :HIDDEN], found, pairs.amax(dim=1)], dim=-1)
        return self.fade(context)

    def pieces(self, login: Tensor) -> Tensor:
        """login (M, F) -> the pieces of its continuous columns, each 0..1, (M, C * BINS)."""
        values = login[:, self.continuous].unsqueeze(-1)  # (M, C, 1)
        pieces: Tensor = ((values - self.edges) * self.slopes).clamp(0.0, 1.0).flatten(1)
        return pieces

    def judge(self, context: Tensor, login: Tensor) -> Tensor:
        """context (M, H + A + Q), login (M, F) -> log-odds (M,)."""
        # Masked weights, not masked inputs: the same product, without a copy of every login.
        seen = nn.functional.linear(login, self.see.weight * self.judge_mask, self.see.bias)
        layer = self.recall(context) + seen + self.gauge(self.pieces(login))
        logit: Tensor = self.decide(layer) + self.flood(login)  # (M, 1)
        return logit.squeeze(-1)  # (M,)

    def flood(self, login: Tensor) -> Tensor:
        """login (M, F) -> what failed attempts before it add, (M, 1), within FLOOD."""
        weight = self.failures.weight * self.failure_mask
        return FLOOD * torch.tanh(nn.functional.linear(login, weight))

    def loss(self, context: Tensor, login: Tensor, label: Tensor, weight: Tensor) -> Tensor:
        """Weighted cross entropy; label and weight (M,)."""
        logits = self.judge(context, login)
        return (
            nn.functional.binary_cross_entropy_with_logits(
                logits.float(), label, weight, reduction="sum"
            )
            / weight.sum()
        )

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """windows (N, T, F) -> raw (N,), parts (N, G).

        A part is what the logit loses when the group's columns are set to their usual values.
        """
        past, login = windows[:, :-1], windows[:, -1]  # (N, K, F), (N, F)
        recent = self.states(past)[:, 1:]  # (N, K, H + E)
        there = past[..., :1]  # (N, K, 1): `present`
        context = self.context(recent, past[..., F - F_RELATION :], there, login)
        weight = self.see.weight * self.judge_mask  # (JUDGE, F)
        pieces = self.pieces(login)  # (N, C * BINS)
        # A group's columns enter the first layer by a sum of their own: it is taken out again.
        layer = self.recall(context) + nn.functional.linear(login, weight, self.see.bias)
        layer = layer + self.gauge(pieces)  # (N, JUDGE)
        away = (login - self.usual)[:, self.grouped]  # (N, F), groups side by side
        weight = weight[:, self.grouped]
        pieces = pieces - self.pieces(self.usual.unsqueeze(0))
        layers = [layer]
        for group in GROUPS:
            mine, shown = _span(_GROUPED, group), _span(_CONTINUOUS, group)
            change = away[:, mine[0] : mine[1]] @ weight[:, mine[0] : mine[1]].T
            if shown[0] < shown[1]:
                begin, end = shown[0] * BINS, shown[1] * BINS
                change = change + pieces[:, begin:end] @ self.gauge.weight[:, begin:end].T
            layers.append(layer - change)
        n = login.shape[0]
        logits = self.decide(torch.stack(layers, dim=1).reshape(-1, JUDGE))  # (N * (G + 1), 1)
        logits = logits.reshape(n, len(GROUPS) + 1)
        flood = self.flood(login)  # (N, 1)
        parts = logits[:, :1] - logits[:, 1:]
        parts = parts + (flood - self.flood(self.usual.unsqueeze(0))) * self.flooded
        return (logits[:, :1] + flood).squeeze(-1), parts / math.log(2)  # (N,), (N, G)


def _span(columns: list[int], group: str) -> tuple[int, int]:
    """Where the columns of a group begin and end among columns that lie side by side by group."""
    mine = [at for at, i in enumerate(columns) if FEATURES[i].group == group]
    return (mine[0], mine[-1] + 1) if mine else (0, 0)


def knots_of(rows: npt.NDArray[np.float32]) -> Tensor:
    """Edges of the pieces of the continuous columns, (C, BINS + 1), at quantiles of rows (n, F).

    A column with one frequent value (0, "never seen") has its quantiles among the others.
    """
    out = np.zeros((len(_CONTINUOUS), BINS + 1), np.float32)
    levels = np.linspace(0.0, 1.0, BINS + 1)
    for c, i in enumerate(_CONTINUOUS):
        values = rows[:, i]
        edges = np.unique(np.quantile(values, levels))
        if edges.size <= BINS // 2:
            common, counts = np.unique(values, return_counts=True)
            rest = values[values != common[counts.argmax()]]
            if rest.size:
                inner = np.quantile(rest, levels[: BINS - edges.size + 1])
                edges = np.unique(np.concatenate([edges, inner]))[: BINS + 1]
        out[c, : edges.size] = edges
        out[c, edges.size :] = edges[-1]
    return torch.from_numpy(out)


assert column("present") == 0, "`there` is read from the first column"
