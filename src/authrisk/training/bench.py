"""The judges of the supervised network: its last layers, several times for little more than one."""

from __future__ import annotations

import torch
from torch import Tensor, nn

JUDGE = 256
"""Length of what a judge sees."""
JUDGES, REASONERS = 8, 2
"""J, and how many of them are asked what each group of columns adds: reasons need no more."""
DROPOUT = 0.2


class Bench(nn.Module):
    """Judges who share their weights: layers (M, JUDGE) -> log-odds (M, J).

    Each scales what it sees and what it makes of it in its own way, and has a last word of its
    own; trained each for itself, they err differently, and their mean errs less (BatchEnsemble,
    Wen et al., ICLR 2020; TabM, Gorishniy et al., ICLR 2025).
    """

    def __init__(self) -> None:
        super().__init__()
        signs = torch.randint(0, 2, (JUDGES, JUDGE)).float() * 2 - 1
        self.scale = nn.Parameter(1.0 + 0.5 * torch.randn(JUDGES, JUDGE))
        self.shift = nn.Parameter(torch.zeros(JUDGES, JUDGE))
        self.inner = nn.Parameter(signs)
        self.think = nn.Linear(JUDGE, JUDGE // 2)
        self.outer = nn.Parameter(torch.ones(JUDGES, JUDGE // 2))
        self.say = nn.Parameter(torch.randn(JUDGES, JUDGE // 2) * (JUDGE // 2) ** -0.5)
        self.lean = nn.Parameter(torch.zeros(JUDGES))
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, layer: Tensor) -> Tensor:
        """layer (M, JUDGE) -> (M, J)."""
        said: Tensor = (self.thoughts(layer, JUDGES) * self.say).sum(dim=-1) + self.lean
        return said

    def verdict(self, layer: Tensor, judges: int) -> Tensor:
        """layer (M, JUDGE) -> the mean of the first judges, (M, 1).

        One matrix product: ONNX Runtime sums its rows alike in any batch, a ReduceSum not.
        """
        mean = self.say[:judges].reshape(-1, 1) / judges  # (J * JUDGE / 2, 1)
        thoughts = self.thoughts(layer, judges).flatten(1)  # (M, J * JUDGE / 2)
        verdict: Tensor = thoughts @ mean + self.lean[:judges].mean()
        return verdict

    def thoughts(self, layer: Tensor, judges: int) -> Tensor:
        """layer (M, JUDGE) -> those of the first judges, (M, J, JUDGE / 2)."""
        scale, shift = self.scale[:judges], self.shift[:judges]
        seen = torch.relu(layer.unsqueeze(1) * scale + shift)  # (M, J, JUDGE)
        seen = self.drop(seen) * self.inner[:judges]
        thoughts: Tensor = self.drop(torch.relu(self.think(seen) * self.outer[:judges]))
        return thoughts
