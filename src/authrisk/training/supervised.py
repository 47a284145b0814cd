"""The supervised LSTM: reads a user's past logins, then judges the current one with one logit.

The LSTM reads the past login by login. The judges see the current login, the last state, when each
pair of fields was last seen in one login, and what an attention finds in the last K logins: it asks
with the current login, and is answered by states and by what each past login shares with the
current one (`relation` columns). Neither embedding nor LSTM has a bias and the padding rows are
zero, so a user without history is the zero state, whatever T is.

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
    OWN_PAST,
    F,
    column,
)
from authrisk.features.encoders import Scalers
from authrisk.training.bench import DROPOUT, JUDGE, JUDGES, REASONERS, Bench

EMBED, HIDDEN = 48, 64
HEADS, WIDTH = 6, 16
"""Attention heads and the length of each one's query, key and value."""
BINS = 10
"""Pieces of a continuous column."""
FORGET_CROWD, FORGET = 0.3, 0.05
"""Shares of the training logins of which all that is not compared with the user's own past is
hidden, and of all columns that are: whoever leans on the crowd alone finds the next attacker's
network as usual as everybody's, and no single column shall decide."""
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
_ALIKE = {
    "client_asn_shared": "client_asn_seen", "client_prefix_shared": "client_prefix_seen",
    "rtt_shared": "rtt_log", "rtt_apart": "rtt_log",
    "place_shared": "distance_log", "km_apart": "distance_log",
}  # fmt: skip
_TOLD_BY = [
    column(f"{name.removesuffix('_shared')}_same") if name.removesuffix("_shared") in FIELDS
    else column(_ALIKE.get(name, "present"))
    for name in NAMES[F - F_RELATION :]
]  # fmt: skip
"""For each relation column the login column that is known wherever it can say something."""
_FAILURES = torch.tensor([f.group == "failures" for f in FEATURES])
_CROWD = torch.tensor(
    [
        i not in OWN_PAST and f.scope != "relation" and f.group != "failures"
        for i, f in enumerate(FEATURES)
    ]
)
_ONE, _OTHER = (x.tolist() for x in np.triu_indices(len(FIELDS)))
"""The fields of each pair, a field with itself included."""
_AGES_S = (90 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 6 * 3_600, 3_600, 600, 60, 10)
"""Edges of the pieces of what is told as 1 / (1 + days): seconds matter as much as weeks."""
_PAIR_AGES_S = (30 * 86_400, 86_400, 3_600, 60)
_PAIR_PIECES = len(_PAIR_AGES_S) + 1
_PAIRS = len(_ONE) * _PAIR_PIECES  # Q
_AGO = NAMES.index("ago_log") - (F - F_RELATION)
_LONGEST = 1.2  # above ln(1 + s) / 20 of ten years


