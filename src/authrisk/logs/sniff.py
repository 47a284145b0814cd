"""Which format a log is in: exactly one must claim it, nothing is guessed.

The formats of syslog daemons are the exception, since one file may hold many of them: where they
alone claim a file, it is read with all of them, each line by its program.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from authrisk.errors import FormatError
from authrisk.logs.mixed import mixed
from authrisk.logs.parser import Parser, SyslogFormat


def sniff(head: Sequence[str], parsers: Iterable[Parser]) -> Parser:
    """The one parser that claims the first lines of a file, or the mix of all syslog formats.

    Raises FormatError when none does or several do; it names the claimants and how to choose.
    """
    known = list(parsers)
    claimants = [parser for parser in known if parser.claims(head)]
    if claimants and all(_has_headers(parser, head) for parser in claimants):
        daemons = [parser for parser in known if isinstance(parser, SyslogFormat)]
        return daemons[0] if len(daemons) == 1 else mixed(daemons)
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


def _has_headers(parser: Parser, head: Sequence[str]) -> bool:
    """Whether a daemon's lines stand there with headers that name it: some logs have none."""
    return isinstance(parser, SyslogFormat) and mixed([parser]).routes(head)
