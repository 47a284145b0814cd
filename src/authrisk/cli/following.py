"""`authrisk parse --follow`: logs that are still written, to JSON lines that grow with them.

Every log is read by a thread of its own. What one gives is written and flushed; only then is the
position kept from which reading would go on. After a crash the lines since then are read again;
their events have the ids that they had, and those that the output already ends with are not
written a second time.
"""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec

from authrisk.cli.event_writing import Vocabulary, encoder
from authrisk.cli.log_reading import KeepingTally
from authrisk.cli.terminal import STDOUT, ending, report
from authrisk.cli.treatment import Treat
from authrisk.errors import FormatError, InputError
from authrisk.event import LoginEvent
from authrisk.eventlog import to_events, to_frame
from authrisk.logs.binary_log import binary_reader
from authrisk.logs.choice import FormatChoice, open_log
from authrisk.logs.follow import Follower
from authrisk.logs.inflate import COMPRESSED_MARKS
from authrisk.logs.parser import PAUSE, Line, Parser, ParseSettings, Rejected
from authrisk.logs.position import Position, copies_of, read_positions, write_positions
from authrisk.logs.reader import STDIN, Source, find_sources
from authrisk.logs.report import collect
from authrisk.logs.text_blocks import UTF16_MARKS

LOOK_S = 0.5
"""Between two looks at a log that gave nothing."""
FLUSH_S, FLUSH_EVENTS = 1.0, 2000
"""The longest that an event waits for others, and how many may."""
TAIL_BYTES = 1 << 24
"""Of the output, that is searched for events which were written before their position was kept."""


@dataclass(frozen=True, slots=True)
class Following:
    """What to follow, and where to."""

    paths: Sequence[Path]
    choice: FormatChoice
    settings: ParseSettings
    out: str
    vocabulary: Vocabulary
    state: Path | None
    treat: Treat
    rejects: Path | None


def logs_to_follow(logs: Sequence[str]) -> list[Path]:
    """The files that paths and globs name, each once; one named by its path may come later.

    Of what a glob finds, the copies that rotation made of another are left out: following goes
    through them by itself. Raises InputError for what is no text that grows line by line.
    """
    paths: dict[str, Path] = {}
    for log in logs:
        if log == STDIN:
            raise InputError(
                "a pipe cannot be followed: it has no place to go on from",
                where=log,
                remedy="leave --follow away, a pipe is read as it comes",
            )
        named = Path(log).exists() or not glob.has_magic(log)
        found = [Path(log)]
        if not named or Path(log).is_dir():
            found = [source.path for source in find_sources([log]) if source.path is not None]
        copies: set[Path] = set()
        if not named:
            copies = {copy for path in found for copy in copies_of(path) if _is_copy(copy, path)}
            copies &= set(found)
        if copies:
            names = ", ".join(sorted(str(path) for path in copies))
            report(f"not followed, as rotation made them: {names}")
            found = [path for path in found if path not in copies]
        paths |= {str(path.absolute()): path for path in found}
    for path in paths.values():
        _refuse_unreadable(path)
    return list(paths.values())


def _is_copy(copy: Path, log: Path) -> bool:
    """Whether it surely is one: `x-26.log` of `x.log`, and not `x-web.log`."""
    return copy.name.startswith(log.name) or copy.name[len(log.stem) + 1 :][:1].isdigit()


