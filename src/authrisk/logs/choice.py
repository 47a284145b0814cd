"""Which format reads which log: what `--format` says, and what a file's head shows."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from authrisk.errors import FormatError
from authrisk.logs.discovery import format_named, formats
from authrisk.logs.mixed import mixed
from authrisk.logs.parser import PAUSE, Line, Parser, ParseSettings, Rejected, SyslogFormat
from authrisk.logs.reader import MAX_LINE_BYTES, Source, read_source
from authrisk.logs.sniff import sniff

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class FormatChoice:
    """Either the parser of every file, or the candidates of which each file shows one."""

    parser: Parser | None
    candidates: Sequence[Parser] = ()


def choose_formats(text: str | None) -> FormatChoice:
    """What `--format` means.

    - None: each file is read by the one installed format that claims it;
    - a name, or the path of a `.toml` description: that one, whatever the files look like;
    - several names with commas: together, each line by its program, where all are formats of
      syslog daemons; else each file by the one of them that claims it;
    - `auto`: all installed formats of syslog daemons together.

    Raises FormatError for an unknown name, and for formats that cannot be told apart.
    """
    if text is None:
        return FormatChoice(None, tuple(formats().values()))
    if text == AUTO:
        return FormatChoice(mixed([p for p in formats().values() if isinstance(p, SyslogFormat)]))
    parsers = [format_named(name.strip()) for name in dict.fromkeys(text.split(","))]
    if len(parsers) == 1:
        return FormatChoice(parsers[0])
    if all(isinstance(parser, SyslogFormat) for parser in parsers):
        return FormatChoice(mixed(parsers))
    return FormatChoice(None, tuple(parsers))


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A source whose format is known."""

    source: Source
    parser: Parser | None
    """None where the head holds no text at all: empty, or binary."""
    settings: ParseSettings
    """Of this file: yearless stamps count back from its last change or the reference, whichever is
    earlier."""
    lines: Iterator[Line | Rejected]
    """All of its lines, and a `PAUSE` wherever a pipe pauses."""
    untouched: bool
    """Whether `source` may still be opened: what was read of a pipe is only in `lines`."""


def open_log(
    source: Source,
    choice: FormatChoice,
    settings: ParseSettings,
    *,
    max_line_bytes: int = MAX_LINE_BYTES,
    max_bytes: int | None = None,
) -> OpenLog:
    """The source with the parser for it; raises FormatError naming it when none can be chosen."""
    lines = read_source(source, max_line_bytes=max_line_bytes, max_bytes=max_bytes)
    parser = choice.parser
    if parser is None:
        try:
            parser, lines = _sniffed(lines, choice.candidates)
        except FormatError as error:
            raise FormatError(error.what, where=source.name, remedy=error.remedy) from None
    modified = source.modified
    if modified is not None and modified < settings.reference:
        settings = dataclasses.replace(settings, reference=modified)
    untouched = source.path is not None and source.path.is_file()
    return OpenLog(source, parser, settings, lines, untouched or choice.parser is not None)


def _sniffed(
    lines: Iterator[Line | Rejected], candidates: Sequence[Parser]
) -> tuple[Parser | None, Iterator[Line | Rejected]]:
    """The parser that the head shows, None where it holds no text; and all lines.

    The head of a pipe that pauses ends there, if what has come shows the format already. To look
    at a head that grows line by line costs no more than some looks at the whole of it.
    """
    head: list[Line | Rejected] = []
    texts: list[str] = []
    size = looked_at = 0
    for line in lines:
        head.append(line)
        if line is PAUSE:
            if len(texts) > looked_at * 5 // 4:
                looked_at = len(texts)
                with contextlib.suppress(FormatError):
                    return sniff(texts, candidates), itertools.chain(head, lines)
            continue
        if isinstance(line, Line):
            size += len(line.text)
            if line.text.strip():
                texts.append(line.text)
        if len(head) >= _HEAD_LINES or size >= _HEAD_CHARACTERS:
            break
    return sniff(texts, candidates) if texts else None, itertools.chain(head, lines)


_HEAD_LINES = 1000
_HEAD_CHARACTERS = 1 << 20
