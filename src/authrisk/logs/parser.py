"""The parser protocol: numbered lines in; events, rejections and ignored lines out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, get_args, runtime_checkable

from authrisk.event import LoginEvent


class Line(NamedTuple):
    """One line of a log, without its line break; undecodable bytes became U+FFFD."""

    file: str
    number: int
    """Counted from 1."""
    text: str

    @property
    def place(self) -> str:
        """`file:number`: the event id of logs that have none of their own."""
        return f"{self.file}:{self.number}"


BLANK = Line("", 0, "")
"""A line that stands in no log: no line is there for this parser just now (`logs/mixed.py`)."""

PAUSE = Line("", 0, " ")
"""A line that stands in no log: the log has said all that it holds so far, so what waits for later
lines is to be given. To most parsers it is one more blank line; one that joins lines does
`if line is PAUSE: yield from join.rest()`."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that should have been readable and is not: data, never an exception."""

    line: Line
    cause: str
    """A short phrase without the line's content, so that causes can be counted."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A line that is fine and is no login (session closed, token refresh, another daemon)."""

    line: Line
    cause: str


Item = LoginEvent | Rejected | Ignored


@dataclass(frozen=True, slots=True)
class ParseSettings:
    """What a log does not say about itself."""

    reference: dt.datetime
    """Aware time that yearless stamps are counted back from: the file's mtime, or now."""
    timezone: str = "UTC"
    """IANA name for stamps without a zone."""
    clock: Callable[[], dt.datetime] | None = None
    """The time now (aware), for a log that is still written: the reference goes on with it."""


Proven = Literal["samples", "documentation", "description"]
"""What a format was tried on: lines that real servers wrote, the vendor's documentation alone, or
the sample of whoever described it in a TOML file."""

PROVEN: tuple[Proven, ...] = get_args(Proven)


@runtime_checkable
class Parser(Protocol):
    """One log format. Instances are immutable and shared; state lives in `parse`'s generator.

    All but the methods may be plain class attributes or properties. The docstring of the module
    says assumptions and references; `authrisk formats NAME` prints it.
    """

    @property
    def name(self) -> str:
        """The name on the command line: `sshd`."""

    @property
    def title(self) -> str:
        """Product and shapes that it reads, one line."""

    @property
    def versions(self) -> str:
        """Versions of the product, or the years of its format: `5 to 10`, `9.1, 10`, `2015`."""

    @property
    def proven(self) -> Proven:
        """`samples`, or `documentation` where no public sample was at hand."""

    @property
    def sample(self) -> str:
        """A few real-looking lines, newline-separated; `expected` says what they give."""

    @property
    def expected(self) -> Sequence[dict[str, object]]:
        """Per event of `sample`: canonical field names and values that must come out (a subset)."""

    @property
    def hostile(self) -> str:
        """Lines that try to deceive this grammar; none may give an event of the user `victim`."""

    def claims(self, head: Sequence[str]) -> bool:
        """Whether the first lines of a file are surely this format."""

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """Every line's item, in order as far as joins allow; never raises for bad content.

        A blank line is ignored and changes nothing.
        """


@runtime_checkable
class Marked(Protocol):
    """A parser may also offer marks, for speed: lines without any of them are never decoded."""

    @property
    def marks(self) -> Sequence[str]:
        """Literals of which every line that matters has one; without, `parse` ignores a line."""


@runtime_checkable
class SyslogFormat(Protocol):
    """A parser of one daemon says by which programs' lines a shared syslog file holds its own."""

    @property
    def programs(self) -> Sequence[str]:
        """Tags without process id, `*` for any characters: `sshd`, `postfix*/smtpd`, `%ASA-*`.

        No two formats that ship name one program.
        """
