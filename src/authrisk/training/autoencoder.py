"""The LSTM autoencoder: what surprises at a login, given the logins before it?

An encoder LSTM reads the past, squeezes it into a short code, and a decoder LSTM unfolds the code
into a belief about the next login. The login itself is hidden from both: a reconstruction that
sees its input would copy it. The belief is spelled out field by field, each given the ones before
it (when, how, with what, from where): a product of categoricals, so a proper likelihood.

The raw score is a sum of bits, one term per field, never below 0: a likelihood ratio of "somebody
from the population" against "this user", clipped field by field. For a value that the user never
had, the population's -log2 p stands on both sides, and what remains is -log2 P(new | past). A value
that the user has had costs nothing. What was weighed and dropped (plain sums, rarity of the value,
networks by kind) is in docs/decisions/models.md.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from authrisk.features.catalogue import (
    BLOCKS,
    F_LOGIN,
    FIELD_CLASSES,
    FIELDS,
    GROUPS,
    F,
    column,
)

EMBED, HIDDEN, CODE = 32, 48, 24
B = len(BLOCKS)
WIDEST = max(block.size for block in BLOCKS)
O = sum(block.size for block in BLOCKS)  # noqa: E741 - outputs
_NEW = FIELD_CLASSES.index("new")
EXCESS = {"hidden client": 1.0, "hidden place": 1.0, "crowd": 1.0, "failing": 1.0, "speed": 0.5}
"""Fields without a past of the user's: what they cost beyond their likeliest class, weighted."""
HOUR = 0.5
"""Weight of the hour: against the population's hours, as anybody could log in at any."""
RELATION = {"service": 0.2, "method": 0.2}
"""Weights of what is new about a login, 1 where none is named: people open new applications of
their own accord, and an attacker seldom needs to."""
CALM, ALARM = 5.0, 1.5
"""Bits of a source that say nothing, and the weight of what exceeds them: one login in a hundred
comes from a busy place, a burst from a busier one."""
COLD = 0.1
"""Weight of the rarity of country and AS for users without a past."""