def _refuse_unreadable(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_file():
        raise InputError("is no file, and cannot be followed", where=str(path), remedy=_READ_ONCE)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise InputError(error.strerror or "cannot be opened", where=str(path)) from None
    if binary_reader(head) is not None:
        kind = "is a binary log"
    elif head.startswith(UTF16_MARKS):
        kind = "is UTF-16"
    elif head.startswith(COMPRESSED_MARKS):
        kind = "is compressed"
    else:
        return
    what = f"{kind}, and only UTF-8 text can be followed"
    raise InputError(what, where=str(path), remedy=_READ_ONCE)


def follow_logs(following: Following) -> KeepingTally:
    """Follow until SIGINT or SIGTERM; answers what became of the lines.

    Raises InputError for an output that cannot grow or a state file that is none, FormatError for
    a log whose format cannot be told yet, and what ended the following of a log: all end with it.
    """
    parsers = [_parser_of(path, following) for path in following.paths]
    with contextlib.ExitStack() as stack:
        rejects = None
        if following.rejects is not None:
            rejects = stack.enter_context(following.rejects.open("ab"))
        sink = stack.enter_context(_Sink.opened(following))
        tallies = [KeepingTally(rejects) for _ in parsers]
        stop = stack.enter_context(_stopped_by_signals())
        threads = [
            threading.Thread(target=_follow_one, args=(*one, following, sink, stop))
            for one in zip(following.paths, _names(following.paths), parsers, tallies, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if sink.error is not None:
            raise sink.error
        whole = KeepingTally(None)
        for tally in tallies:
            whole.add(tally.report())
        return whole


def _follow_one(
    path: Path,
    name: str,
    parser: Parser,
    tally: KeepingTally,
    following: Following,
    sink: _Sink,
    stop: threading.Event,
) -> None:
    tally.formats[name] = parser.name
    key = str(path.absolute())
    follower = Follower(path, name, lambda: secrets.token_hex(4), sink.positions.get(key))
    events: list[LoginEvent] = []
    flushed = time.monotonic()

    def lines() -> Generator[Line | Rejected, None, None]:
        nonlocal events, flushed
        for line in follower.lines(lambda: not stop.wait(LOOK_S)):
            yield line
            if line is PAUSE:  # asked for more: the parser has given what came before
                sink.write(events)
                sink.settle(key, follower.position)
                events, flushed = [], time.monotonic()

    try:
        with contextlib.closing(lines()) as source:
            for event in collect(parser, source, following.settings, tally):
                events.append(event)
                if len(events) >= FLUSH_EVENTS or time.monotonic() - flushed > FLUSH_S:
                    sink.write(events)
                    events, flushed = [], time.monotonic()
            sink.write(events)
    except Exception as error:  # noqa: BLE001 - raised again by whoever started the thread
        sink.error = sink.error or error
        stop.set()


@dataclass(slots=True)
class _Sink:
    """The one output of all threads."""

    following: Following
    file: IO[bytes]
    positions: dict[str, Position]
    written: set[str]
    """Ids that the output ends with, from before."""
    error: Exception | None = None
    """Why one log, and so all, is followed no further."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    @contextlib.contextmanager
    def opened(cls, following: Following) -> Iterator[_Sink]:
        positions = {} if following.state is None else read_positions(following.state)
        if following.out == STDOUT:
            yield cls(following, sys.stdout.buffer, positions, set())
            return
        ending(following.out, (".ndjson", ".jsonl"))
        path = Path(following.out)
        try:
            file = path.open("ab+")
        except OSError as error:
            raise InputError(error.strerror or "cannot be written", where=str(path)) from None
        with file:
            yield cls(following, file, positions, _last_ids(file, following.vocabulary))

    def write(self, events: Sequence[LoginEvent]) -> None:
        """Append and flush, to the disk where it is a file."""
        if not events:
            return
        line = encoder(self.following.vocabulary)
        treated = to_events(self.following.treat(to_frame(events)))
        data = [line(event) + b"\n" for event in treated if event.event_id not in self.written]
        with self._lock:
            self.file.writelines(data)
            self.file.flush()
            if self.file is not sys.stdout.buffer:
                os.fsync(self.file.fileno())

    def settle(self, key: str, position: Position | None) -> None:
        """Keep how far a log has been read."""
        with self._lock:
            if position is None or self.positions.get(key) == position:
                return
            self.positions[key] = position
            if self.following.state is not None:
                write_positions(self.following.state, self.positions)


def _last_ids(file: IO[bytes], vocabulary: Vocabulary) -> set[str]:
    """The ids of the last events in the output; half a line at its end goes."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - TAIL_BYTES)
    file.seek(start)
    data = file.read()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        file.truncate(start + whole)
    lines = data[:whole].split(b"\n")[1 if start else 0 :]
    return {found for line in lines if line and (found := _id_of(line, vocabulary)) is not None}


def _id_of(line: bytes, vocabulary: Vocabulary) -> str | None:
    try:
        row = msgspec.json.decode(line, type=dict[str, object])
    except msgspec.DecodeError:
        return None
    part = {Vocabulary.ECS: "authrisk", Vocabulary.OCSF: "unmapped"}.get(vocabulary)
    inner = row if part is None else row.get(part)
    found = inner.get("event_id") if isinstance(inner, dict) else None
    return found if isinstance(found, str) else None


def _parser_of(path: Path, following: Following) -> Parser:
    """The format of a log, from its head; a log that is not there yet needs one by name."""
    if following.choice.parser is not None:
        return following.choice.parser
    parser = None
    if path.is_file():
        parser = open_log(Source(path.name, path), following.choice, following.settings).parser
    if parser is None:
        raise FormatError("is empty or not there yet", where=str(path), remedy="name its --format")
    return parser


def _names(paths: Sequence[Path]) -> list[str]:
    """Base names, with as much of the path in front as tells them apart."""
    names = [path.name for path in paths]
    return [
        path.name if names.count(path.name) == 1 else str(path.absolute()).lstrip("/")
        for path in paths
    ]


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    stop = threading.Event()
    before: list[tuple[signal.Signals, Callable[..., object] | int | None]] = []
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            before.append((number, signal.signal(number, lambda *_: stop.set())))
    try:
        yield stop
    finally:
        stop.set()
        for which, handler in before:
            signal.signal(which, handler)


_HEAD_BYTES = 1 << 16
_READ_ONCE = "read it as it is, without --follow"
