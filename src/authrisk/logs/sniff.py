"""Which format a log is in: exactly one must claim it, nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from authrisk.errors import FormatError
from authrisk.logs.parser import Parser


def sniff(head: Sequence[str], parsers: Iterable[Parser]) -> Parser:
    """The one parser that claims the first lines of a file.

    Raises FormatError when none does or several do; it names the claimants and how to choose.
    """
    known = list(parsers)
    claimants = [parser for parser in known if parser.claims(head)]
    if len(claimants) == 1:
        return claimants[0]
    if claimants:
        names = " and ".join(sorted(parser.name for parser in claimants))
        raise FormatError(
            f"{names} both claim it" if len(claimants) == 2 else f"{names} all claim it",
            remedy="choose with --format NAME",
        )
    names = ", ".join(sorted(parser.name for parser in known))
    raise FormatError(
        "no format claims it",
        remedy=f"choose with --format NAME ({names}), or describe it: --format my-log.toml",
    )