class LstmAutoencoder(nn.Module):
    """windows (N, T, F) -> raw (N,) bits, parts (N, G) bits.

    M logins, B categorical fields, O their classes together, C the code's length.
    """

    columns: Tensor
    earlier: Tensor
    spread: Tensor
    groups: Tensor
    members: Tensor
    rarities: Tensor
    relations: Tensor
    hours: Tensor
    excess: Tensor
    cold: Tensor
    depth: Tensor
    source: Tensor
    marginal: Tensor
    shift: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(F_LOGIN, EMBED, bias=False)
        self.encoder = nn.LSTM(EMBED, HIDDEN, batch_first=True, bias=False)
        self.squeeze = nn.Linear(HIDDEN, CODE, bias=False)
        self.decoder = nn.LSTM(CODE, HIDDEN, batch_first=True, bias=False)
        self.belief = nn.Linear(HIDDEN, O)
        self.chain = nn.Parameter(torch.zeros(O, O))
        for name, values in _layout().items():
            self.register_buffer(name, values)
        self.register_buffer("marginal", torch.zeros(B, WIDEST))
        self.register_buffer("shift", torch.zeros(F))
        self.register_buffer("scale", torch.ones(F))

    def states(self, past: Tensor) -> Tensor:
        """past (B, L, F_LOGIN or more) -> decoder states (B, L + 1, H) after 0, 1, ... L logins."""
        read, _ = self.encoder(torch.relu(self.embed(past[..., :F_LOGIN])))  # (B, L, H)
        states, _ = self.decoder(torch.tanh(self.squeeze(read)))  # (B, L, C) -> (B, L, H)
        return torch.cat([torch.zeros_like(states[:, :1]), states], dim=1)  # (B, L + 1, H)

    def logits(self, context: Tensor, login: Tensor) -> Tensor:
        """context (M, H), login (M, F) -> a logit for every class of every field, (M, O).

        Each field is conditioned on the login's true values of the fields before it.
        """
        truth = login[:, self.columns]  # (M, O)
        logits: Tensor = self.belief(context) + truth @ (self.chain * self.earlier)  # (M, O)
        return logits

    def log_likelihoods(self, context: Tensor, login: Tensor) -> Tensor:
        """context (M, H), login (M, F) -> log P of every class, (M, B, WIDEST), nats."""
        logits = self.logits(context, login)  # (M, O)
        padded = torch.cat([logits, torch.full_like(logits[:, :1], -30.0)], dim=1)  # (M, O + 1)
        fields = padded[:, self.spread].reshape(-1, B, WIDEST)  # (M, B, WIDEST)
        return torch.log_softmax(fields, dim=-1)

    def truth(self, login: Tensor) -> Tensor:
        """login (M, F) -> 0/1 of the classes that are true, (M, B, WIDEST)."""
        padded = torch.cat([login[:, self.columns], torch.zeros_like(login[:, :1])], dim=1)
        return padded[:, self.spread].reshape(-1, B, WIDEST)

    def loss(self, context: Tensor, login: Tensor, label: Tensor, weight: Tensor) -> Tensor:
        """Mean negative log-likelihood of legitimate logins, nats; label (M,) must be 0."""
        logits = self.logits(context, login).float()  # (M, O)
        top = logits.detach().max(dim=1, keepdim=True).values  # (M, 1)
        mass = torch.exp(logits - top) @ self.members + 1e-30  # (M, B) sum over classes
        true = (logits * login[:, self.columns]).sum(dim=1)  # (M,)
        nats = torch.log(mass).sum(dim=1) + B * top.squeeze(1) - true  # (M,)
        kept = weight * (1 - label)
        return (nats * kept).sum() / kept.sum().clamp(min=1e-6)

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """windows (N, T, F) -> raw (N,), parts (N, G)."""
        context = self.states(windows[:, :-1])[:, -1]  # (N, H)
        login = windows[:, -1]  # (N, F)
        chances = self.log_likelihoods(context, login)  # (N, B, WIDEST)
        truth = self.truth(login)  # (N, B, WIDEST)
        mine = (chances * truth).sum(-1)  # (N, B) log P(true class | past)
        unscaled = login / self.scale + self.shift  # (N, F)

        fresh = -mine * truth[..., _NEW] * self.relations  # (N, B)
        excess = (chances.max(dim=-1).values - mine) * self.excess  # (N, B)
        hour = ((self.marginal * truth).sum(-1) - mine).clamp(min=0) * self.hours  # (N, B)
        # Without a past everything is new: only the crowd's view remains, gone by 4 logins.
        # (No exp here: on tensors this small its last bits would depend on the batch.)
        young = (1.0 - unscaled[:, self.depth] * (4.0 / math.log(5.0))).clamp(min=0)  # (N, 1)
        cold = unscaled[:, self.rarities].clamp(min=0) * 10.0 * self.cold * young  # (N, B)
        bits = (fresh + excess + hour + cold) / math.log(2)  # (N, B)
        parts = bits @ self.groups  # (N, G)
        parts = parts + self.source * (ALARM * (parts - CALM).clamp(min=0) - parts)
        # A matrix product sums each row alike in any batch; ONNX Runtime's ReduceSum does not.
        return (parts @ torch.ones(len(GROUPS), 1)).squeeze(-1), parts


def _layout() -> dict[str, Tensor]:
    """Constant index tables and masks over fields."""
    columns = [block.start + k for block in BLOCKS for k in range(block.size)]
    field_of = torch.tensor([i for i, block in enumerate(BLOCKS) for _ in range(block.size)])
    starts = [sum(block.size for block in BLOCKS[:i]) for i in range(B)]
    spread = [
        starts[i] + k if k < block.size else O
        for i, block in enumerate(BLOCKS)
        for k in range(WIDEST)
    ]
    groups = torch.tensor([[float(block.group == group) for group in GROUPS] for block in BLOCKS])
    first = column("depth_log")

    def weights(of: dict[str, float]) -> Tensor:
        return torch.tensor([of.get(block.name, 0.0) for block in BLOCKS])  # (B,)

    cold = dict.fromkeys(("country", "asn"), COLD)
    return {
        "columns": torch.tensor(columns),  # (O,) columns of F
        "earlier": (field_of[:, None] < field_of[None, :]).float(),  # (O, O) cause -> effect
        "spread": torch.tensor(spread),  # (B * WIDEST,) outputs
        "groups": groups,  # (B, G)
        "members": nn.functional.one_hot(field_of, B).float(),  # (O, B)
        "relations": weights(dict.fromkeys(FIELDS, 1.0) | RELATION),
        "excess": weights(EXCESS),
        "hours": weights({"hour": HOUR}),
        "cold": weights(cold),
        "rarities": torch.tensor(
            [column(f"{b.name}_rarity") if b.name in cold else first for b in BLOCKS]
        ),
        "depth": torch.tensor([first]),
        "source": torch.tensor([float(group == "source") for group in GROUPS]),  # (G,)
    }