class SupervisedLstm(nn.Module):
    """windows (N, T, F) -> raw (N,) log-odds, parts (N, G) bits.

    H hidden, E embedded, M judged logins, K = T - 1 past ones, R relation columns, A answers of
    the attention, Q pieces of the recency of pairs of fields, C continuous columns, J judges.
    """

    known: Tensor
    told: Tensor
    one: Tensor
    other: Tensor
    pair: Tensor
    pair_edges: Tensor
    pair_slopes: Tensor
    judge_mask: Tensor
    failure_mask: Tensor
    crowd: Tensor
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
        # Key and answer of a past login: what its state gives, and what it shares with the
        # current one. The first is worked out once a state, not once a pair.
        self.remember = nn.Linear(HIDDEN + EMBED, 2 * HEADS * WIDTH, bias=False)
        self.relate = nn.Linear(F_RELATION, 2 * HEADS * WIDTH)
        self.recall = nn.Linear(HIDDEN + HEADS * WIDTH + _PAIRS, JUDGE, bias=False)
        self.see = nn.Linear(F, JUDGE)
        self.gauge = nn.Linear(len(_CONTINUOUS) * BINS, JUDGE, bias=False)
        self.bench = Bench()
        self.failures = nn.Linear(F, 1)
        self.register_buffer("known", known)  # (F,)
        self.register_buffer("told", known[torch.tensor(_TOLD_BY)])  # (R,)
        self.register_buffer("one", torch.tensor(_ONE))
        self.register_buffer("other", torch.tensor(_OTHER))
        self.register_buffer("pair", self.one * len(FIELDS) + self.other, persistent=False)
        young = [0.0, *(_LONGEST - math.log1p(age) / 20 for age in _PAIR_AGES_S), _LONGEST]
        ends = torch.tensor(young)
        self.register_buffer("pair_edges", ends[:-1].clone())
        self.register_buffer("pair_slopes", 1.0 / (ends[1:] - ends[:-1]))
        self.register_buffer("judge_mask", (~_FAILURES).float() * known)  # (F,)
        self.register_buffer("failure_mask", _FAILURES.float() * known)  # (F,)
        self.register_buffer("crowd", _CROWD, persistent=False)  # (F,)
        self.register_buffer("usual", torch.zeros(F))
        self.register_buffer(
            "flooded", torch.tensor([float(group == "failures") for group in GROUPS])
        )  # (G,)
        width = knots[:, 1:] - knots[:, :-1]  # (C, BINS)
        self.register_buffer("edges", knots[:, :-1].clone())  # (C, BINS)
        slopes = torch.where(width > 0, 1 / width.clamp(min=1e-6), 0.0)
        self.register_buffer("slopes", slopes * known[torch.tensor(_CONTINUOUS)].unsqueeze(1))
        self.register_buffer("continuous", torch.tensor(_CONTINUOUS))  # (C,)
        self.register_buffer("grouped", torch.tensor(_GROUPED))  # (F,)

    def veiled(self, login: Tensor) -> Tensor:
        """login (M, F) as it is shown in training: some columns, or the crowd, at their means."""
        whose = torch.rand(login.shape[0], 1) < FORGET_CROWD  # (M, 1)
        hidden = (whose & self.crowd) | (torch.rand(login.shape) < FORGET)
        return login.masked_fill(hidden, 0.0)

    def states(self, past: Tensor) -> tuple[Tensor, Tensor]:
        """past (B, L, F_LOGIN or more) -> the states after 0, 1, ... L logins (B, L + 1, H), and
        what each gives to the key and to the answer of the last of them (B, L + 1, 2A)."""
        weight = self.embed.weight * self.known[:F_LOGIN]
        embedded = torch.relu(nn.functional.linear(past[..., :F_LOGIN], weight))  # (B, L, E)
        embedded = self.fade(embedded)
        states, _ = self.lstm(embedded)  # (B, L, H)
        given = self.remember(torch.cat([states, embedded], dim=-1))  # (B, L, 2A)
        return _from_zero(states), _from_zero(given)

    def context(
        self, last: Tensor, given: Tensor, relation: Tensor, there: Tensor, login: Tensor
    ) -> Tensor:
        """What the past says about a login, (M, H + A + Q).

        last (M, H), given (M, K, 2A): of `states`, after the last login and after each of the
        last K. relation (M, K, R). there (M, K, 1): 1 where there is such a login. login (M, F).
        """
        m, k = given.shape[0], given.shape[1]
        relation = relation * self.told
        seen = given + self.relate(relation)  # (M, K, 2A)
        shape = (m, k, HEADS, WIDTH)
        keys = seen[..., : HEADS * WIDTH].reshape(shape).permute(0, 2, 3, 1)
        answers = torch.relu(seen[..., HEADS * WIDTH :]).reshape(shape).transpose(1, 2)
        asked = nn.functional.linear(login, self.ask.weight * self.judge_mask, self.ask.bias)
        asked = asked.reshape(m, HEADS, 1, WIDTH)  # (M, HEADS, 1, WIDTH)
        mask = there.transpose(1, 2).unsqueeze(1)  # (M, 1, 1, K)
        weight = (asked @ keys) * (WIDTH**-0.5) + (mask - 1.0) * 1e4  # (M, HEADS, 1, K)
        share = torch.softmax(weight, dim=-1) * mask
        found = (share @ answers).reshape(m, HEADS * WIDTH)  # (M, A)
        # When were these two last seen together? 0 for never.
        shared = relation[..., : len(FIELDS)]  # (M, K, FIELDS)
        young = shared * (_LONGEST - relation[..., _AGO : _AGO + 1])
        both = shared.unsqueeze(-1) * young.unsqueeze(-2)  # (M, K, FIELDS, FIELDS)
        # Each pair is chosen after the maximum: gathering all K times costs more than the rest.
        pairs = both.amax(dim=1).flatten(1)[:, self.pair]  # (M, pairs)
        pieces = ((pairs.unsqueeze(-1) - self.pair_edges) * self.pair_slopes).clamp(0.0, 1.0)
        context: Tensor = self.fade(torch.cat([last, found, pieces.flatten(1)], dim=-1))
        return context

    def pieces(self, login: Tensor) -> Tensor:
        """login (M, F) -> the pieces of its continuous columns, each 0..1, (M, C * BINS)."""
        values = login[:, self.continuous].unsqueeze(-1)  # (M, C, 1)
        pieces: Tensor = ((values - self.edges) * self.slopes).clamp(0.0, 1.0).flatten(1)
        return pieces

    def judge(self, context: Tensor, login: Tensor) -> Tensor:
        """context (M, H + A + Q), login (M, F) -> log-odds (M, J), one of each judge."""
        # Masked weights, not masked inputs: the same product, without a copy of every login.
        seen = nn.functional.linear(login, self.see.weight * self.judge_mask, self.see.bias)
        layer = self.recall(context) + seen + self.gauge(self.pieces(login))
        logits: Tensor = self.bench(layer) + self.flood(login)  # (M, J)
        return logits

    def flood(self, login: Tensor) -> Tensor:
        """login (M, F) -> what failed attempts before it add, (M, 1), within FLOOD."""
        weight = self.failures.weight * self.failure_mask
        return FLOOD * torch.tanh(nn.functional.linear(login, weight))

    def loss(self, context: Tensor, login: Tensor, label: Tensor, weight: Tensor) -> Tensor:
        """Weighted cross entropy, mean over the judges; label and weight (M,)."""
        logits = self.judge(context, login)  # (M, J)
        each = nn.functional.binary_cross_entropy_with_logits(
            logits, label.unsqueeze(1).expand_as(logits), reduction="none"
        )
        return (each.mean(dim=1) * weight).sum() / weight.sum()

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """windows (N, T, F) -> raw (N,), parts (N, G).

        A part is what the logit of the first REASONERS judges loses when the group's columns are
        set to their usual values.
        """
        past, login = windows[:, :-1], windows[:, -1]  # (N, K, F), (N, F)
        states, given = self.states(past)  # (N, K + 1, H), (N, K + 1, 2A)
        there = past[..., :1]  # (N, K, 1): `present`
        relation = past[..., F - F_RELATION :]
        context = self.context(states[:, -1], given[:, 1:], relation, there, login)
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
        asked = self.bench.verdict(torch.stack(layers, dim=1).reshape(-1, JUDGE), REASONERS)
        asked = asked.reshape(n, len(GROUPS) + 1)
        flood = self.flood(login)  # (N, 1)
        parts = asked[:, :1] - asked[:, 1:]
        parts = parts + (flood - self.flood(self.usual.unsqueeze(0))) * self.flooded
        logit = self.bench.verdict(layer, JUDGES) + flood  # (N, 1)
        return logit.squeeze(-1), parts / math.log(2)  # (N,), (N, G)


