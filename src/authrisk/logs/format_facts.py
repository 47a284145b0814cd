"""What every log format says of itself, whatever reads its lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from authrisk.logs.parser import Proven


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatFacts:
    """The facts that `parser.Parser` asks for; the reading is a subclass's."""

    name: str
    title: str
    versions: str
    proven: Proven
    sample: str
    expected: Sequence[dict[str, object]]
    hostile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLineFacts(FormatFacts):
    """Those of a format that knows a line of its own by its look."""

    is_own: Callable[[str], bool]
    """Whether a line is surely this format's."""
    longest: int = 65_536
    """Characters that a line may have."""

    def claims(self, head: Sequence[str]) -> bool:
        """Whether one of the lines is surely this format's."""
        return any(self.is_own(text) for text in head if len(text) <= self.longest)
