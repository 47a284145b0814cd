"""The supervised LSTM: reads a user's past logins, then judges the current one with one logit.

The LSTM has no bias terms and the padding rows are zero, so its state stays exactly zero until
the first real login: a user without history is the zero state, whatever T is.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from authrisk.features.catalogue import F_LOGIN, FEATURES, GROUPS, F

EMBED, HIDDEN, JUDGE = 32, 48, 64

# Attempts on accounts are judged apart from the person: their counts drift with every attack
# wave, and must not change what the network thinks of a place or a device.
SOURCE = torch.tensor([f.scope == "source" or f.group == "failures" for f in FEATURES])
GROUP_MASKS = torch.stack(
    [torch.tensor([feature.group == group for feature in FEATURES]) for group in GROUPS]
).float()  # (G, F)


class SupervisedLstm(nn.Module):
    """windows (N, T, F) -> raw (N,) log-odds, parts (N, G) bits.

    H hidden, E embedded, M judged logins.
    """

    known: Tensor
    person_mask: Tensor
    source_mask: Tensor
    groups: Tensor
    usual: Tensor

    def __init__(self, known: Tensor) -> None:
        """known (F,): 1 for columns that the training data can teach something about. The others
        (a place, for a log without addresses) have no say; untrained weights would be noise."""
        super().__init__()
        self.embed = nn.Linear(F_LOGIN, EMBED, bias=False)
        self.lstm = nn.LSTM(EMBED, HIDDEN, batch_first=True, bias=False)
        self.recall = nn.Linear(HIDDEN, JUDGE, bias=False)
        self.see = nn.Linear(F, JUDGE)
        self.person = nn.Sequential(
            nn.ReLU(), nn.Linear(JUDGE, JUDGE // 2), nn.ReLU(), nn.Linear(JUDGE // 2, 1)
        )
        self.watch = nn.Linear(F, 16)
        self.source = nn.Sequential(nn.ReLU(), nn.Linear(16, 1))
        self.register_buffer("known", known)  # (F,)
        self.register_buffer("person_mask", (~SOURCE).float() * known)  # (F,)
        self.register_buffer("source_mask", SOURCE.float() * known)  # (F,)
        self.register_buffer("groups", GROUP_MASKS)  # (G, F)
        self.register_buffer("usual", torch.zeros(F))

    def contexts(self, past: Tensor) -> Tensor:
        """past (B, L, F_LOGIN or more) -> states (B, L + 1, H): after 0, 1, ... L logins."""
        weight = self.embed.weight * self.known[:F_LOGIN]
        embedded = nn.functional.linear(past[..., :F_LOGIN], weight)  # (B, L, E)
        states, _ = self.lstm(torch.relu(embedded))  # (B, L, H)
        return torch.cat([torch.zeros_like(states[:, :1]), states], dim=1)  # (B, L + 1, H)

    def judge(self, context: Tensor, login: Tensor) -> Tensor:
        """context (M, H), login (M, F) -> log-odds (M,)."""
        # Masked weights, not masked inputs: the same product, without a copy of every login.
        seen = nn.functional.linear(login, self.see.weight * self.person_mask, self.see.bias)
        watched = nn.functional.linear(login, self.watch.weight * self.source_mask, self.watch.bias)
        person: Tensor = self.person(self.recall(context) + seen)  # (M, 1)
        source: Tensor = self.source(watched)  # (M, 1)
        return (person + source).squeeze(-1)  # (M,)

    def loss(self, context: Tensor, login: Tensor, label: Tensor, weight: Tensor) -> Tensor:
        """Weighted cross entropy; label and weight (M,)."""
        logits = self.judge(context, login)
        return (
            nn.functional.binary_cross_entropy_with_logits(logits, label, weight, reduction="sum")
            / weight.sum()
        )

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """windows (N, T, F) -> raw (N,), parts (N, G).

        A part is what the logit loses when the group's columns are set to their usual values.
        """
        context = self.contexts(windows[:, :-1])[:, -1]  # (N, H)
        login = windows[:, -1]  # (N, F)
        raw = self.judge(context, login)  # (N,)
        n, g = login.shape[0], len(GROUPS)
        without = login.unsqueeze(1) * (1 - self.groups) + self.usual * self.groups  # (N, G, F)
        repeated = context.unsqueeze(1).expand(n, g, HIDDEN)  # (N, G, H)
        others = self.judge(repeated.reshape(n * g, HIDDEN), without.reshape(n * g, F))
        return raw, (raw.unsqueeze(1) - others.reshape(n, g)) / math.log(2)  # (N,), (N, G)