def _from_zero(after: Tensor) -> Tensor:
    """(B, L, X) after each login -> (B, L + 1, X): zero before any."""
    return torch.cat([torch.zeros_like(after[:, :1]), after], dim=1)


def _span(columns: list[int], group: str) -> tuple[int, int]:
    """Where the columns of a group begin and end among columns that lie side by side by group."""
    mine = [at for at, i in enumerate(columns) if FEATURES[i].group == group]
    return (mine[0], mine[-1] + 1) if mine else (0, 0)


def knots_of(rows: npt.NDArray[np.float32], scalers: Scalers) -> Tensor:
    """Edges of the pieces of the continuous columns, (C, BINS + 1), ascending.

    At quantiles of rows (n, F), scaled; a column with one frequent value (0, "never seen") has its
    quantiles among the others. What is told as 1 / (1 + days) has edges of its own.
    """
    out = np.zeros((len(_CONTINUOUS), BINS + 1), np.float32)
    levels = np.linspace(0.0, 1.0, BINS + 1)
    ages = np.array([0.0, *(1.0 / (1.0 + age / 86_400) for age in _AGES_S), 1.0])
    shift, scale = scalers.vectors()
    for c, i in enumerate(_CONTINUOUS):
        if FEATURES[i].unit == "1/(1+days)":
            out[c] = (ages - shift[i]) * scale[i]
            continue
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


assert len(_AGES_S) + 1 == BINS, "an edge for every piece"
assert column("present") == 0, "`there` is read from the first column"
